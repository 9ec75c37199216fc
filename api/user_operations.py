"""/history/user-operation: the log of what people did, read from the chains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.commands import Commands
from api.lists import Listed, Listing
from api.params import MICROS, TEXT, TEXTS, Filters
from api.routing import Parts, Route
from api.times import write_micros
from engine import operations
from engine.context import CommandContext
from engine.history import ADMIN_CHAIN
from engine.operations import Operation, OperationQuery

# kind of an event -> operationType, entityType, changed property
OPERATIONS: Mapping[str, tuple[str, str, str | None]] = {
    "task.claimed": ("Claim", "Task", "assignee"),
    "task.unclaimed": ("Assign", "Task", "assignee"),
    "task.assigned": ("Assign", "Task", "assignee"),
    "task.delegated": ("Delegate", "Task", "assignee"),
    "task.resolved": ("Resolve", "Task", "delegationState"),
    "task.updated": ("Update", "Task", None),
    "task.candidate_added": ("AddUserLink", "Task", "candidate"),
    "task.candidate_removed": ("DeleteUserLink", "Task", "candidate"),
    "task.completed": ("Complete", "Task", None),
    "task.attempted": ("Update", "Task", None),
    "task.commented": ("AddComment", "Task", None),
    "task.attached": ("AddAttachment", "Task", None),
    "variables.changed": ("ModifyVariable", "Variable", None),
    "instance.started": ("Create", "ProcessInstance", None),
    "instance.suspended": ("Suspend", "ProcessInstance", "suspensionState"),
    "instance.activated": ("Activate", "ProcessInstance", "suspensionState"),
    "instance.cancelled": ("Delete", "ProcessInstance", None),
    "instance.migrated": ("Migrate", "ProcessInstance", "processDefinitionId"),
    "instance.modified": ("ModifyProcessInstance", "ProcessInstance", None),
    "activity.started_by_hand": ("StartActivity", "ProcessInstance", None),
    "ad_hoc.completed": ("CompleteActivity", "ProcessInstance", None),
    "instance.restarted": ("RestartProcessInstance", "ProcessInstance", None),
    "definition.suspended": ("SuspendProcessDefinition", "ProcessDefinition", "suspensionState"),
    "definition.activated": ("ActivateProcessDefinition", "ProcessDefinition", "suspensionState"),
    "deployment.created": ("Create", "Deployment", None),
    "deploymentRemoved": ("Delete", "Deployment", None),
    "incident.resolved": ("Resolve", "Incident", None),
    "jobs.suspended": ("SuspendJob", "Job", "suspensionState"),
    "jobs.activated": ("ActivateJob", "Job", "suspensionState"),
    "jobs.retried": ("SetJobRetries", "Job", "retries"),
    "batch.created": ("CreateBatch", "Batch", None),
    "batch.suspended": ("SuspendBatch", "Batch", "suspensionState"),
    "batch.activated": ("ActivateBatch", "Batch", "suspensionState"),
    "batch.removed": ("Delete", "Batch", None),
}
FILTERS: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "taskId": ("task_id", TEXT),
    "userId": ("user_id", TEXT),
    "operationType": ("operation_type", TEXT),
    "entityType": ("entity_type", TEXT),
    "entityTypeIn": ("entity_types", TEXTS),
    "category": ("category", TEXT),
    "categoryIn": ("categories", TEXTS),
    "property": ("changed", TEXT),
    "afterTimestamp": ("after", MICROS),
    "beforeTimestamp": ("before", MICROS),
}


def _query(
    *,
    operation_type: str | None = None,
    entity_type: str | None = None,
    entity_types: tuple[str, ...] | None = None,
    category: str | None = None,
    categories: tuple[str, ...] | None = None,
    changed: str | None = None,
    **more: Any,
) -> OperationQuery:
    """Returns the query for the kinds of events that have the names that were asked for."""
    kinds = tuple(
        kind
        for kind, (operation, entity, changes) in OPERATIONS.items()
        if operation_type in {None, operation}
        and entity_type in {None, entity}
        and (entity_types is None or entity in entity_types)
        and category in {None, _category(entity)}
        and (categories is None or _category(entity) in categories)
        and changed in {None, changes}
    )
    return OperationQuery(kinds=kinds, **more)


def _category(entity: str) -> str:
    return "TaskWorker" if entity == "Task" else "Operator"


def _find(ctx: CommandContext, query: OperationQuery, *, sort: Any, first: int, limit: int) -> list[Operation]:
    newest_first = all(order == "desc" for _, order in sort)
    rows = operations.NEWEST_FIRST if newest_first else operations.OLDEST_FIRST
    return rows.find(ctx, query, first=first, limit=limit)


def _shown(ctx: CommandContext, one: Operation) -> dict[str, Any]:
    """UserOperationLogEntryDto."""
    operation, entity, changed = OPERATIONS[one.kind]
    definition_id = one.body.get("definition")
    case_id = None if one.chain_id == ADMIN_CHAIN else one.chain_id
    return {
        "id": f"{one.chain_id}:{one.seq}",
        "deploymentId": one.body.get("deployment"),
        "processDefinitionId": definition_id,
        "processDefinitionKey": ctx.engine.definitions.deployed(ctx, definition_id).key if definition_id else None,
        "processInstanceId": case_id,
        "executionId": case_id,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": one.body.get("task"),
        "jobId": None,
        "jobDefinitionId": one.body.get("job_definition"),
        "batchId": one.body.get("batch") if entity == "Batch" else None,
        "userId": one.actor,
        "timestamp": write_micros(one.at),
        "operationId": f"{one.chain_id}:{one.seq}",
        "externalTaskId": None,
        "operationType": operation,
        "entityType": entity,
        "property": changed,
        "orgValue": one.body.get("was"),
        "newValue": one.body.get("assignee") or one.body.get("user") or one.body.get("group"),
        "removalTime": None,
        "rootProcessInstanceId": case_id,
        "category": _category(entity),
        # Both names: the substitute who acted, and the absent person in whose place.
        "annotation": f"acting for {one.body['actingFor']}" if "actingFor" in one.body else None,
        "tenantId": None,
    }


LISTING = Listing(_query, FILTERS, {"timestamp"}, _find, operations.NEWEST_FIRST.count, _shown)


class UserOperations(Listed):
    """What people did, newest first."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)


def rest_routes(parts: Parts) -> Iterable[Route]:
    operations = UserOperations(parts.commands)
    return [
        ("/history/user-operation", operations, None),
        ("/history/user-operation/count", operations, "count"),
    ]
