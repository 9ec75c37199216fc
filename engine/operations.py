"""What people did, read from the chains of their cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from engine import models
from engine.context import CommandContext
from engine.queries import Conditions, Selection, equal, filtering, since, until
from engine.releases import outside_sandboxes
from engine.values import dump, load
from engine.variable_conditions import StoredText

EVENT, INSTANCE, TASK = models.history_event, models.process_instance, models.user_task


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that somebody did, as the chain holds it: `body` has references instead of personal values."""

    chain_id: str
    seq: int
    at: int
    kind: str
    actor: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OperationQuery:
    """Filters of operations. `kinds` are kinds of events of the chain; those of sandboxes are listed where their
    instance or their task is asked for."""

    kinds: tuple[str, ...]
    process_instance_id: str | None = equal(EVENT.c.chain_id)
    definition_id: str | None = filtering(lambda value: _of_definition(INSTANCE.c.definition_id == value))
    definition_key: str | None = filtering(lambda value: _of_definition(INSTANCE.c.definition_key == value))
    task_id: str | None = filtering(lambda value: _about_task(value))
    user_id: str | None = equal(EVENT.c.actor)
    after: int | None = since(EVENT.c.at)
    before: int | None = until(EVENT.c.at)


def _of_definition(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return EVENT.c.chain_id.in_(select(INSTANCE.c.id).where(condition))


def _about_task(task_id: str) -> ColumnElement[bool]:
    """The chain of its case is short; the event names the task in its body."""
    of_case = EVENT.c.chain_id.in_(select(TASK.c.root_id).where(TASK.c.id == task_id))
    return and_(of_case, StoredText(EVENT.c.body).contains(f'"task":{dump(task_id).decode()}', autoescape=True))


def _conditions(_ctx: CommandContext, query: OperationQuery) -> Conditions:
    yield EVENT.c.kind.in_(query.kinds)
    if query.process_instance_id is None and query.task_id is None:
        yield outside_sandboxes(EVENT.c.chain_id)


ORDER = (EVENT.c.at, EVENT.c.chain_id, EVENT.c.seq)
NEWEST_FIRST: Selection[OperationQuery, Operation] = Selection(
    columns=(EVENT,),
    source=EVENT,
    sorts={},
    last=[column.desc() for column in ORDER],
    show=lambda _ctx, row: Operation(row.chain_id, row.seq, row.at, row.kind, row.actor, load(row.body)),
    cases=EVENT.c.chain_id,
    further=_conditions,
)
OLDEST_FIRST = replace(NEWEST_FIRST, last=ORDER)


def flows_taken(ctx: CommandContext, root_id: str) -> list[str]:
    """Returns the sequence flows that the tokens of a case went over, each once, in the order of the first time."""
    rows = ctx.connection.execute(select(EVENT.c.body).where(EVENT.c.chain_id == root_id).order_by(EVENT.c.seq))
    steps = (step for row in rows for step in load(row.body).get("steps", ()))
    return list(dict.fromkeys(step["e"] for step in steps if step["s"] == "flow"))
