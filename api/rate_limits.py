"""Bounds on how often somebody asks: a bucket of tokens per user, and one per address for log-ins.

A password that comes with every request (HTTP Basic) counts as a log-in of its address while it is being checked, and
for good if it is wrong: whoever tries one password on many accounts meets the same bound, and a program that logs in
rightly never does.

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
LOG_INS = frozenset(
    {
        "/api/session",
        "/api/password",
        "/engine-rest/identity/verify",
        "/engine-rest/engine/default/identity/verify",
    }
)


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

    def give_back(self, key: str) -> None:
        """Returns a token that was taken for what turned out to need none."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is not None:
                bucket.tokens = min(self._burst, bucket.tokens + 1)


class LogIns:
    """How many passwords one address may try."""

    def __init__(self, settings: Settings) -> None:
        per_minute = settings.log_ins_per_minute
        self._addresses = Buckets(per_second=per_minute / 60, burst=per_minute)

    def count(self, address: str) -> None:
        """Counts a password before it is looked at; raises TooManyRequests."""
        _require(self._addresses.take(address), "too many log-ins from this address")

    def forgive(self, address: str) -> None:
        """Takes back what was counted, because the password was right."""
        self._addresses.give_back(address)


class RateLimits:
    """Middleware: log-ins are bounded before the password is looked at, everything else once it is known who asks."""

    def __init__(self, settings: Settings, log_ins: LogIns) -> None:
        rate = settings.requests_per_second
        self._users = Buckets(per_second=rate, burst=rate * BURST_SECONDS)
        self._log_ins = log_ins

    async def process_request(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        if req.method == "POST" and req.path.rstrip("/") in LOG_INS:
            self._log_ins.count(req.remote_addr)

    async def process_resource(
        self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        actor = getattr(req.context, "actor", None)
        if actor is not None:
            _require(self._users.take(actor.user_id), "too many requests")


def _require(wait: int | None, message: str) -> None:
    if wait is not None:
        raise TooManyRequests(f"{message}; try again in {wait} s", retry_after=wait)
