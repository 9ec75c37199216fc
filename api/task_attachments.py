"""/task/{id}/attachment: files of a task, uploaded as multipart/form-data, kept like all files of its case."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from api import readings
from api.attachments import Attachments
from api.commands import actor_of
from api.routing import Parts, Route
from api.times import write_micros
from api.typed_values import write_json
from api.user_tasks import readable
from crm import task_attachments
from crm.task_attachments import TaskAttachment
from engine.context import CommandContext
from engine.errors import InvalidRequest

TEXTS = {"attachment-name": "name", "attachment-description": "description"}
TEXT_BYTES = 4_000


class TaskAttachments(Attachments):
    """The files of one task."""

    async def on_get_task(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """The attachments of a task."""
        found = await self.commands.read(actor_of(req), _of_task, task_id)
        resp.media = [await self._shown(req, one) for one in found]

    async def on_post_create(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Attaches a file to a task."""
        body, texts = await _parts(req)
        root_id = await self.commands.read(actor_of(req), _root, task_id)
        add = partial(
            task_attachments.add, task_id=task_id, name=texts.get("name"), description=texts.get("description")
        )
        made = await self.keep(req, root_id, [body], add)
        resp.media = await self._shown(req, made)

    async def on_get_task_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, attachment_id: str
    ) -> None:
        """One attachment of a task, without its content."""
        resp.media = await self._shown(req, await self.commands.read(actor_of(req), _one, task_id, attachment_id))

    async def on_get_data(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, attachment_id: str
    ) -> None:
        """The content of an attachment of a task, as a download."""
        await self.commands.read(actor_of(req), _one, task_id, attachment_id)
        await self.on_get_one(req, resp, attachment_id)

    async def _shown(self, req: falcon.asgi.Request, one: TaskAttachment) -> dict[str, Any]:
        """AttachmentDto."""
        root_id = one.file.process_instance_id
        labels = {"name": one.name, "description": one.description}
        seen = await readings.shown(self.commands, actor_of(req), root_id, labels)
        return {
            "links": [],
            "id": one.file.id,
            "name": write_json(seen["name"]),
            "description": write_json(seen["description"]),
            "taskId": one.task_id,
            "type": one.file.type,
            "url": None,
            "createTime": write_micros(one.at),
            "removalTime": None,
            "rootProcessInstanceId": root_id,
        }


async def _parts(req: falcon.asgi.Request) -> tuple[bytes, dict[str, str]]:
    """Returns the file and the texts of the upload; an address in its place is refused, for it would not be kept."""
    if not (req.content_type or "").startswith(falcon.MEDIA_MULTIPART):
        raise InvalidRequest("an attachment is sent as multipart/form-data with the part content")
    body: bytes | None = None
    texts: dict[str, str] = {}
    async for part in await req.get_media():
        if part.name == "content":
            body = await part.get_data()
        elif part.name in TEXTS:
            texts[TEXTS[part.name]] = (await part.get_data())[:TEXT_BYTES].decode(errors="replace")
    if body is None:
        raise InvalidRequest("the part content is missing: an attachment is a file, an address alone is not kept")
    return body, texts


def _root(ctx: CommandContext, task_id: str) -> str:
    return readable(ctx, task_id).root_id


def _of_task(ctx: CommandContext, task_id: str) -> list[TaskAttachment]:
    return task_attachments.of_task(ctx, readable(ctx, task_id))


def _one(ctx: CommandContext, task_id: str, attachment_id: str) -> TaskAttachment:
    return task_attachments.get(ctx, readable(ctx, task_id), attachment_id)


def rest_routes(parts: Parts) -> Iterable[Route]:
    files = TaskAttachments(parts.commands, parts.keystore)
    return [
        ("/task/{task_id}/attachment", files, "task"),
        ("/task/{task_id}/attachment/create", files, "create"),
        ("/task/{task_id}/attachment/{attachment_id}", files, "task_one"),
        ("/task/{task_id}/attachment/{attachment_id}/data", files, "data"),
    ]
