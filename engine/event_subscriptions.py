"""Event subscriptions: the messages, signals and conditions that instances and start events wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from engine import models
from engine.context import CommandContext
from engine.queries import Columns, Sorting, count, equal, ordered, seen
from engine.releases import outside_sandboxes

TABLE = models.event_subscription


@dataclass(frozen=True, slots=True)
class SubscriptionQuery:
    """Filters of event subscriptions. None means "any"."""

    id: str | None = None
    event_type: str | None = None
    event_name: str | None = None
    process_instance_id: str | None = None
    element_id: str | None = None


SUBSCRIPTION_SORTS: Columns = {"created": TABLE.c.created_at}


def _conditions(query: SubscriptionQuery) -> Iterable[ColumnElement[bool]]:
    yield from equal(
        (TABLE.c.id, query.id),
        (TABLE.c.event_type, query.event_type),
        (TABLE.c.event_name, query.event_name),
        (TABLE.c.process_instance_id, query.process_instance_id),
        (TABLE.c.element_id, query.element_id),
    )
    if query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(TABLE.c.root_id)


def find(
    ctx: CommandContext, query: SubscriptionQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of event subscriptions of cases that the actor may see, oldest first."""
    statement = seen(ctx, select(TABLE).where(*_conditions(query)), TABLE.c.root_id)
    statement = ordered(statement, SUBSCRIPTION_SORTS, sort, TABLE.c.id).offset(first).limit(limit)
    return list(ctx.connection.execute(statement))


def count_subscriptions(ctx: CommandContext, query: SubscriptionQuery) -> int:
    """Returns how many event subscriptions match."""
    return count(ctx, select(TABLE.c.id).where(*_conditions(query)), TABLE.c.root_id)
