"""/api/statistics: cases, durations, limits and bottlenecks of processes, for who owns and operates them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters
from api.routing import Parts, Route
from api.task_cards import process_name
from api.times import write_micros
from engine import process_definitions, process_statistics
from engine.context import CommandContext
from engine.process_definitions import DefinitionQuery
from engine.process_statistics import Bottleneck, Limits, Period, Spans, VersionStatistics

DEFAULT_DAYS = 90


class Statistics(Resource):
    """Numbers of all processes in force, or of one with the places where its cases wait."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Durations, deadlines met and missed, per process."""
        resp.media = await self.commands.read(actor_of(req), _all, Parameters.of_query(req))

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, key: str) -> None:
        """Durations, deadlines and bottlenecks of one process."""
        resp.media = await self.commands.read(actor_of(req), _one, key, Parameters.of_query(req))


def _period(ctx: CommandContext, parameters: Parameters) -> Period:
    """Reads `from` and `to`; without them the last 90 days count."""
    end = parameters.micros("to")
    end = ctx.now_micros + 1 if end is None else end
    start = parameters.micros("from")
    span = timedelta(days=DEFAULT_DAYS) // timedelta(microseconds=1)
    return Period(end - span if start is None else start, end)


def _all(ctx: CommandContext, parameters: Parameters) -> dict[str, Any]:
    period = _period(ctx, parameters)
    in_force = process_definitions.find(ctx, DefinitionQuery(latest=True), limit=process_statistics.MAX_KEYS)
    found = process_statistics.of_processes(ctx, [one.key for one in in_force], period)
    by_key: dict[str, list[dict[str, Any]]] = {one.key: [] for one in in_force}
    for one in found:
        by_key[ctx.engine.definitions.deployed(ctx, one.definition_id).key].append(_version(ctx, one))
    names = {one.key: process_name(one.key, one.name, one.name_en) for one in in_force}
    processes = [
        {"processKey": key, "name": names[key], "versions": versions} for key, versions in sorted(by_key.items())
    ]
    return {**_dated(period), "processes": processes}


def _one(ctx: CommandContext, key: str, parameters: Parameters) -> dict[str, Any]:
    period = _period(ctx, parameters)
    deployed = process_definitions.latest(ctx, key)
    found = process_statistics.of_processes(ctx, [key], period)
    return {
        **_dated(period),
        "processKey": key,
        "name": process_name(key, deployed.name, deployed.name_en),
        "versions": [_version(ctx, one) for one in found],
        "bottlenecks": [_bottleneck(one) for one in process_statistics.bottlenecks(ctx, key, period)],
        "sample": process_statistics.SAMPLE,
    }


def _dated(period: Period) -> dict[str, Any]:
    return {"from": write_micros(period.start), "to": write_micros(period.end)}


def _version(ctx: CommandContext, one: VersionStatistics) -> dict[str, Any]:
    return {
        "definitionId": one.definition_id,
        "version": ctx.engine.definitions.deployed(ctx, one.definition_id).version,
        "cases": sum(one.states.values()),
        "running": sum(one.states.get(state, 0) for state in process_statistics.RUNNING),
        "states": dict(one.states),
        "durations": _spans(one.durations),
        "deadlines": _limits(one.limits),
    }


def _spans(spans: Spans) -> dict[str, Any]:
    return {"count": spans.count, "p50Millis": spans.p50, "p90Millis": spans.p90}


def _limits(limits: Limits) -> dict[str, int]:
    return {"met": limits.met, "missed": limits.missed, "open": limits.open, "dropped": limits.dropped}


def _bottleneck(one: Bottleneck) -> dict[str, Any]:
    return {
        "elementId": one.element_id,
        "name": one.name,
        "type": one.type,
        "finished": _spans(one.spans),
        "totalMillis": one.total,
        "waiting": one.waiting,
        "longestWaitingMillis": one.longest,
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    numbers = Statistics(parts.commands)
    return [
        ("/api/statistics/processes", numbers, None),
        ("/api/statistics/processes/{key}", numbers, "one"),
    ]
