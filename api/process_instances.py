"""/process-instance: what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from api.variable_filters import read_conditions
from engine import authorizations, history_queries, process_instances, scheduled_suspensions
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import InvalidRequest, NotFound
from engine.history_queries import INSTANCES, ActivityQuery, InstanceQuery
from engine.process_instances import ProcessInstance

FILTERS: Filters = {
    "processInstanceIds": ("ids", TEXTS),
    "processInstanceIdNotIn": ("not_ids", TEXTS),
    "businessKey": ("business_key", TEXT),
    "businessKeyLike": ("business_key_like", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "processDefinitionKeyIn": ("definition_keys", TEXTS),
    "processDefinitionKeyNotIn": ("not_definition_keys", TEXTS),
    "deploymentId": ("deployment_id", TEXT),
    "superProcessInstance": ("super_id", TEXT),
    "subProcessInstance": ("sub_id", TEXT),
    "activityIdIn": ("active_elements", TEXTS),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "rootProcessInstances": ("roots_only", BOOLEAN),
    "leafProcessInstances": ("leaves_only", BOOLEAN),
    "withIncident": ("with_incident", BOOLEAN),
    "incidentId": ("incident_id", TEXT),
    "incidentType": ("incident_type", TEXT),
    "incidentMessage": ("incident_message", TEXT),
    "incidentMessageLike": ("incident_message_like", TEXT),
    "variables": ("variables", lambda parameters, name: read_conditions(parameters.raw(name))),
}


LISTING = Listing.of(
    INSTANCES,
    partial(InstanceQuery, unfinished=True),
    FILTERS,
    lambda _ctx, row: representations.process_instance(row),
)


class ProcessInstances(Listed):
    """Running instances; those that are over stand in the history."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """One running instance."""
        row = await self.commands.read(actor_of(req), running, instance_id)
        resp.media = representations.process_instance(row)

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Ends an instance from outside; its history stays."""
        body = Parameters(await read_body(req))
        reason = body.text("deleteReason") or Parameters.of_query(req).text("deleteReason")
        await self.commands.run(actor_of(req), process_instances.cancel, instance_id, reason=reason)
        no_content(resp)

    async def on_get_activity_instances(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str
    ) -> None:
        """What an instance is busy with, as a tree."""
        resp.media = await self.commands.read(actor_of(req), _activity_tree, instance_id)

    async def on_put_suspended(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Suspends or activates one instance."""
        body = Parameters(await read_body(req))
        suspended, at = body.boolean("suspended"), body.micros("executionDate")
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        if at is None:
            await self.commands.run(actor_of(req), process_instances.set_suspended, instance_id, suspended=suspended)
        else:
            plan = partial(_suspend_later, at=at, suspended=suspended)
            await self.commands.run(actor_of(req), plan, instance_id)
        no_content(resp)


def _suspend_later(ctx: CommandContext, instance_id: str, *, at: int, suspended: bool) -> None:
    row = running(ctx, instance_id)
    scheduled_suspensions.plan_instances(ctx, [row.id], at=at, suspended=suspended)


def running(ctx: CommandContext, instance_id: str) -> ProcessInstance:
    """Returns an instance that runs and of which the actor may ask for values; raises NotFound, Forbidden."""
    row = process_instances.get(ctx, instance_id)
    authorizations.require_values(ctx, row.root_id)
    if row.ended_at is not None:
        raise NotFound(f"the process instance {instance_id} is over; see its history")
    return row


def _activity_tree(ctx: CommandContext, instance_id: str) -> dict[str, Any]:
    row = running(ctx, instance_id)
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    query = ActivityQuery(process_instance_id=instance_id, unfinished=True)
    children: dict[str, list[Any]] = {}
    for activity in history_queries.find_activities(ctx, query):
        children.setdefault(activity.parent_id or instance_id, []).append(activity)
    return _root(row, deployed, children)


def _root(row: ProcessInstance, deployed: Deployed, children: Mapping[str, list[Any]]) -> dict[str, Any]:
    node = _node(row.id, row.definition_key, deployed.name, "processDefinition", instance=row)
    node["childActivityInstances"] = _nodes(row, row.id, children)
    return node


def _nodes(row: ProcessInstance, parent_id: str, children: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    nodes = []
    for activity in _known(children.get(parent_id, ())):
        node = _node(activity.id, activity.element_id, activity.name, activity.element_type, instance=row)
        node["parentActivityInstanceId"] = parent_id
        node["childActivityInstances"] = _nodes(row, activity.id, children)
        nodes.append(node)
    return nodes


def _known(activities: Iterable[Any]) -> list[Any]:
    return list({activity.id: activity for activity in activities}.values())


def _node(node_id: str, element_id: str, name: str | None, kind: str, *, instance: ProcessInstance) -> dict[str, Any]:
    return {
        "id": node_id,
        "parentActivityInstanceId": None,
        "activityId": element_id,
        "activityName": name,
        "name": name,
        "activityType": kind,
        "processInstanceId": instance.id,
        "processDefinitionId": instance.definition_id,
        "childActivityInstances": [],
        "childTransitionInstances": [],
        "executionIds": [instance.id],
        "incidentIds": [],
        "incidents": [],
    }


def rest_routes(parts: Parts) -> Iterable[Route]:
    instances = ProcessInstances(parts.commands)
    return [
        ("/process-instance", instances, None),
        ("/process-instance/count", instances, "count"),
        ("/process-instance/{instance_id}", instances, "one"),
        ("/process-instance/{instance_id}/activity-instances", instances, "activity_instances"),
        ("/process-instance/{instance_id}/suspended", instances, "suspended"),
    ]
