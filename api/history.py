"""/history: what ran, what is running, and who did what. Lists show personal values to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Commands, Resource, actor_of
from api.lists import ListResource
from api.params import BOOLEAN, MICROS, TEXT, TEXTS, Filters, Parameters, read_filters
from api.times import write_micros
from api.typed_values import write_variable
from api.variable_filters import CONDITIONS
from engine import authorizations, history_queries, operations, process_instances, variable_queries
from engine.context import CommandContext
from engine.history_queries import (
    ACTIVITY_SORTS,
    INSTANCE_SORTS,
    TASK_SORTS,
    ActivityQuery,
    HistoricTaskQuery,
    InstanceQuery,
)
from engine.operations import Operation, OperationQuery
from engine.values import decode
from engine.variable_queries import VARIABLE_SORTS, VariableQuery

TIMES: Filters = {
    "startedBefore": ("started_before", MICROS),
    "startedAfter": ("started_after", MICROS),
    "finishedBefore": ("finished_before", MICROS),
    "finishedAfter": ("finished_after", MICROS),
    "finished": ("finished", BOOLEAN),
    "unfinished": ("unfinished", BOOLEAN),
}
INSTANCES: Filters = {
    **TIMES,
    "processInstanceId": ("id", TEXT),
    "processInstanceIds": ("ids", TEXTS),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "processDefinitionKeyIn": ("definition_keys", TEXTS),
    "superProcessInstanceId": ("super_id", TEXT),
    "rootProcessInstances": ("roots_only", BOOLEAN),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "completed": ("completed", BOOLEAN),
    "externallyTerminated": ("externally_terminated", BOOLEAN),
    "internallyTerminated": ("internally_terminated", BOOLEAN),
    "startedBy": ("started_by", TEXT),
    "withIncidents": ("with_incident", BOOLEAN),
    "variables": ("variables", CONDITIONS),
}
ACTIVITIES: Filters = {
    **TIMES,
    "activityInstanceId": ("id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "activityId": ("element_id", TEXT),
    "activityType": ("element_type", TEXT),
    "taskAssignee": ("assignee", TEXT),
    "canceled": ("cancelled", BOOLEAN),
}
TASKS: Filters = {
    **TIMES,
    "taskId": ("id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "taskDefinitionKey": ("element_id", TEXT),
    "taskAssignee": ("assignee", TEXT),
}
VARIABLES: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIdIn": ("process_instance_ids", TEXTS),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "variableName": ("name", TEXT),
    "variableNameIn": ("names", TEXTS),
    "executionIdIn": ("process_instance_ids", TEXTS),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the history: which filters it takes, how it is read, and how a row is shown."""

    make: Callable[..., Any]
    filters: Filters
    sorts: Iterable[str]
    find: Callable[..., list[Any]]
    count: Callable[[CommandContext, Any], int]
    show: Callable[[CommandContext, Any], dict[str, Any]]

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        first, limit = parameters.page()
        sort = parameters.sorting(self.sorts, ())
        query = read_filters(self.make, self.filters, parameters)
        return [self.show(ctx, row) for row in self.find(ctx, query, sort=sort, first=first, limit=limit)]

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return {"count": self.count(ctx, read_filters(self.make, self.filters, parameters))}


class HistoryList(ListResource):
    """A list of the history."""

    def __init__(self, commands: Commands, listing: Listing) -> None:
        super().__init__(commands)
        self._listing = listing

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        return self._listing.listed(ctx, parameters)

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return self._listing.counted(ctx, parameters)


class HistoricInstance(Resource):
    """One instance, running or over."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _instance, instance_id)


def _instance(ctx: CommandContext, instance_id: str) -> dict[str, Any]:
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    return _show_instance(ctx, row)


def _show_instance(ctx: CommandContext, row: Any) -> dict[str, Any]:
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    return representations.historic_instance(row, deployed)


def _show_variable(_ctx: CommandContext, row: Any) -> dict[str, Any]:
    """HistoricVariableInstanceDto; a reference stays hidden, for this is a list."""
    return {
        "id": row.id,
        "name": row.name,
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "activityInstanceId": row.scope_id or row.process_instance_id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "errorMessage": None,
        "tenantId": None,
        "state": "CREATED",
        "createTime": write_micros(row.at),
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
        **write_variable(decode(row.value)),
    }


def _show_running_variable(ctx: CommandContext, row: Any) -> dict[str, Any]:
    """VariableInstanceDto."""
    historic = {"processDefinitionKey", "state", "createTime", "removalTime", "rootProcessInstanceId"}
    return {key: value for key, value in _show_variable(ctx, row).items() if key not in historic} | {"batchId": None}


LISTINGS = {
    "process-instance": Listing(
        InstanceQuery,
        INSTANCES,
        INSTANCE_SORTS,
        history_queries.find_instances,
        history_queries.count_instances,
        _show_instance,
    ),
    "activity-instance": Listing(
        ActivityQuery,
        ACTIVITIES,
        ACTIVITY_SORTS,
        history_queries.find_activities,
        history_queries.count_activities,
        lambda _ctx, row: representations.activity(row),
    ),
    "task": Listing(
        HistoricTaskQuery,
        TASKS,
        TASK_SORTS,
        history_queries.find_tasks,
        history_queries.count_tasks,
        lambda _ctx, row: representations.historic_task(row),
    ),
    "variable-instance": Listing(
        VariableQuery,
        VARIABLES,
        VARIABLE_SORTS,
        variable_queries.find_variables,
        variable_queries.count_variables,
        _show_variable,
    ),
}

# /variable-instance: the same list without what is history about it.
RUNNING_VARIABLES = Listing(
    VariableQuery,
    VARIABLES,
    VARIABLE_SORTS,
    variable_queries.find_variables,
    variable_queries.count_variables,
    _show_running_variable,
)


# ------------------------------------------------------------ what people did

# kind of an event -> operationType, entityType, changed property
OPERATIONS: dict[str, tuple[str, str, str | None]] = {
    "task.claimed": ("Claim", "Task", "assignee"),
    "task.unclaimed": ("Assign", "Task", "assignee"),
    "task.assigned": ("Assign", "Task", "assignee"),
    "task.completed": ("Complete", "Task", None),
    "task.attempted": ("Update", "Task", None),
    "instance.started": ("Create", "ProcessInstance", None),
    "instance.suspended": ("Suspend", "ProcessInstance", "suspensionState"),
    "instance.activated": ("Activate", "ProcessInstance", "suspensionState"),
    "instance.cancelled": ("Delete", "ProcessInstance", None),
    "instance.migrated": ("Migrate", "ProcessInstance", "processDefinitionId"),
    "instance.modified": ("ModifyProcessInstance", "ProcessInstance", None),
    "instance.restarted": ("RestartProcessInstance", "ProcessInstance", None),
}
OPERATION_FILTERS: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "userId": ("user_id", TEXT),
    "afterTimestamp": ("after", MICROS),
    "beforeTimestamp": ("before", MICROS),
}


class UserOperations(Resource):
    """The log of what people did, from the chain."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _operations, Parameters.of_query(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        query = _operation_query(Parameters.of_query(req))
        resp.media = {"count": await self.commands.read(actor_of(req), operations.count_operations, query)}


def _operation_query(parameters: Parameters) -> OperationQuery:
    wanted = parameters.text("operationType")
    kinds = tuple(kind for kind, (operation, _, _) in OPERATIONS.items() if wanted in {None, operation})
    filters: Filters = {**OPERATION_FILTERS, "operationType": ("kinds", lambda _parameters, _name: kinds)}
    more: dict[str, Any] = {} if wanted else {"kinds": kinds}
    query: OperationQuery = read_filters(OperationQuery, filters, parameters, **more)
    return query


def _operations(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    first, limit = parameters.page()
    sort = parameters.sorting({"timestamp"}, (("timestamp", "desc"),))
    found = operations.find_operations(
        ctx, _operation_query(parameters), descending=sort[0][1] == "desc", first=first, limit=limit
    )
    return [_show_operation(ctx, one) for one in found]


def _show_operation(ctx: CommandContext, one: Operation) -> dict[str, Any]:
    """UserOperationLogEntryDto."""
    operation, entity, changed = OPERATIONS[one.kind]
    definition_id = one.body.get("definition")
    key = ctx.engine.definitions.deployed(ctx, definition_id).key if definition_id else None
    return {
        "id": f"{one.chain_id}:{one.seq}",
        "deploymentId": None,
        "processDefinitionId": definition_id,
        "processDefinitionKey": key,
        "processInstanceId": one.chain_id,
        "executionId": one.chain_id,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": one.body.get("task"),
        "jobId": None,
        "jobDefinitionId": None,
        "batchId": None,
        "userId": one.actor,
        "timestamp": write_micros(one.at),
        "operationId": f"{one.chain_id}:{one.seq}",
        "externalTaskId": None,
        "operationType": operation,
        "entityType": entity,
        "property": changed,
        "orgValue": one.body.get("was"),
        "newValue": one.body.get("assignee"),
        "removalTime": None,
        "rootProcessInstanceId": one.chain_id,
        "category": "TaskWorker" if entity == "Task" else "Operator",
        "annotation": None,
        "tenantId": None,
    }
