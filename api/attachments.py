"""/api/attachments: files of a case, encrypted at rest; downloaded, never shown as a page of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import falcon
import falcon.asgi

from api.commands import Commands, Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from crm import access, attachments
from crm.attachments import PIECE, Attachment, AttachmentStore, StoredFile
from crm.keystore import KeyStore
from engine import authorizations, history, process_instances
from engine.clock import Clock
from engine.context import Actor, CommandContext
from engine.errors import Conflict, Forbidden

Made = TypeVar("Made")


class Attachments(Resource):
    """Uploads to a case and downloads from it."""

    def __init__(self, commands: Commands, keystore: KeyStore) -> None:
        super().__init__(commands)
        self._keystore = keystore
        self._store = AttachmentStore(commands.engine.settings.attachments, keystore)

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Uploads a file; answers its hash."""
        instance_id = Parameters.of_query(req).required("processInstanceId")
        root_id = await self.commands.read(actor_of(req), _root, instance_id)
        add = partial(attachments.add, process_instance_id=root_id)
        made = await self.keep(req, root_id, arriving(req), add)
        resp.status = falcon.HTTP_201
        resp.media = made.reference

    async def keep(
        self,
        req: falcon.asgi.Request,
        instance_id: str,
        chunks: Iterable[bytes],
        add: Callable[[CommandContext, StoredFile], Made],
    ) -> Made:
        """Encrypts a file into the folder and makes its row by `add`; without a row there is no file either.

        It is encrypted as it arrives, on a thread of its own: a slow sender holds no thread that commands run on.
        """
        subject, _ = await self.commands.read(actor_of(req), _subject, instance_id)
        stored = await asyncio.to_thread(self._encrypt, subject, chunks, self.commands.engine.clock)
        return await self.commands.call(partial(self._add, actor_of(req), add, stored))

    def _add(self, actor: Actor, add: Callable[[CommandContext, StoredFile], Made], stored: StoredFile) -> Made:
        """Makes the row. On the thread of the command, because the sender may have been told by then that it takes
        too long: the file goes only if the command failed."""
        try:
            return self.commands.engine.run(actor, add, stored)
        except Exception:
            # Whatever it was: without its row nobody could ever find the file again, not even to erase it.
            self._store.remove(stored.stored_sha256)
            raise

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, attachment_id: str) -> None:
        """Downloads a file."""
        await self._send(req, resp, attachment_id)

    async def on_post_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, attachment_id: str) -> None:
        """The same for who sees the case only with a reason, which is kept with the record of the reading."""
        reason = access.require_reason(Parameters(await read_body(req)).text("reason"))
        await self._send(req, resp, attachment_id, reason)

    async def _send(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, attachment_id: str, reason: str | None = None
    ) -> None:
        found, pieces = await self.commands.read(actor_of(req), self._read, attachment_id, reason)
        await self.commands.run(actor_of(req), _record_reading, found, reason)
        resp.content_type = found.type
        resp.set_header("Content-Disposition", f"attachment; filename={found.id}{SUFFIXES.get(found.type, '')}")
        resp.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        resp.set_stream(self._sent(pieces), found.size)

    async def _sent(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        while piece := await self.commands.call(partial(next, pieces, b"")):
            yield piece

    def _encrypt(self, subject: str, chunks: Iterable[bytes], clock: Clock) -> attachments.StoredFile:
        return self._store.store(self._keystore.key_for(subject, clock.now()), chunks)

    def _read(self, ctx: CommandContext, attachment_id: str, reason: str | None) -> tuple[Attachment, Iterator[bytes]]:
        """A file may hold anything, as free text may: who may not see the free text of a case does not see its files,
        but for the one who brought it."""
        found = attachments.get(ctx, attachment_id)
        authorizations.require_instance(ctx, found.process_instance_id)
        seen = access.sight(ctx, found.process_instance_id, reason=reason).clear
        if "FREE" not in seen and found.created_by != ctx.actor.user_id:
            raise Forbidden(
                f"user {ctx.actor.user_id} may not read attachments of process instance {found.process_instance_id}",
                user_id=ctx.actor.user_id,
                resource=f"Attachment {found.id}",
                operation="read",
            )
        return found, self._store.read(ctx, found)


def arriving(req: falcon.asgi.Request) -> Iterator[bytes]:
    """Yields the body of a request as it arrives, on another thread than that of the loop."""
    known: bytes | None = getattr(req.context, "body", None)  # read already, to compare it with an earlier request
    if known is not None:
        return iter((known,))
    loop = asyncio.get_running_loop()

    def received() -> bytes:
        return asyncio.run_coroutine_threadsafe(req.stream.read(PIECE), loop).result()

    return iter(received, b"")


def _record_reading(ctx: CommandContext, found: Attachment, reason: str | None) -> None:
    """Records that a file is shown, before it is: a photograph may show a person or a number plate."""
    event: dict[str, Any] = {"case": found.process_instance_id, "attachment": found.id, "sha256": found.sha256}
    if reason is not None:
        event["reason"] = access.keep_reason(ctx, found.process_instance_id, reason)
    history.record(ctx, access.access_chain(found.process_instance_id), "attachmentRead", event)


SUFFIXES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
}


def _root(ctx: CommandContext, instance_id: str) -> str:
    return _subject(ctx, instance_id)[1]


def _subject(ctx: CommandContext, instance_id: str) -> tuple[str, str]:
    """Returns whose key encrypts the file (the customer's, else the case's) and the root of the case."""
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    root = row if row.id == row.root_id else process_instances.get(ctx, row.root_id)
    if root.ended_at is not None:
        raise Conflict(f"process instance {root.id} is over; nothing can be added")
    return (f"customer:{root.customer_ref}" if root.customer_ref else f"case:{root.id}"), root.id


def own_routes(parts: Parts) -> Iterable[Route]:
    files = Attachments(parts.commands, parts.keystore)
    return [
        ("/api/attachments", files, None),
        ("/api/attachments/{attachment_id}", files, "one"),
    ]
