"""Bounds on how often somebody asks: a bucket of tokens per user, and one per address for log-ins.

The buckets are those of this process, and generous: they stop a program that runs wild and whoever tries passwords,
not a busy person. Behind a proxy all log-ins come from its address; then MARQUE_LOG_INS_PER_MINUTE is the house's.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import falcon.asgi

from engine.errors import MarqueError
from engine.settings import Settings

MAX_BUCKETS = 10_000
BURST_SECONDS = 10
LOG_INS = frozenset({"/api/session", "/engine-rest/identity/verify", "/engine-rest/engine/default/identity/verify"})


class TooManyRequests(MarqueError):
    """Somebody asks too often; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """Token buckets by key: `per_second` tokens flow in, up to `burst`. The least used ones are forgotten, full."""

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> int | None:
        """Takes a token; returns None, or after how many seconds there will be one."""
        with self._lock:
            now = self._now()
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
            bucket.at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return None
            return math.ceil((1 - bucket.tokens) / self._per_second)


class RateLimits:
    """Middleware: log-ins are bounded before the password is looked at, everything else once it is known who asks."""

    def __init__(self, settings: Settings) -> None:
        rate = settings.requests_per_second
        self._users = Buckets(per_second=rate, burst=rate * BURST_SECONDS)
        log_ins = settings.log_ins_per_minute
        self._addresses = Buckets(per_second=log_ins / 60, burst=log_ins)

    async def process_request(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        if req.method == "POST" and req.path.rstrip("/") in LOG_INS:
            _require(self._addresses.take(req.remote_addr), "too many log-ins from this address")

    async def process_resource(
        self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        actor = getattr(req.context, "actor", None)
        if actor is not None:
            _require(self._users.take(actor.user_id), "too many requests")


def _require(wait: int | None, message: str) -> None:
    if wait is not None:
        raise TooManyRequests(f"{message}; try again in {wait} s", retry_after=wait)
