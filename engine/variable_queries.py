"""Lists of variables at their latest value. Personal values stay references: lists never show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from engine import models
from engine.context import CommandContext
from engine.queries import Columns, Sorting, among, count, equal, like, ordered, seen
from engine.releases import outside_sandboxes

INSTANCE, VARIABLE = models.process_instance, models.variable_update


@dataclass(frozen=True, slots=True)
class VariableQuery:
    """Filters of variables at their latest value. None means "any"."""

    id: str | None = None
    process_instance_id: str | None = None
    process_instance_ids: tuple[str, ...] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    name: str | None = None
    names: tuple[str, ...] | None = None
    name_like: str | None = None
    scope_ids: tuple[str, ...] | None = None  # activity instances; that of a whole case is the case


VARIABLE_SORTS: Columns = {"instanceId": VARIABLE.c.process_instance_id, "variableName": VARIABLE.c.name}


def _variable_statement(ctx: CommandContext, query: VariableQuery, *columns: Any) -> Select[Any]:
    table = VARIABLE.c
    newest = (
        select(func.max(table.id).label("id"))
        .group_by(table.root_id, table.scope_id, table.name)
        .where(*equal((table.root_id, query.process_instance_id), (table.name, query.name)))
    )
    if query.process_instance_ids is not None:
        newest = newest.where(table.root_id.in_(query.process_instance_ids))
    elif query.process_instance_id is None and query.id is None:
        newest = newest.where(outside_sandboxes(table.root_id))
    newest = newest.where(*among((table.name, query.names)), *like((table.name, query.name_like)))
    if query.scope_ids is not None:
        of_case = and_(table.scope_id == "", table.root_id.in_(query.scope_ids))
        newest = newest.where(or_(table.scope_id.in_(query.scope_ids), of_case))
    latest = newest.subquery()
    return (
        select(*columns)
        .select_from(VARIABLE)
        .join(latest, table.id == latest.c.id)
        .join(INSTANCE, INSTANCE.c.id == table.root_id)
        .where(table.deleted.is_(False))
        .where(
            *equal(
                (table.id, query.id),
                (INSTANCE.c.definition_id, query.definition_id),
                (INSTANCE.c.definition_key, query.definition_key),
            )
        )
    )


def find_variables(
    ctx: CommandContext, query: VariableQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of variables (their latest value, stored) with the definition of their instance."""
    columns = (VARIABLE, INSTANCE.c.definition_id, INSTANCE.c.definition_key)
    statement = seen(ctx, _variable_statement(ctx, query, *columns), VARIABLE.c.root_id)
    statement = ordered(statement, VARIABLE_SORTS, sort, VARIABLE.c.id.asc()).offset(first).limit(limit)
    return list(ctx.connection.execute(statement))


def count_variables(ctx: CommandContext, query: VariableQuery) -> int:
    """Returns how many variables match."""
    return count(ctx, _variable_statement(ctx, query, VARIABLE.c.id), VARIABLE.c.root_id)
