"""Forms as clients read them: the reference in Camunda's words, and the form-js schema exactly as deployed."""

from __future__ import annotations

from typing import Any

from engine import definitions, process_instances, releases
from engine.context import CommandContext
from engine.user_tasks import UserTask
from engine.values import load


def reference(form_ref: str | None, form_key: str | None) -> dict[str, Any]:
    """FormDto: `camundaFormRef` for Camunda's clients, `operatonFormRef` for those of its successor."""
    found = None if form_ref is None else {"key": form_ref, "binding": "latest", "version": None}
    return {"key": form_key, "camundaFormRef": found, "operatonFormRef": found, "contextPath": None}


def schema(ctx: CommandContext, form_ref: str | None, release: int) -> dict[str, Any] | None:
    """Returns the form-js schema that a release holds under a key, None if there is none."""
    held = ctx.engine.definitions.contents(ctx, release).get("form", {})
    if form_ref is None or form_ref not in held:
        return None
    deployed = ctx.engine.definitions.deployed(ctx, held[form_ref])
    found: dict[str, Any] = load(definitions.body_of(ctx, deployed.resource_id))
    return found


def start_schema(ctx: CommandContext, form_ref: str | None) -> dict[str, Any] | None:
    """Returns the schema of a start form: of the release in force."""
    return schema(ctx, form_ref, releases.current(ctx))


def task_schema(ctx: CommandContext, task: UserTask) -> dict[str, Any] | None:
    """Returns the schema of a task's form: of the release that its instance pins."""
    return schema(ctx, task.form_ref, process_instances.get(ctx, task.root_id).release)
