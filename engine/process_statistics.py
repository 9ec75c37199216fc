"""What the running of processes tells: how many cases, how long they take, limits kept, where they wait.

Numbers only, no case and nobody's name. Every query is bounded: a period, the newest cases of it, and indices that
begin with what is asked for. Sandboxes do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.deadlines import UNBREACHED
from engine.errors import InvalidRequest
from engine.releases import outside_sandboxes

INSTANCE, ACTIVITY, DEADLINE = models.process_instance, models.activity_instance, models.deadline
STATES = ("ACTIVE", "SUSPENDED", "COMPLETED", "EXTERNALLY_TERMINATED", "INTERNALLY_TERMINATED")
RUNNING = ("ACTIVE", "SUSPENDED")
MAX_KEYS = 200
SAMPLE = 2_000  # the newest cases of the period, for spans and places of waiting
BOTTLENECKS = 10
# What holds others inside it waits only as long as they do.
CONTAINERS = ("subProcess", "transaction", "adHocSubProcess", "callActivity", "multiInstanceBody", "loopBody")


@dataclass(frozen=True, slots=True)
class Period:
    """When the cases began that are counted; µs, the first instant included, the last one not."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise InvalidRequest("the period begins before it ends")


@dataclass(frozen=True, slots=True)
class Spans:
    """How long something took, in ms: half took at most `p50`, nine of ten at most `p90`; None if nothing is over."""

    count: int
    p50: int | None
    p90: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The deadlines of the cases: kept, missed, still open in time, given up with their case."""

    met: int = 0
    missed: int = 0
    open: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """One element and how long cases waited there. `waiting` stand there now, the first of them for `longest` ms."""

    element_id: str
    name: str | None
    type: str
    spans: Spans
    total: int
    waiting: int
    longest: int | None


@dataclass(frozen=True, slots=True)
class VersionStatistics:
    """The cases of one version that began in the period: how many by state, how long the ended ones took."""

    definition_id: str
    states: Mapping[str, int]
    durations: Spans
    limits: Limits


def of_processes(ctx: CommandContext, keys: Sequence[str], period: Period) -> list[VersionStatistics]:
    """Returns the statistics of all versions of some processes that cases began on in the period."""
    authorizations.require(ctx, "Metrics", "read")
    if len(keys) > MAX_KEYS:
        raise InvalidRequest(f"statistics are made of at most {MAX_KEYS} processes at once")
    counted: dict[str, dict[str, int]] = {}
    table = INSTANCE.c
    rows = ctx.connection.execute(
        select(table.definition_id, table.state, func.count())
        .where(*_began(keys, period))
        .group_by(table.definition_id, table.state)
    )
    for definition_id, state, number in rows:
        counted.setdefault(definition_id, {})[state] = number
    limits = _limits(ctx, keys, period)
    return [
        VersionStatistics(one, states, _durations(ctx, one, period), limits.get(one, Limits()))
        for one, states in sorted(counted.items())
    ]


def _began(keys: Sequence[str], period: Period) -> tuple[ColumnElement[bool], ...]:
    """The cases that are counted, in the order of ix_process_instance_definition_state."""
    table = INSTANCE.c
    return (
        table.definition_key.in_(list(keys)),
        table.state.in_(STATES),
        table.started_at >= period.start,
        table.started_at < period.end,
        table.id == table.root_id,
        table.release >= 0,
    )


def _durations(ctx: CommandContext, definition_id: str, period: Period) -> Spans:
    key = ctx.engine.definitions.deployed(ctx, definition_id).key
    table = INSTANCE.c
    newest = (
        select(table.ended_at - table.started_at)
        .where(*_began([key], period), table.definition_id == definition_id, table.state == "COMPLETED")
        .order_by(table.started_at.desc())
        .limit(SAMPLE)
    )
    return _spans(ctx.connection.execute(newest).scalars())


def _spans(micros: Iterable[int]) -> Spans:
    ordered = sorted(micros)
    return Spans(len(ordered), _percentile(ordered, 50), _percentile(ordered, 90))


def _percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest rank: the smallest value that so many percent do not exceed, in ms."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1] // 1000


def _limits(ctx: CommandContext, keys: Sequence[str], period: Period) -> dict[str, Limits]:
    """Counts the deadlines of the newest cases. One that was missed stays missed, whatever came of it later."""
    newest = _newest(keys, period)
    table = DEADLINE.c
    missed = table.breached_at.is_not(None)
    met = and_(table.breached_at.is_(None), table.stopped_at.is_not(None))
    still = and_(table.breached_at.is_(None), table.stopped_at.is_(None), table.state.in_((*UNBREACHED, "attempted")))
    rows = ctx.connection.execute(
        select(
            newest.c.definition_id,
            func.count().filter(met),
            func.count().filter(missed),
            func.count().filter(still),
            func.count(),
        )
        .select_from(newest.join(DEADLINE, table.root_id == newest.c.id))
        .group_by(newest.c.definition_id)
    )
    return {row[0]: Limits(row[1], row[2], row[3], row[4] - row[1] - row[2] - row[3]) for row in rows}


def _newest(keys: Sequence[str], period: Period) -> Any:
    table = INSTANCE.c
    found = select(table.id, table.definition_id).where(*_began(keys, period))
    return found.order_by(table.started_at.desc()).limit(SAMPLE).subquery()


# ------------------------------------------------------------ where cases wait


def bottlenecks(ctx: CommandContext, key: str, period: Period) -> list[Bottleneck]:
    """Returns the elements of a process at which its newest cases waited longest, the longest first."""
    authorizations.require(ctx, "Metrics", "read")
    newest = _newest([key], period)
    table = ACTIVITY.c
    rows = ctx.connection.execute(
        select(table.element_id, table.name, table.element_type, table.started_at, table.ended_at, table.cancelled)
        .select_from(newest.join(ACTIVITY, table.root_id == newest.c.id))
        .where(table.definition_key == key, table.element_type.not_in(CONTAINERS))
    )
    over: dict[str, list[int]] = {}
    open_since: dict[str, list[int]] = {}
    said: dict[str, tuple[str | None, str]] = {}
    for row in rows:
        said[row.element_id] = (row.name, row.element_type)
        if row.ended_at is None:
            open_since.setdefault(row.element_id, []).append(ctx.now_micros - row.started_at)
        elif not row.cancelled:
            over.setdefault(row.element_id, []).append(row.ended_at - row.started_at)
    found = [_bottleneck(one, said[one], over.get(one, []), open_since.get(one, [])) for one in said]
    found.sort(key=lambda one: (-one.total, one.element_id))
    return [one for one in found if one.total > 0][:BOTTLENECKS]


def _bottleneck(
    element_id: str, said: tuple[str | None, str], over: Sequence[int], waiting: Sequence[int]
) -> Bottleneck:
    total = (sum(over) + sum(waiting)) // 1000
    longest = max(waiting) // 1000 if waiting else None
    return Bottleneck(element_id, said[0], said[1], _spans(over), total, len(waiting), longest)


# ------------------------------------------------------------ where cases are now


@dataclass(frozen=True, slots=True)
class ActivityStatistics:
    """How many cases stand at an element of one version, and what failed there."""

    element_id: str
    instances: int
    failed_jobs: int
    incidents: Mapping[str, int]


def activity_statistics(ctx: CommandContext, definition_id: str) -> list[ActivityStatistics]:
    """Returns the elements of a version at which cases stand or something failed, by id."""
    authorizations.require(ctx, "ProcessInstance", "read_any")
    key = ctx.engine.definitions.deployed(ctx, definition_id).key
    table, job, incident = ACTIVITY.c, models.job.c, models.incident.c
    running = select(INSTANCE.c.root_id).where(
        INSTANCE.c.definition_key == key, INSTANCE.c.state.in_(RUNNING), INSTANCE.c.release >= 0
    )
    at = _by_element(ctx, table, table.root_id.in_(running), table.ended_at.is_(None), definition_id)
    failed = _by_element(ctx, job, job.retries == 0, outside_sandboxes(job.root_id), definition_id)
    rows = ctx.connection.execute(
        select(incident.element_id, incident.type, func.count())
        .where(incident.definition_id == definition_id, incident.resolved_at.is_(None))
        .where(outside_sandboxes(incident.root_id), incident.element_id.is_not(None))
        .group_by(incident.element_id, incident.type)
    )
    incidents: dict[str, dict[str, int]] = {}
    for element_id, kind, number in rows:
        incidents.setdefault(element_id, {})[kind] = number
    return [
        ActivityStatistics(one, at.get(one, 0), failed.get(one, 0), incidents.get(one, {}))
        for one in sorted(at.keys() | failed.keys() | incidents.keys())
    ]


def _by_element(
    ctx: CommandContext, table: Any, first: ColumnElement[bool], second: ColumnElement[bool], definition_id: str
) -> dict[str, int]:
    rows = ctx.connection.execute(
        select(table.element_id, func.count())
        .where(first, second, table.definition_id == definition_id, table.element_id.is_not(None))
        .group_by(table.element_id)
    )
    return {row[0]: row[1] for row in rows}
