"""/user, /group, /authorization, /filter: who there is and what the asker may do, as far as clients look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters
from api.routing import Parts, Route
from engine import authorizations, users
from engine.context import CommandContext
from engine.errors import NotFound
from engine.users import User

# Names of Camunda's resources and permissions -> ours; what stands in neither is nobody's.
OPERATIONS = {
    "READ": "read",
    "CREATE": "create",
    "DELETE": "delete",
    "UPDATE": "write",
    "CREATE_INSTANCE": "start",
    "READ_INSTANCE": "read_any",
    "UPDATE_INSTANCE": "modify",
}
RESOURCES = {
    "deployment": "Deployment",
    "process definition": "ProcessDefinition",
    "process instance": "ProcessInstance",
    "decision definition": "DecisionDefinition",
    "task": "Task",
    "user": "User",
    "group": "User",
    "authorization": "User",
}
RESOURCE_TYPES = {
    "1": "User",
    "2": "User",
    "6": "ProcessDefinition",
    "7": "Task",
    "8": "ProcessInstance",
    "9": "Deployment",
    "10": "DecisionDefinition",
}


class Users(Resource):
    """Users, for who may read them; everybody else sees the own entry."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Users, for who may read them; everybody else sees the own entry."""
        parameters = Parameters.of_query(req)
        first, limit = parameters.page()
        found = await self.commands.read(actor_of(req), _users, parameters)
        resp.media = [_user(user) for user in found[first : first + limit]]

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Counts users, for who may read them."""
        resp.media = {"count": len(await self.commands.read(actor_of(req), _users, Parameters.of_query(req)))}


class Groups(Resource):
    """Groups are the roles of the access matrix."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Roles as groups."""
        parameters = Parameters.of_query(req)
        first, limit = parameters.page()
        found = await self.commands.read(actor_of(req), _groups, parameters)
        resp.media = found[first : first + limit]

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Counts roles."""
        resp.media = {"count": len(await self.commands.read(actor_of(req), _groups, Parameters.of_query(req)))}

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, group_id: str) -> None:
        """One role as a group."""
        found = await self.commands.read(actor_of(req), _groups, Parameters({"id": group_id}))
        if not found:
            raise NotFound("there is no such group")
        resp.media = found[0]


class Authorizations(Resource):
    """What the asker may do. Rights stand in the access matrix and are written nowhere else, so none is listed."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The rights of the asker."""
        resp.media = []

    async def on_get_count(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Counts the rights of the asker."""
        resp.media = {"count": 0}

    async def on_get_check(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Tells whether the asker has one right."""
        resp.media = await self.commands.read(actor_of(req), _checked, Parameters.of_query(req))


class TaskFilters(Resource):
    """Stored filters of task lists: the pages here have views of their own, so there is none."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Stored filters of tasks: there are none."""
        resp.media = []

    async def on_get_count(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Counts stored filters of tasks."""
        resp.media = {"count": 0}


def _users(ctx: CommandContext, parameters: Parameters) -> list[User]:
    found = users.listed(ctx)
    if not authorizations.may(ctx, "User", "read"):
        found = [user for user in found if user.id == ctx.actor.user_id]
    wanted, among, role = parameters.text("id"), parameters.texts("idIn"), parameters.text("memberOfGroup")
    return [
        user
        for user in found
        if wanted in {None, user.id} and (among is None or user.id in among) and (role is None or role in user.roles)
    ]


def _user(user: User) -> dict[str, Any]:
    """UserProfileDto."""
    return {"id": user.id, "firstName": user.name, "lastName": None, "email": None}


def _groups(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    wanted, among, member = parameters.text("id"), parameters.texts("idIn"), parameters.text("member")
    held = None if member is None else {role for user in users.listed(ctx) if user.id == member for role in user.roles}
    return [
        {"id": code, "name": name[0], "type": "WORKFLOW"}
        for code, name in sorted(users.role_names(ctx).items())
        if wanted in {None, code} and (among is None or code in among) and (held is None or code in held)
    ]


def _checked(ctx: CommandContext, parameters: Parameters) -> dict[str, Any]:
    permission, resource = parameters.required("permissionName"), parameters.required("resourceName")
    kind = RESOURCE_TYPES.get(str(parameters.raw("resourceType"))) or RESOURCES.get(resource.lower(), resource)
    operation = OPERATIONS.get(permission.upper(), permission.lower())
    return {
        "permissionName": permission,
        "resourceName": resource,
        "resourceId": parameters.text("resourceId"),
        "authorized": authorizations.may(ctx, kind, operation),
    }


def rest_routes(parts: Parts) -> Iterable[Route]:
    user, group = Users(parts.commands), Groups(parts.commands)
    rights, filters = Authorizations(parts.commands), TaskFilters(parts.commands)
    return [
        ("/user", user, None),
        ("/user/count", user, "count"),
        ("/group", group, None),
        ("/group/count", group, "count"),
        ("/group/{group_id}", group, "one"),
        ("/authorization", rights, None),
        ("/authorization/count", rights, "count"),
        ("/authorization/check", rights, "check"),
        ("/filter", filters, None),
        ("/filter/count", filters, "count"),
    ]
