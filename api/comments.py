"""/task/{id}/comment: what people write beside a task, shown as the reader may see personal text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api import readings
from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.times import write_micros
from api.typed_values import write_json
from api.user_tasks import readable
from engine import comments
from engine.comments import Comment
from engine.context import CommandContext


class Comments(Resource):
    """The comments on one task."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """The comments of a task."""
        found = await self.commands.read(actor_of(req), _of_task, task_id)
        resp.media = [await self._shown(req, one) for one in found]

    async def on_get_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, comment_id: str
    ) -> None:
        """One comment of a task."""
        resp.media = await self._shown(req, await self.commands.read(actor_of(req), _one, task_id, comment_id))

    async def on_post_create(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Writes a comment on a task; its text goes into the vault."""
        message = Parameters(await read_body(req)).required("message")
        resp.media = await self._shown(req, await self.commands.run(actor_of(req), comments.write, task_id, message))

    async def _shown(self, req: falcon.asgi.Request, comment: Comment) -> dict[str, Any]:
        """CommentDto."""
        seen = await readings.shown(self.commands, actor_of(req), comment.root_id, {"text": comment.text})
        return {
            "links": [],
            "id": comment.id,
            "userId": comment.by,
            "taskId": comment.task_id,
            "processInstanceId": comment.root_id,
            "time": write_micros(comment.at),
            "message": write_json(seen["text"]),
            "removalTime": None,
            "rootProcessInstanceId": comment.root_id,
        }


def _of_task(ctx: CommandContext, task_id: str) -> list[Comment]:
    return comments.of_task(ctx, readable(ctx, task_id).id)


def _one(ctx: CommandContext, task_id: str, comment_id: str) -> Comment:
    return comments.get(ctx, readable(ctx, task_id).id, comment_id)


def rest_routes(parts: Parts) -> Iterable[Route]:
    comment = Comments(parts.commands)
    return [
        ("/task/{task_id}/comment", comment, None),
        ("/task/{task_id}/comment/create", comment, "create"),
        ("/task/{task_id}/comment/{comment_id}", comment, "one"),
    ]
