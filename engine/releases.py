"""Releases: which versions of all diagrams, tables and forms are in force together.

A deployment makes the next release: what it brings replaces the older versions, the rest stays. An instance pins the
release under which it started (A-46), so a change of a rule never moves a limit that was already told.

Keys that are controlled come into force by a second person only. What is proposed has a draft: a release with a number
below zero, which is what would be in force if the proposal were approved. An instance under a draft is a sandbox: only
its starter sees its tasks, nothing leaves it, and lists pass over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, tuple_, update

from engine import incidents, models, parked_messages, start_timers
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import Conflict
from engine.ids import new_id
from engine.values import dump

Brought = Mapping[str, Mapping[str, str]]  # {kind: {key: definition id}}


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the list. `brought` is what it changed: {kind: {key: definition id}}."""

    number: int
    deployment_id: str
    made_at: int
    made_by: str
    brought: Brought


def current(ctx: CommandContext) -> int:
    """Returns the number of the newest release; 0 before the first deployment."""
    table = models.release
    newest = select(func.coalesce(func.max(table.c.number), 0)).where(table.c.number > 0)
    number: int = ctx.connection.execute(newest).scalar_one()
    return number


def publish(ctx: CommandContext, deployment_id: str, brought: Brought) -> int:
    """Brings definitions into force: makes the next release and hands the start events over; returns its number."""
    number = current(ctx) + 1
    _insert(ctx, number, deployment_id, _merged(ctx, number - 1, brought))
    ids = [definition_id for keys in brought.values() for definition_id in keys.values()]
    table = models.definition
    ctx.connection.execute(update(table).where(table.c.id.in_(ids)).values(released_at=ctx.now_micros))
    for definition_id in brought.get("process", {}).values():
        _subscribe_starts(ctx, definition_id)
    return number


def draft(ctx: CommandContext, deployment_id: str, brought: Brought) -> int:
    """Makes the release under which a proposal can be tried; returns its number, which is below zero."""
    table = models.release
    lowest: int = ctx.connection.execute(select(func.coalesce(func.min(table.c.number), 0))).scalar_one()
    number = min(lowest, 0) - 1
    _insert(ctx, number, deployment_id, _merged(ctx, current(ctx), brought))
    return number


def _merged(ctx: CommandContext, number: int, brought: Brought) -> dict[str, dict[str, str]]:
    contents = {kind: dict(keys) for kind, keys in ctx.engine.definitions.contents(ctx, number).items()}
    for kind, keys in brought.items():
        contents.setdefault(kind, {}).update(keys)
    return contents


def _insert(ctx: CommandContext, number: int, deployment_id: str, contents: Brought) -> None:
    ctx.connection.execute(
        insert(models.release).values(
            number=number,
            deployment_id=deployment_id,
            made_at=ctx.now_micros,
            made_by=ctx.actor.user_id,
            contents=dump(contents),
        )
    )


def find(ctx: CommandContext, *, first: int = 0, limit: int | None = None) -> list[Release]:
    """Returns the releases, newest first, without drafts."""
    table = models.release
    query = select(table).where(table.c.number > 0).order_by(table.c.number.desc()).offset(first)
    rows = ctx.connection.execute(query if limit is None else query.limit(limit)).all()
    return [
        Release(row.number, row.deployment_id, row.made_at, row.made_by, _changed_by(ctx, row.number)) for row in rows
    ]


def _changed_by(ctx: CommandContext, number: int) -> dict[str, dict[str, str]]:
    before = ctx.engine.definitions.contents(ctx, number - 1)
    after = ctx.engine.definitions.contents(ctx, number)
    changed = {
        kind: {key: made for key, made in keys.items() if before.get(kind, {}).get(key) != made}
        for kind, keys in after.items()
    }
    return {kind: keys for kind, keys in changed.items() if keys}


# ------------------------------------------------------------ what an instance starts under


def under(ctx: CommandContext, deployed: Deployed) -> int:
    """Returns the release that an instance of this version pins: the current one, or the draft of its proposal.

    Raises Conflict if the version was proposed and turned down.
    """
    number = current(ctx)
    held = ctx.engine.definitions.contents(ctx, number).get(deployed.kind, {})
    if held.get(deployed.key) == deployed.id or is_released(ctx, deployed.id):
        return number
    table = models.proposal
    row = ctx.connection.execute(
        select(table.c.draft_release, table.c.state).where(table.c.deployment_id == deployed.deployment_id)
    ).one()
    if row.state not in {"open", "scheduled"}:
        raise Conflict(f"version {deployed.version} of {deployed.key} is {row.state} and cannot be started")
    draft_number: int = row.draft_release
    return draft_number


def is_released(ctx: CommandContext, definition_id: str) -> bool:
    """Tells whether a version is or was in force."""
    table = models.definition
    found = ctx.connection.execute(select(table.c.released_at).where(table.c.id == definition_id))
    return found.scalar_one() is not None


def outside_sandboxes(root_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Returns the condition that a row belongs to no sandbox; a row without an instance does not."""
    table = models.process_instance
    sandboxes = select(table.c.id).where(table.c.release < 0)
    return or_(root_id.is_(None), root_id.not_in(sandboxes))


# ------------------------------------------------------------ controlled keys


def controlled_among(ctx: CommandContext, brought: Brought) -> frozenset[tuple[str, str]]:
    """Returns those (kind, key) that need a second person."""
    table = models.controlled_key
    wanted = [(kind, key) for kind, keys in brought.items() for key in keys]
    query = select(table.c.kind, table.c.key).where(tuple_(table.c.kind, table.c.key).in_(wanted))
    return frozenset((row.kind, row.key) for row in ctx.connection.execute(query)) if wanted else frozenset()


def control(ctx: CommandContext, brought: Brought) -> None:
    """Makes keys controlled: from now on their releases need a second person."""
    known = controlled_among(ctx, brought)
    rows = [
        {"kind": kind, "key": key, "since": ctx.now_micros, "declared_by": ctx.actor.user_id}
        for kind, keys in brought.items()
        for key in keys
        if (kind, key) not in known
    ]
    if rows:
        ctx.connection.execute(insert(models.controlled_key), rows)


# ------------------------------------------------------------ start events


def _subscribe_starts(ctx: CommandContext, definition_id: str) -> None:
    """The version that comes into force takes over the start events of the older ones."""
    deployed = ctx.engine.definitions.deployed(ctx, definition_id)
    definition = ctx.engine.definitions.process(ctx, definition_id)
    table, job = models.event_subscription, models.job
    older = select(models.definition.c.id).where(
        models.definition.c.kind == "process", models.definition.c.key == deployed.key
    )
    ctx.connection.execute(delete(table).where(table.c.root_id.is_(None), table.c.definition_key == deployed.key))
    replaced = job.c.type == "start_timer", job.c.definition_id.in_(older)
    incidents.resolve_of_jobs(ctx, ctx.connection.execute(select(job.c.id).where(*replaced)).scalars().all())
    ctx.connection.execute(delete(job).where(*replaced))
    rows = [
        {
            "id": new_id(),
            "event_type": event.kind,
            "event_name": event.event_name,
            "definition_id": definition_id,
            "definition_key": deployed.key,
            "element_id": event.element_id,
            "created_at": ctx.now_micros,
        }
        for event in definition.start_events
        if event.kind in {"message", "signal"}
    ]
    if rows:
        ctx.connection.execute(insert(table), rows)
        names = [event.event_name for event in definition.start_events if event.kind == "message"]
        parked_messages.wake(ctx, [(name, None) for name in names if name is not None], any_key=True)
    for event in definition.start_events:
        if event.kind == "timer":
            start_timers.plan_first(ctx, definition_id, event)
