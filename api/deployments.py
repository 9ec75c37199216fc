"""/deployment: files in, versions out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon
import falcon.asgi

from api import representations
from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, MICROS, NAME_LENGTH, TEXT, Filters, TooLarge
from api.routing import Parts, Route
from engine import definitions, deployment_removal, deployments
from engine.context import CommandContext
from engine.deployment_queries import DEPLOYMENTS, DeploymentQuery
from engine.errors import InvalidRequest, NotFound

# What the multipart body of the Modeler names besides files.
NAME, SOURCE = "deployment-name", "deployment-source"
FILTERING, CHANGED_ONLY = "enable-duplicate-filtering", "deploy-changed-only"
FIELDS = frozenset({NAME, SOURCE, FILTERING, CHANGED_ONLY, "tenant-id", "deployment-activation-time"})


FILTERS: Filters = {
    "id": ("id", TEXT),
    "name": ("name", TEXT),
    "nameLike": ("name_like", TEXT),
    "source": ("source", TEXT),
    "withoutSource": ("without_source", BOOLEAN),
    "after": ("after", MICROS),
    "before": ("before", MICROS),
}
LISTING = Listing.of(DEPLOYMENTS, DeploymentQuery, FILTERS, lambda _ctx, one: representations.deployment(one))


class Deployments(Listed):
    """Deployments and the files that they brought."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_post_create(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Deploys diagrams, tables and forms together, or nothing; warnings come with the answer."""
        fields, files = await _parts(req, most=self.commands.engine.settings.limits.upload_bytes)
        made = await self.commands.run(
            actor_of(req),
            deployments.create,
            name=fields.get(NAME) or "deployment",
            resources=files,
            source=fields.get(SOURCE),
            duplicate_filtering=_flag(fields, FILTERING),
            changed_only=_flag(fields, CHANGED_ONLY),
        )
        resp.media = representations.new_deployment(made)
        if made.proposal_id is not None:  # not in force: a second person decides (four eyes)
            resp.media["proposalId"] = made.proposal_id

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, deployment_id: str) -> None:
        """Removes a deployment to which nothing refers."""
        await self.commands.run(actor_of(req), deployment_removal.remove, deployment_id)
        no_content(resp)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, deployment_id: str) -> None:
        """One deployment."""
        found = await self.commands.read(actor_of(req), deployments.get, deployment_id)
        resp.media = representations.deployment(found)

    async def on_get_resources(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, deployment_id: str) -> None:
        """The files of a deployment."""
        resp.media = await self.commands.read(actor_of(req), _resources, deployment_id)

    async def on_get_resource(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, deployment_id: str, resource_id: str
    ) -> None:
        """One file of a deployment, without its content."""
        listed = await self.commands.read(actor_of(req), _resources, deployment_id)
        resp.media = _named(listed, resource_id)

    async def on_get_data(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, deployment_id: str, resource_id: str
    ) -> None:
        """The content of a file, byte for byte as it was uploaded."""
        name, body = await self.commands.read(actor_of(req), _data, deployment_id, resource_id)
        resp.content_type = falcon.MEDIA_JSON if name.endswith(".form") else "application/octet-stream"
        resp.set_header("Content-Disposition", f"attachment; filename={_plain(name)}")
        resp.data = body


async def _parts(req: falcon.asgi.Request, *, most: int) -> tuple[dict[str, str], dict[str, bytes]]:
    """Returns the named fields and the files of the multipart body."""
    if not (req.content_type or "").startswith(falcon.MEDIA_MULTIPART):
        raise InvalidRequest("a deployment is sent as multipart/form-data")
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    size = 0
    async for part in await req.get_media():
        if part.filename:
            body = files[_file_name(part.filename)] = await part.get_data()
            size += len(body)
            if size > most:
                raise TooLarge(f"a deployment has at most {most} bytes")
        elif part.name in FIELDS:
            fields[part.name] = (await part.get_data()).decode(errors="replace")[:255]
        else:
            raise InvalidRequest("a part of the deployment is neither a known field nor a file with a name")
    return fields, files


def _file_name(name: str) -> str:
    if len(name) > NAME_LENGTH or "\x00" in name:
        raise InvalidRequest(f"the name of a file has at most {NAME_LENGTH} characters")
    return name


def _flag(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "false").strip().lower() == "true"


def _resources(ctx: CommandContext, deployment_id: str) -> list[dict[str, Any]]:
    deployments.get(ctx, deployment_id)
    return [
        {"id": resource_id, "name": name, "deploymentId": deployment_id}
        for resource_id, name in deployments.resources_of(ctx, deployment_id)
    ]


def _named(listed: list[dict[str, Any]], resource_id: str) -> dict[str, Any]:
    found = next((one for one in listed if one["id"] == resource_id), None)
    if found is None:
        raise NotFound(f"the deployment has no resource {resource_id}")
    return found


def _data(ctx: CommandContext, deployment_id: str, resource_id: str) -> tuple[str, bytes]:
    found = _named(_resources(ctx, deployment_id), resource_id)
    return found["name"], definitions.body_of(ctx, resource_id)


def _plain(name: str) -> str:
    """A file name for a header: letters, digits and dots of its last part."""
    last = name.rsplit("/", 1)[-1]
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in last)[:100]


def rest_routes(parts: Parts) -> Iterable[Route]:
    deployed = Deployments(parts.commands)
    return [
        ("/deployment", deployed, None),
        ("/deployment/count", deployed, "count"),
        ("/deployment/create", deployed, "create"),
        ("/deployment/{deployment_id}", deployed, "one"),
        ("/deployment/{deployment_id}/resources", deployed, "resources"),
        ("/deployment/{deployment_id}/resources/{resource_id}", deployed, "resource"),
        ("/deployment/{deployment_id}/resources/{resource_id}/data", deployed, "data"),
    ]
