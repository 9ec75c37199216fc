"""Lists of incidents, open or resolved. Those of sandboxes are listed where their instance is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.job_queries import job_definition_id
from engine.queries import Columns, Sorting, among, between, equal, like, ordered, wanted
from engine.releases import outside_sandboxes

INCIDENT, DEFINITION = models.incident, models.definition


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Filters of incidents, open or resolved. None means "any"; instants are µs, both ends included."""

    id: str | None = None
    type: str | None = None
    message: str | None = None
    message_like: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    definition_keys: tuple[str, ...] | None = None
    element_id: str | None = None
    job_id: str | None = None
    job_definition_ids: tuple[str, ...] | None = None
    created_after: int | None = None
    created_before: int | None = None
    resolved_after: int | None = None
    resolved_before: int | None = None
    open: bool | None = None
    resolved: bool | None = None


INCIDENT_SORTS: Columns = {
    "incidentId": INCIDENT.c.id,
    "incidentTimestamp": INCIDENT.c.created_at,
    "createTime": INCIDENT.c.created_at,
    "endTime": INCIDENT.c.resolved_at,
    "incidentType": INCIDENT.c.type,
    "incidentMessage": INCIDENT.c.message,
    "activityId": INCIDENT.c.element_id,
    "executionId": INCIDENT.c.process_instance_id,
    "processInstanceId": INCIDENT.c.process_instance_id,
    "processDefinitionId": INCIDENT.c.definition_id,
    "configuration": INCIDENT.c.job_id,
}


def _conditions(query: IncidentQuery) -> Iterable[ColumnElement[bool]]:
    table = INCIDENT.c
    yield from equal(
        (table.id, query.id),
        (table.type, query.type),
        (table.message, query.message),
        (table.process_instance_id, query.process_instance_id),
        (table.definition_id, query.definition_id),
        (DEFINITION.c.key, query.definition_key),
        (table.element_id, query.element_id),
        (table.job_id, query.job_id),
    )
    yield from among(
        (DEFINITION.c.key, query.definition_keys),
        (table.definition_id + ":" + table.element_id, query.job_definition_ids),
    )
    yield from like((table.message, query.message_like))
    yield from between(table.created_at, query.created_after, query.created_before)
    yield from between(table.resolved_at, query.resolved_after, query.resolved_before)
    yield from wanted((query.open, table.resolved_at.is_(None)), (query.resolved, table.resolved_at.is_not(None)))
    if query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(table.root_id)


def _statement(ctx: CommandContext, query: IncidentQuery, *columns: Any) -> Select[Any]:
    authorizations.require(ctx, "Incident", "read")
    joined = INCIDENT.outerjoin(DEFINITION, DEFINITION.c.id == INCIDENT.c.definition_id)
    return select(*columns).select_from(joined).where(*_conditions(query))


def find(
    ctx: CommandContext, query: IncidentQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of incidents with `definition_key`, oldest first."""
    statement = _statement(ctx, query, INCIDENT, DEFINITION.c.key.label("definition_key"))
    statement = ordered(statement, INCIDENT_SORTS, sort, INCIDENT.c.created_at, INCIDENT.c.id)
    return list(ctx.connection.execute(statement.offset(first).limit(limit)))


def count(ctx: CommandContext, query: IncidentQuery) -> int:
    """Returns how many incidents match."""
    found: int = ctx.connection.execute(_statement(ctx, query, func.count(INCIDENT.c.id))).scalar_one()
    return found


def job_definition_of(row: Any) -> str | None:
    """Returns the job definition whose job failed, None if it was no job."""
    return job_definition_id(row.definition_id, row.element_id) if row.job_id else None
