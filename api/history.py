"""/history: what ran and what is running. Lists show personal values to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Commands, Resource, actor_of
from api.lists import Listed, Listing
from api.params import BOOLEAN, INTEGER, MICROS, TEXT, TEXTS, Filters
from api.routing import Parts, Route
from api.typed_values import write_variable
from api.variable_filters import CONDITIONS
from engine import authorizations, history_queries, process_instances, variable_queries
from engine.context import CommandContext
from engine.errors import NotFound
from engine.history_queries import ActivityQuery, HistoricTaskQuery, InstanceQuery
from engine.values import decode
from engine.variable_queries import VariableQuery

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
    "processInstanceIdNotIn": ("not_ids", TEXTS),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processInstanceBusinessKeyIn": ("business_keys", TEXTS),
    "processInstanceBusinessKeyLike": ("business_key_like", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "processDefinitionKeyIn": ("definition_keys", TEXTS),
    "processDefinitionKeyNotIn": ("not_definition_keys", TEXTS),
    "superProcessInstanceId": ("super_id", TEXT),
    "subProcessInstanceId": ("sub_id", TEXT),
    "activeActivityIdIn": ("active_elements", TEXTS),
    "executedActivityIdIn": ("executed_elements", TEXTS),
    "rootProcessInstances": ("roots_only", BOOLEAN),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "completed": ("completed", BOOLEAN),
    "externallyTerminated": ("externally_terminated", BOOLEAN),
    "internallyTerminated": ("internally_terminated", BOOLEAN),
    "startedBy": ("started_by", TEXT),
    "withIncidents": ("with_incident", BOOLEAN),
    "incidentType": ("incident_type", TEXT),
    "incidentMessage": ("incident_message", TEXT),
    "incidentMessageLike": ("incident_message_like", TEXT),
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
    "activityName": ("name", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "completeScope": ("completed_scope", BOOLEAN),
    "taskAssignee": ("assignee", TEXT),
    "canceled": ("cancelled", BOOLEAN),
}
TASKS: Filters = {
    **TIMES,
    "taskId": ("id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processInstanceBusinessKeyIn": ("business_keys", TEXTS),
    "processInstanceBusinessKeyLike": ("business_key_like", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "processFinished": ("instance_finished", BOOLEAN),
    "processUnfinished": ("instance_unfinished", BOOLEAN),
    "processVariables": ("variables", CONDITIONS),
    "activityInstanceIdIn": ("activity_ids", TEXTS),
    "taskDefinitionKey": ("element_id", TEXT),
    "taskDefinitionKeyIn": ("element_ids", TEXTS),
    "taskName": ("name", TEXT),
    "taskNameLike": ("name_like", TEXT),
    "taskAssignee": ("assignee", TEXT),
    "taskAssigneeLike": ("assignee_like", TEXT),
    "assigned": ("assigned", BOOLEAN),
    "unassigned": ("unassigned", BOOLEAN),
    "taskOwner": ("owner", TEXT),
    "taskPriority": ("priority", INTEGER),
    "taskDueDateBefore": ("due_before", MICROS),
    "taskDueDateAfter": ("due_after", MICROS),
    "taskFollowUpDateBefore": ("follow_up_before", MICROS),
    "taskFollowUpDateAfter": ("follow_up_after", MICROS),
}
VARIABLES: Filters = {
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIdIn": ("process_instance_ids", TEXTS),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "variableName": ("name", TEXT),
    "variableNameLike": ("name_like", TEXT),
    "activityInstanceIdIn": ("scope_ids", TEXTS),
    "variableNameIn": ("names", TEXTS),
    "executionIdIn": ("process_instance_ids", TEXTS),
}


class HistoricInstance(Resource):
    """One instance, running or over."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _instance, instance_id)


class HistoricOne(Resource):
    """One row of a list of the history, by its id."""

    def __init__(self, commands: Commands, listing: Listing) -> None:
        super().__init__(commands)
        self._declared = listing

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, row_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), self._one, row_id)

    def _one(self, ctx: CommandContext, row_id: str) -> dict[str, Any]:
        found = self._declared.find(ctx, self._declared.make(id=row_id), limit=1)
        if not found:
            raise NotFound(f"the history has no {row_id}, or none that you may see")
        return self._declared.show(ctx, found[0])


def _instance(ctx: CommandContext, instance_id: str) -> dict[str, Any]:
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    return _show_instance(ctx, row)


def _show_instance(ctx: CommandContext, row: Any) -> dict[str, Any]:
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    return representations.historic_instance(row, deployed)


def _show_variable(_ctx: CommandContext, row: Any) -> dict[str, Any]:
    """HistoricVariableInstanceDto; a reference stays hidden, for this is a list."""
    return representations.variable(row) | write_variable(decode(row.value))


def _show_running_variable(ctx: CommandContext, row: Any) -> dict[str, Any]:
    """VariableInstanceDto."""
    historic = {"processDefinitionKey", "state", "createTime", "removalTime", "rootProcessInstanceId"}
    return {key: value for key, value in _show_variable(ctx, row).items() if key not in historic} | {"batchId": None}


LISTINGS = {
    "process-instance": Listing.of(history_queries.INSTANCES, InstanceQuery, INSTANCES, _show_instance),
    "activity-instance": Listing.of(
        history_queries.ACTIVITIES, ActivityQuery, ACTIVITIES, lambda _ctx, row: representations.activity(row)
    ),
    "task": Listing.of(
        history_queries.TASKS, HistoricTaskQuery, TASKS, lambda _ctx, row: representations.historic_task(row)
    ),
    "variable-instance": Listing.of(variable_queries.VARIABLES, VariableQuery, VARIABLES, _show_variable),
}

# /variable-instance: the same list without what is history about it.
RUNNING_VARIABLES = Listing.of(variable_queries.VARIABLES, VariableQuery, VARIABLES, _show_running_variable)


def rest_routes(parts: Parts) -> Iterable[Route]:
    running = Listed(parts.commands, RUNNING_VARIABLES)
    yield "/variable-instance", running, None
    yield "/variable-instance/count", running, "count"
    yield "/history/process-instance/{instance_id}", HistoricInstance(parts.commands), None
    yield "/history/activity-instance/{row_id}", HistoricOne(parts.commands, LISTINGS["activity-instance"]), None
    for noun, listing in LISTINGS.items():
        resource = Listed(parts.commands, listing)
        yield f"/history/{noun}", resource, None
        yield f"/history/{noun}/count", resource, "count"
