"""/history: decisions, incidents, details and the logs that are read from the chain; shapes of Camunda 7's DTOs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from api.history import HistoricOne
from api.lists import Listed, Listing
from api.params import BOOLEAN, MICROS, TEXT, TEXTS, Filters
from api.routing import Parts, Route
from api.times import write_micros
from api.typed_values import write_variable
from engine import history_logs, incident_queries, operations
from engine.context import CommandContext
from engine.history_logs import DecisionQuery, DetailQuery
from engine.incident_queries import IncidentQuery, job_definition_of
from engine.operations import Operation, OperationQuery
from engine.values import decode, from_json, load

Json = dict[str, Any]
OF_INSTANCE: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
}
DECISIONS: Filters = {
    **OF_INSTANCE,
    "decisionInstanceId": ("id", TEXT),
    "decisionInstanceIdIn": ("ids", TEXTS),
    "decisionDefinitionId": ("decision_id", TEXT),
    "decisionDefinitionIdIn": ("decision_ids", TEXTS),
    "decisionDefinitionKey": ("decision_key", TEXT),
    "decisionDefinitionKeyIn": ("decision_keys", TEXTS),
    "decisionDefinitionKeyLike": ("decision_key_like", TEXT),
    "activityIdIn": ("element_ids", TEXTS),
    "activityInstanceIdIn": ("activity_ids", TEXTS),
    "activityId": ("element_id", TEXT),
    "evaluatedBefore": ("before", MICROS),
    "evaluatedAfter": ("after", MICROS),
    # Inputs and outputs always come with it.
    "includeInputs": ("include_inputs", BOOLEAN),
    "includeOutputs": ("include_outputs", BOOLEAN),
}
INCIDENTS: Filters = {
    **OF_INSTANCE,
    "incidentId": ("id", TEXT),
    "incidentType": ("type", TEXT),
    "incidentMessage": ("message", TEXT),
    "incidentMessageLike": ("message_like", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionKeyIn": ("definition_keys", TEXTS),
    "activityId": ("element_id", TEXT),
    "failedActivityId": ("element_id", TEXT),
    "configuration": ("job_id", TEXT),
    "jobDefinitionIdIn": ("job_definition_ids", TEXTS),
    "causeIncidentId": ("id", TEXT),
    "rootCauseIncidentId": ("id", TEXT),
    "createTimeAfter": ("created_after", MICROS),
    "createTimeBefore": ("created_before", MICROS),
    "endTimeAfter": ("resolved_after", MICROS),
    "endTimeBefore": ("resolved_before", MICROS),
    "open": ("open", BOOLEAN),
    "resolved": ("resolved", BOOLEAN),
}
DETAILS: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIdIn": ("process_instance_ids", TEXTS),
    "executionId": ("process_instance_id", TEXT),
    "activityInstanceId": ("activity_id", TEXT),
    "variableInstanceId": ("id", TEXT),
    "occurredBefore": ("before", MICROS),
    "occurredAfter": ("after", MICROS),
    "variableUpdates": ("include_updates", BOOLEAN),
}
LOG: Filters = {**OF_INSTANCE, "executionId": ("process_instance_id", TEXT)}
LINK_LOG: Filters = {
    **OF_INSTANCE,
    "taskId": ("task_id", TEXT),
    "assignerId": ("user_id", TEXT),
    "dateAfter": ("after", MICROS),
    "dateBefore": ("before", MICROS),
}

EXTERNAL = {
    "external_task.completed": "success",
    "external_task.error_thrown": "success",
    "external_task.failed": "failure",
}
JOBS = {"timer.fired": "timer", "service.done": "handler", "instance.continued": "async", "deadline.warned": "deadline"}
LINKS = {
    "task.claimed": "add",
    "task.assigned": "add",
    "task.unclaimed": "delete",
    "task.delegated": "add",
    "task.resolved": "add",
    "task.candidate_added": "add",
    "task.candidate_removed": "delete",
}


def _definition_key(ctx: CommandContext, definition_id: str | None) -> str | None:
    return ctx.engine.definitions.deployed(ctx, definition_id).key if definition_id else None


def _decision(ctx: CommandContext, row: Any) -> Json:
    """HistoricDecisionInstanceDto."""
    told = load(row.body)
    return {
        "id": row.id,
        "decisionDefinitionId": row.definition_id,
        "decisionDefinitionKey": row.decision_key,
        "decisionDefinitionName": ctx.engine.definitions.deployed(ctx, row.definition_id).name
        if row.definition_id
        else None,
        "evaluationTime": write_micros(row.at),
        "removalTime": None,
        "processDefinitionId": row.process_definition_id,
        "processDefinitionKey": row.process_definition_key,
        "processInstanceId": row.process_instance_id,
        "rootProcessInstanceId": row.root_id,
        "caseDefinitionId": None,
        "caseDefinitionKey": None,
        "caseInstanceId": None,
        "activityId": row.element_id,
        "activityInstanceId": row.activity_id,
        "userId": None,
        "inputs": [_input(row, name, value) for name, value in told["inputs"].items()],
        "outputs": [
            _output(row, fired, name, value) for fired in told["rows"] for name, value in fired["outputs"].items()
        ],
        "collectResultValue": None,
        "rootDecisionInstanceId": None,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
        "tenantId": None,
    }


def _input(row: Any, name: str, value: Any) -> Json:
    return {
        "id": f"{row.id}:{name}"[:255],
        "decisionInstanceId": row.id,
        "clauseId": None,
        "clauseName": name,
        "errorMessage": None,
        "createTime": write_micros(row.at),
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
        **write_variable(from_json(value)),
    }


def _output(row: Any, fired: Mapping[str, Any], name: str, value: Any) -> Json:
    return _input(row, name, value) | {
        "id": f"{row.id}:{fired['row']}:{name}"[:255],
        "ruleId": fired["row"],
        "ruleOrder": fired["index"],
        "variableName": name,
    }


def _incident(_ctx: CommandContext, row: Any) -> Json:
    """HistoricIncidentDto."""
    return {
        "id": row.id,
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "createTime": write_micros(row.created_at),
        "endTime": write_micros(row.resolved_at),
        "incidentType": row.type,
        "activityId": row.element_id,
        "failedActivityId": row.element_id,
        "causeIncidentId": row.id,
        "rootCauseIncidentId": row.id,
        "configuration": row.job_id,
        "historyConfiguration": None,
        "incidentMessage": row.message,
        "tenantId": None,
        "jobDefinitionId": job_definition_of(row),
        "open": row.resolved_at is None,
        "deleted": False,
        "resolved": row.resolved_at is not None,
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
        "annotation": row.annotation,
    }


def _detail(_ctx: CommandContext, row: Any) -> Json:
    """HistoricVariableUpdateDto; a reference stays hidden, for this is a list."""
    written = write_variable(None if row.deleted else decode(row.value))
    return {
        "id": row.id,
        "type": "variableUpdate",
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "activityInstanceId": row.activity_id or row.scope_id or row.process_instance_id,
        "executionId": row.process_instance_id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "tenantId": None,
        "userOperationId": None,
        "time": write_micros(row.at),
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
        "variableName": row.name,
        "variableInstanceId": row.id,
        "variableType": written["type"],
        "value": written["value"],
        "valueInfo": written["valueInfo"],
        "initial": False,
        "revision": 0,
        "errorMessage": None,
    }


def _common(ctx: CommandContext, one: Operation) -> Json:
    definition_id = one.body.get("definition")
    return {
        "id": f"{one.chain_id}:{one.seq}",
        "processInstanceId": one.chain_id,
        "processDefinitionId": definition_id,
        "processDefinitionKey": _definition_key(ctx, definition_id),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": one.chain_id,
    }


def _flags(kind: str) -> Json:
    return {
        "creationLog": False,
        "failureLog": kind == "failure",
        "successLog": kind == "success",
        "deletionLog": False,
    }


def _external(ctx: CommandContext, one: Operation) -> Json:
    """HistoricExternalTaskLogDto."""
    return (
        _common(ctx, one)
        | _flags(EXTERNAL[one.kind])
        | {
            "timestamp": write_micros(one.at),
            "externalTaskId": one.body.get("task"),
            "topicName": one.body.get("topic"),
            "workerId": one.body.get("worker"),
            "retries": one.body.get("retries"),
            "priority": 0,
            "errorMessage": one.body.get("error"),
            "activityId": one.body.get("element"),
            "activityInstanceId": None,
            "executionId": one.chain_id,
        }
    )


def _job(ctx: CommandContext, one: Operation) -> Json:
    """HistoricJobLogDto."""
    return (
        _common(ctx, one)
        | _flags("success")
        | {
            "timestamp": write_micros(one.at),
            "jobId": one.body.get("job"),
            "jobDueDate": write_micros(one.body.get("due")),
            "jobRetries": None,
            "jobPriority": 0,
            "jobExceptionMessage": None,
            "failedActivityId": None,
            "jobDefinitionId": None,
            "jobDefinitionType": JOBS[one.kind],
            "jobDefinitionConfiguration": None,
            "activityId": one.body.get("element"),
            "executionId": one.chain_id,
            "deploymentId": None,
            "hostname": None,
            "batchId": None,
        }
    )


def _link(ctx: CommandContext, one: Operation) -> Json:
    """HistoricIdentityLinkLogDto."""
    candidate = one.kind.startswith("task.candidate")
    held = one.body.get("was" if LINKS[one.kind] == "delete" else "assignee")
    return _common(ctx, one) | {
        "time": write_micros(one.at),
        "type": "candidate" if candidate else "assignee",
        "userId": one.body.get("user") if candidate else held,
        "groupId": one.body.get("group"),
        "taskId": one.body.get("task"),
        "operationType": LINKS[one.kind],
        "assignerId": one.actor,
    }


def _events(ctx: CommandContext, query: OperationQuery, *, sort: Any, first: int, limit: int) -> list[Operation]:
    newest_first = any(order == "desc" for _, order in sort)
    rows = operations.NEWEST_FIRST if newest_first else operations.OLDEST_FIRST
    return rows.find(ctx, query, first=first, limit=limit)


def _log(kinds: Mapping[str, str], show: Any, filters: Filters = LOG, instant: str = "timestamp") -> Listing:
    make = partial(OperationQuery, tuple(kinds))
    return Listing(make, filters, {instant}, _events, operations.NEWEST_FIRST.count, show)


LOGS = {
    "decision-instance": Listing.of(history_logs.DECISIONS, DecisionQuery, DECISIONS, _decision),
    "incident": Listing.of(incident_queries.INCIDENTS, IncidentQuery, INCIDENTS, _incident),
    "detail": Listing.of(history_logs.DETAILS, DetailQuery, DETAILS, _detail),
    "external-task-log": _log(EXTERNAL, _external),
    "job-log": _log(JOBS, _job),
    "identity-link-log": _log(LINKS, _link, LINK_LOG, "time"),
}


def rest_routes(parts: Parts) -> Iterable[Route]:
    for noun, listing in LOGS.items():
        resource = Listed(parts.commands, listing)
        yield f"/history/{noun}", resource, None
        yield f"/history/{noun}/count", resource, "count"
    for noun in ("decision-instance", "detail"):
        yield f"/history/{noun}/{{row_id}}", HistoricOne(parts.commands, LOGS[noun]), None
