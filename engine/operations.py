"""What people did, read from the chains of their cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from engine import models
from engine.context import CommandContext
from engine.queries import between, count, equal, seen
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
    """Filters of operations. None means "any"; `kinds` are kinds of events of the chain."""

    kinds: tuple[str, ...]
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    task_id: str | None = None
    user_id: str | None = None
    after: int | None = None
    before: int | None = None


def _operation_conditions(query: OperationQuery) -> Iterable[ColumnElement[bool]]:
    yield EVENT.c.kind.in_(query.kinds)
    yield from equal((EVENT.c.chain_id, query.process_instance_id), (EVENT.c.actor, query.user_id))
    yield from between(EVENT.c.at, query.after, query.before)
    if query.definition_id is not None or query.definition_key is not None:
        of_definition = equal(
            (INSTANCE.c.definition_id, query.definition_id), (INSTANCE.c.definition_key, query.definition_key)
        )
        yield EVENT.c.chain_id.in_(select(INSTANCE.c.id).where(*of_definition))
    if query.task_id is not None:
        # The chain of its case is short; the event names the task in its body.
        yield EVENT.c.chain_id.in_(select(TASK.c.root_id).where(TASK.c.id == query.task_id))
        yield StoredText(EVENT.c.body).contains(f'"task":{dump(query.task_id).decode()}', autoescape=True)
    if query.process_instance_id is None and query.task_id is None:
        yield outside_sandboxes(EVENT.c.chain_id)


def find_operations(
    ctx: CommandContext, query: OperationQuery, *, descending: bool = True, first: int = 0, limit: int | None = None
) -> list[Operation]:
    """Returns what people did, newest first."""
    order = (EVENT.c.at, EVENT.c.chain_id, EVENT.c.seq)
    statement = seen(ctx, select(EVENT).where(*_operation_conditions(query)), EVENT.c.chain_id)
    statement = statement.order_by(*(column.desc() for column in order) if descending else order)
    rows = ctx.connection.execute(statement.offset(first).limit(limit))
    return [Operation(row.chain_id, row.seq, row.at, row.kind, row.actor, load(row.body)) for row in rows]


def count_operations(ctx: CommandContext, query: OperationQuery) -> int:
    """Returns how many operations match."""
    return count(ctx, select(EVENT.c.seq).where(*_operation_conditions(query)), EVENT.c.chain_id)


def flows_taken(ctx: CommandContext, root_id: str) -> list[str]:
    """Returns the sequence flows that the tokens of a case went over, each once, in the order of the first time."""
    rows = ctx.connection.execute(select(EVENT.c.body).where(EVENT.c.chain_id == root_id).order_by(EVENT.c.seq))
    steps = (step for row in rows for step in load(row.body).get("steps", ()))
    return list(dict.fromkeys(step["e"] for step in steps if step["s"] == "flow"))
