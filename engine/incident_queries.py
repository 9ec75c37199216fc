"""Lists of incidents, open or resolved. Those of sandboxes are listed where their instance is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists

from engine import models
from engine.job_queries import job_definition_id
from engine.queries import (
    Conditions,
    Selection,
    among,
    conditions,
    equal,
    like,
    row_itself,
    since,
    until,
    wanted,
)

INCIDENT, DEFINITION = models.incident, models.definition


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Filters of incidents, open or resolved. Instants are µs, both ends included."""

    id: str | None = equal(INCIDENT.c.id)
    type: str | None = equal(INCIDENT.c.type)
    message: str | None = equal(INCIDENT.c.message)
    message_like: str | None = like(INCIDENT.c.message)
    process_instance_id: str | None = equal(INCIDENT.c.process_instance_id)
    definition_id: str | None = equal(INCIDENT.c.definition_id)
    definition_key: str | None = equal(DEFINITION.c.key)
    definition_keys: tuple[str, ...] | None = among(DEFINITION.c.key)
    element_id: str | None = equal(INCIDENT.c.element_id)
    job_id: str | None = equal(INCIDENT.c.job_id)
    job_definition_ids: tuple[str, ...] | None = among(INCIDENT.c.definition_id + ":" + INCIDENT.c.element_id)
    created_after: int | None = since(INCIDENT.c.created_at)
    created_before: int | None = until(INCIDENT.c.created_at)
    resolved_after: int | None = since(INCIDENT.c.resolved_at)
    resolved_before: int | None = until(INCIDENT.c.resolved_at)
    open: bool | None = wanted(INCIDENT.c.resolved_at.is_(None))
    resolved: bool | None = wanted(INCIDENT.c.resolved_at.is_not(None))


# Rows of incidents with `definition_key`, oldest first.
INCIDENTS: Selection[IncidentQuery, Any] = Selection(
    columns=(INCIDENT, DEFINITION.c.key.label("definition_key")),
    source=INCIDENT.outerjoin(DEFINITION, DEFINITION.c.id == INCIDENT.c.definition_id),
    sorts={
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
    },
    last=(INCIDENT.c.created_at, INCIDENT.c.id),
    show=row_itself,
    right=("Incident", "read"),
    sandboxes=INCIDENT.c.root_id,
)
find, count = INCIDENTS.find, INCIDENTS.count


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilters:
    """The filters by which other lists ask for what an open incident holds up."""

    incident_id: str | None = None
    incident_type: str | None = None
    incident_message: str | None = None
    incident_message_like: str | None = None


def held_up(query: IncidentFilters, of_row: ColumnElement[bool]) -> Conditions:
    """Limits a list to rows that one open incident with all that is asked for holds up."""
    asked = IncidentQuery(
        id=query.incident_id,
        type=query.incident_type,
        message=query.incident_message,
        message_like=query.incident_message_like,
    )
    if asked != IncidentQuery():
        yield exists().where(of_row, INCIDENT.c.resolved_at.is_(None), *conditions(asked))


def job_definition_of(row: Any) -> str | None:
    """Returns the job definition whose job failed, None if it was no job."""
    return job_definition_id(row.definition_id, row.element_id) if row.job_id else None
