"""Lists of decisions, incidents and single changes, and of what the chain tells: limited to the cases one may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.queries import Columns, Sorting, between, count, equal, ordered, seen

DECISION, INCIDENT = models.decision_instance, models.incident
VARIABLE, INSTANCE = models.variable_update, models.process_instance


# ------------------------------------------------------------ decisions


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Filters of decisions that were taken. None means "any"."""

    id: str | None = None
    decision_id: str | None = None
    decision_key: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    element_id: str | None = None
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
            *between(DECISION.c.at, query.after, query.before),
        )
    )


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


# ------------------------------------------------------------ incidents


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Filters of incidents, open or resolved. None means "any"."""

    id: str | None = None
    type: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    element_id: str | None = None
    open: bool | None = None
    resolved: bool | None = None


INCIDENT_SORTS: Columns = {
    "incidentId": INCIDENT.c.id,
    "createTime": INCIDENT.c.created_at,
    "endTime": INCIDENT.c.resolved_at,
    "incidentType": INCIDENT.c.type,
    "processInstanceId": INCIDENT.c.process_instance_id,
}


def _incident_conditions(query: IncidentQuery) -> Iterable[ColumnElement[bool]]:
    yield from equal(
        (INCIDENT.c.id, query.id),
        (INCIDENT.c.type, query.type),
        (INCIDENT.c.process_instance_id, query.process_instance_id),
        (INCIDENT.c.definition_id, query.definition_id),
        (INCIDENT.c.element_id, query.element_id),
    )
    if query.open:
        yield INCIDENT.c.resolved_at.is_(None)
    if query.resolved:
        yield INCIDENT.c.resolved_at.is_not(None)


def find_incidents(
    ctx: CommandContext, query: IncidentQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns incidents, oldest first."""
    authorizations.require(ctx, "Incident", "read")
    statement = select(INCIDENT).where(*_incident_conditions(query))
    statement = ordered(statement, INCIDENT_SORTS, sort, INCIDENT.c.created_at, INCIDENT.c.id)
    return list(ctx.connection.execute(statement.offset(first).limit(limit)))


def count_incidents(ctx: CommandContext, query: IncidentQuery) -> int:
    """Returns how many incidents match."""
    return len(find_incidents(ctx, query))


# ------------------------------------------------------------ single changes of variables


@dataclass(frozen=True, slots=True)
class DetailQuery:
    """Filters of changes of variables. None means "any"."""

    id: str | None = None
    process_instance_id: str | None = None
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
            *between(VARIABLE.c.at, query.after, query.before),
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
