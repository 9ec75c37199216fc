"""Lists of decisions and of single changes: limited to the cases one may see; sandboxes where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true

from engine import models
from engine.context import CommandContext
from engine.queries import Columns, Sorting, among, between, count, equal, like, ordered, seen
from engine.releases import outside_sandboxes

DECISION, VARIABLE, INSTANCE = models.decision_instance, models.variable_update, models.process_instance


# ------------------------------------------------------------ decisions


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Filters of decisions that were taken. None means "any"."""

    id: str | None = None
    decision_id: str | None = None
    ids: tuple[str, ...] | None = None
    decision_ids: tuple[str, ...] | None = None
    decision_key: str | None = None
    decision_keys: tuple[str, ...] | None = None
    decision_key_like: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    element_id: str | None = None
    element_ids: tuple[str, ...] | None = None
    activity_ids: tuple[str, ...] | None = None
    before: int | None = None
    after: int | None = None
    include_inputs: bool | None = None
    include_outputs: bool | None = None


DECISION_SORTS: Columns = {"evaluationTime": DECISION.c.at}


def _decisions(query: DecisionQuery, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(DECISION)
        .join(INSTANCE, INSTANCE.c.id == DECISION.c.root_id, isouter=True)
        .where(
            *equal(
                (DECISION.c.id, query.id),
                (DECISION.c.definition_id, query.decision_id),
                (DECISION.c.decision_key, query.decision_key),
                (DECISION.c.process_instance_id, query.process_instance_id),
                (INSTANCE.c.definition_id, query.definition_id),
                (INSTANCE.c.definition_key, query.definition_key),
                (DECISION.c.element_id, query.element_id),
            ),
            *among(
                (DECISION.c.id, query.ids),
                (DECISION.c.definition_id, query.decision_ids),
                (DECISION.c.decision_key, query.decision_keys),
                (DECISION.c.element_id, query.element_ids),
                (DECISION.c.activity_id, query.activity_ids),
            ),
            *like((DECISION.c.decision_key, query.decision_key_like)),
            *between(DECISION.c.at, query.after, query.before),
            _outside(query, DECISION.c.root_id),
        )
    )


def _outside(query: DecisionQuery | DetailQuery, root_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Leaves sandboxes out of a list that asks for no instance."""
    return outside_sandboxes(root_id) if query.id is None and query.process_instance_id is None else true()


def find_decisions(
    ctx: CommandContext, query: DecisionQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of decisions with the definition of their case, newest first."""
    named = (
        INSTANCE.c.definition_id.label("process_definition_id"),
        INSTANCE.c.definition_key.label("process_definition_key"),
    )
    statement = seen(ctx, _decisions(query, DECISION, *named), DECISION.c.root_id)
    statement = ordered(statement, DECISION_SORTS, sort, DECISION.c.id.desc()).offset(first).limit(limit)
    return list(ctx.connection.execute(statement))


def count_decisions(ctx: CommandContext, query: DecisionQuery) -> int:
    """Returns how many decisions match."""
    return count(ctx, _decisions(query, DECISION.c.id), DECISION.c.root_id)


# ------------------------------------------------------------ single changes of variables


@dataclass(frozen=True, slots=True)
class DetailQuery:
    """Filters of changes of variables. None means "any"."""

    id: str | None = None
    process_instance_id: str | None = None
    process_instance_ids: tuple[str, ...] | None = None
    activity_id: str | None = None
    before: int | None = None
    after: int | None = None
    include_updates: bool | None = None


DETAIL_SORTS: Columns = {
    "time": VARIABLE.c.at,
    "variableName": VARIABLE.c.name,
    "processInstanceId": VARIABLE.c.process_instance_id,
}


def _details(query: DetailQuery, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(VARIABLE)
        .join(INSTANCE, INSTANCE.c.id == VARIABLE.c.root_id)
        .where(
            *equal(
                (VARIABLE.c.id, query.id),
                (VARIABLE.c.process_instance_id, query.process_instance_id),
                (VARIABLE.c.activity_id, query.activity_id),
            ),
            *among((VARIABLE.c.process_instance_id, query.process_instance_ids)),
            *between(VARIABLE.c.at, query.after, query.before),
            _outside(query, VARIABLE.c.root_id),
        )
    )


def find_details(
    ctx: CommandContext, query: DetailQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns every change of a variable, in order; personal values as references."""
    statement = _details(query, VARIABLE, INSTANCE.c.definition_id, INSTANCE.c.definition_key)
    statement = ordered(seen(ctx, statement, VARIABLE.c.root_id), DETAIL_SORTS, sort, VARIABLE.c.id)
    return list(ctx.connection.execute(statement.offset(first).limit(limit)))


def count_details(ctx: CommandContext, query: DetailQuery) -> int:
    """Returns how many changes match."""
    return count(ctx, _details(query, VARIABLE.c.id), VARIABLE.c.root_id)
