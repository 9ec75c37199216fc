"""What happens to every request: an id, the bounds of its body, who sent it, safe headers, one line in the log."""

from __future__ import annotations

import logging
import re
import time
from typing import Any

import falcon.asgi

from api import permissions
from api.access_log import AccessLog
from api.params import TooLarge
from api.prometheus import Measurements
from api.rate_limits import RateLimits
from api.security import Doorkeeper, require_same_site, require_writable
from engine.access_matrix import matrix
from engine.errors import InvalidRequest
from engine.ids import new_id
from engine.settings import Limits, Settings

log = logging.getLogger("marque.access")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
ANSWERS_OF_RESOURCES = ("/api/", "/engine-rest/")
# Deployments bring many files at once and attachments are photographs; both read their bodies with bounds of their own.
LARGE_BODIES = ("/api/attachments", "/deployment/create")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class RequestLine:
    """Gives each request an id and writes one line about it: no query values, no bodies, no names."""

    async def process_request(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        given = req.get_header("X-Request-Id") or ""
        req.context.request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        req.context.started = time.perf_counter()

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        resp.set_header("X-Request-Id", req.context.request_id)
        actor = getattr(req.context, "actor", None)
        log.info(
            "request",
            extra={
                "request": req.context.request_id,
                "method": req.method,
                "path": req.uri_template or req.path.split("/")[1][:40],
                "status": resp.status_code,
                "actor": actor.user_id if actor else None,
                "ms": round((time.perf_counter() - req.context.started) * 1000, 1),
            },
        )


class SafeHeaders:
    """Headers without which a browser would trust a page or an answer more than it should."""

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        for name, value in HEADERS.items():
            if resp.get_header(name) is None:
                resp.set_header(name, value)
        if req.path.startswith(ANSWERS_OF_RESOURCES) and resp.get_header("Cache-Control") is None:
            resp.set_header("Cache-Control", "no-store")


class Bounds:
    """Refuses a body that says it is too large before a byte of it is read, and a path that no database can keep."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def process_request(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        if "\x00" in req.path:
            raise InvalidRequest("the path holds the character U+0000")
        req.context.body_bytes = self._limits.body_bytes
        large = req.path.endswith(LARGE_BODIES)
        limit = self._limits.upload_bytes if large else self._limits.body_bytes
        if (req.content_length or 0) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")


class Identity:
    """Finds out who asks, and whether they may ask this at all, before any resource is reached. Every routed resource
    needs somebody unless it says itself that it is public: a check of the path could be walked around by another
    spelling of it."""

    def __init__(self, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._doorkeeper = doorkeeper
        self._settings = settings

    async def process_resource(
        self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, resource: object, _params: dict[str, Any]
    ) -> None:
        if getattr(resource, "public", False):
            return
        visitor = await self._doorkeeper.identify(req)
        req.context.actor, req.context.visitor = visitor.actor, visitor
        require_same_site(req, visitor)
        require_writable(req, visitor)
        permissions.require(matrix(self._settings.rules), visitor.actor, req.uri_template or "", req.method)


def components(doorkeeper: Doorkeeper, measurements: Measurements, log: AccessLog, settings: Settings) -> list[Any]:
    """Returns the middleware in order: the first one sees the request first and the answer last."""
    limits = RateLimits(settings, doorkeeper.log_ins)
    who = Identity(doorkeeper, settings)
    return [RequestLine(), measurements, SafeHeaders(), log, Bounds(settings.limits), who, limits]
