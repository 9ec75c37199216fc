"""Releases: which versions of all diagrams, tables and forms are in force together.

A deployment makes the next release: what it brings replaces the older versions, the rest stays. An instance pins the
release under which it started (A-46), so a change of a rule never moves a limit that was already told.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, insert, select

from engine import models
from engine.context import CommandContext
from engine.values import dump


def current(ctx: CommandContext) -> int:
    """Returns the number of the newest release; 0 before the first deployment."""
    newest: int = ctx.connection.execute(select(func.coalesce(func.max(models.release.c.number), 0))).scalar_one()
    return newest


def publish(ctx: CommandContext, deployment_id: str, brought: Mapping[str, Mapping[str, str]]) -> int:
    """Makes the next release from the current one and {kind: {key: definition id}}; returns its number."""
    number = current(ctx)
    contents = {kind: dict(keys) for kind, keys in ctx.engine.definitions.contents(ctx, number).items()}
    for kind, keys in brought.items():
        contents.setdefault(kind, {}).update(keys)
    ctx.connection.execute(
        insert(models.release).values(
            number=number + 1,
            deployment_id=deployment_id,
            made_at=ctx.now_micros,
            made_by=ctx.actor.user_id,
            contents=dump(contents),
        )
    )
    return number + 1
