"""/migration: running instances move to another version of their definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import falcon.asgi

from api import batches as batch_resource
from api.commands import Resource, actor_of, no_content
from api.instructions import objects, read_instances
from api.params import Parameters, read_body
from api.routing import Parts, Route
from engine import batches, migration_plans
from engine.bpmn.migration import Instruction
from engine.context import CommandContext
from engine.errors import InvalidRequest, MigrationRefused
from engine.findings import Finding
from engine.migration_plans import Plan, Preview, Result

MAX_INSTRUCTIONS = 10_000
# One request waits for so many at most; more go into a batch.
MAX_AT_ONCE = 1_000


class Migrations(Resource):
    """Plans: made, checked, tried, carried out."""

    async def on_post_generate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Proposes which element of the new version takes over from which of the old one."""
        body = Parameters(await read_body(req))
        plan = await self.commands.read(
            actor_of(req),
            migration_plans.generate,
            body.required("sourceProcessDefinitionId"),
            body.required("targetProcessDefinitionId"),
            update_event_triggers=bool(body.boolean("updateEventTriggers")),
        )
        resp.media = _written(plan)

    async def on_post_validate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Says which instructions of a migration plan do not hold, and why."""
        plan = read_plan(await read_body(req))
        found = await self.commands.read(actor_of(req), migration_plans.validate, plan)
        reports = [
            {"instruction": _instruction(one), "failures": [finding.en for finding in findings]}
            for one, findings in zip(plan.instructions, found, strict=True)
            if findings
        ]
        resp.media = {"instructionReports": reports, "variableReports": {}}

    async def on_post_preview(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Tries a migration plan on chosen instances and keeps nothing of it."""
        body = Parameters(await read_body(req))
        resp.media = _previewed(await self.commands.read(actor_of(req), _preview, body))

    async def on_post_execute(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Migrates all instances named, or none if any of them would be refused."""
        body = Parameters(await read_body(req))
        seen = await self.commands.read(actor_of(req), _preview, body)
        _require_all(seen.results)
        run = partial(
            migration_plans.execute,
            self.commands.engine,
            actor_of(req),
            read_plan(body.mapping("migrationPlan")),
            [one.instance_id for one in seen.results],
            reason=body.text("annotation"),
        )
        _require_all(tuple(await self.commands.call(run)))
        no_content(resp)

    async def on_post_execute_async(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Migrates instances as a batch."""
        made = await self.commands.run(actor_of(req), _batch, Parameters(await read_body(req)))
        resp.media = batch_resource.represented(made)


def read_plan(given: Mapping[str, Any]) -> Plan:
    """Reads a plan of Camunda's shape."""
    plan = Parameters(given)
    entries = objects(plan.raw("instructions"), "instructions")
    if len(entries) > MAX_INSTRUCTIONS:
        raise InvalidRequest(f"a plan has at most {MAX_INSTRUCTIONS} instructions")
    return Plan(
        plan.required("sourceProcessDefinitionId"),
        plan.required("targetProcessDefinitionId"),
        tuple(_read_instruction(Parameters(entry)) for entry in entries),
    )


def _read_instruction(entry: Parameters) -> Instruction:
    sources, targets = entry.texts("sourceActivityIds") or (), entry.texts("targetActivityIds") or ()
    if len(sources) != 1 or len(targets) != 1:
        raise InvalidRequest("an instruction maps one element to one element")
    return Instruction(sources[0], targets[0], bool(entry.boolean("updateEventTrigger")))


def _written(plan: Plan) -> dict[str, Any]:
    return {
        "sourceProcessDefinitionId": plan.source_id,
        "targetProcessDefinitionId": plan.target_id,
        "instructions": [_instruction(one) for one in plan.instructions],
        "variables": None,
    }


def _instruction(one: Instruction) -> dict[str, Any]:
    return {
        "sourceActivityIds": [one.source],
        "targetActivityIds": [one.target],
        "updateEventTrigger": one.update_event_trigger,
    }


def _preview(ctx: CommandContext, body: Parameters) -> Preview:
    ids = read_instances(ctx, body)
    if len(ids) > MAX_AT_ONCE:
        raise InvalidRequest(f"at most {MAX_AT_ONCE} process instances at once; use executeAsync for more")
    return migration_plans.preview(ctx, read_plan(body.mapping("migrationPlan")), ids)


def _require_all(results: tuple[Result, ...]) -> None:
    wrong = [finding for one in results for finding in one.findings]
    if wrong:
        raise MigrationRefused(list(dict.fromkeys(wrong)))


def _batch(ctx: CommandContext, body: Parameters) -> batches.Batch:
    plan = read_plan(body.mapping("migrationPlan"))
    migration_plans.require_valid(ctx, plan)
    ids, reason = read_instances(ctx, body), body.text("annotation")
    return batches.create(ctx, batches.MIGRATION, batches.migration_of(plan), ids, reason=reason)


def _previewed(seen: Preview) -> dict[str, Any]:
    return {
        "instances": len(seen.results),
        "movable": seen.movable,
        "userTasks": seen.user_tasks,
        "timers": seen.timers,
        "subscriptions": seen.subscriptions,
        "reassigned": seen.reassigned,
        "refused": [
            {"processInstanceId": one.instance_id, "failures": [_failure(found) for found in one.findings]}
            for one in seen.results
            if not one.moved
        ],
    }


def _failure(found: Finding) -> dict[str, Any]:
    return {"elementId": found.element_id, "code": found.code, "zh": found.zh, "en": found.en}


def rest_routes(parts: Parts) -> Iterable[Route]:
    plans = Migrations(parts.commands)
    return [
        ("/migration/generate", plans, "generate"),
        ("/migration/validate", plans, "validate"),
        ("/migration/execute", plans, "execute"),
        ("/migration/executeAsync", plans, "execute_async"),
    ]


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/migrations/preview", Migrations(parts.commands), "preview"),
    ]
