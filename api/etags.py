"""Live pages without a channel of their own: they ask again, and what did not change is answered with 304."""

from __future__ import annotations

import hashlib
from typing import Any

import falcon
import falcon.asgi

from engine.values import dump


def unchanged(req: falcon.asgi.Request, resp: falcon.asgi.Response, told: Any) -> bool:
    """Names the state of what is asked for; answers 304 and returns True if the asker has seen it already.

    `told` is JSON-able and differs whenever the answer would. It may hold references instead of personal values, so
    that asking again neither decrypts nor records anything.
    """
    etag = f'"{hashlib.sha256(dump([told, req.context.actor.user_id])).hexdigest()[:32]}"'
    resp.set_header("ETag", etag)
    resp.set_header("Cache-Control", "private, no-cache")
    if etag not in (req.get_header("If-None-Match") or ""):
        return False
    resp.status = falcon.HTTP_304
    return True
