"""/metrics: what the process does and what waits, for Prometheus. Labels name routes and kinds, never a case or person.

Requests are counted over all worker processes of one server, whichever of them answers (`api/metric_files.py`); servers
on several hosts are scraped one by one. What waits is read from the database at each scrape, the same by all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import falcon.asgi
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.pool import QueuePool

from api import metric_files
from api.commands import Commands, Resource, actor_of
from engine import authorizations, models
from engine.context import CommandContext
from engine.process_engine import ProcessEngine
from engine.releases import outside_sandboxes

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
UNROUTED = "unrouted"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WAITING: Mapping[str, str] = {
    "marque_jobs_due": "Jobs that should have run by now.",
    "marque_jobs_failed": "Jobs without retries left.",
    "marque_incidents_open": "Incidents that nobody resolved.",
    "marque_deadlines_breached": "Deadlines that are breached and still run.",
}


class Measurements:
    """The numbers of one server; as middleware it counts each request of this process."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._folder = metric_files.choose_values()
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("marque_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "marque_request_seconds",
            "Time to the answer.",
            labels[:2],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._pool = Gauge(
            "marque_pool_connections",
            "Database connections.",
            ["state"],
            registry=self.registry,
            multiprocess_mode="livesum",
        )

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        method = req.method if req.method in METHODS else "other"
        route = req.uri_template or UNROUTED
        self._requests.labels(method, route, str(resp.status_code)).inc()
        self._seconds.labels(method, route).observe(time.perf_counter() - req.context.started)
        self._look_at_pool()

    def _look_at_pool(self) -> None:
        """After each answer, for another process may be asked how many connections this one holds."""
        pool = self._engine.database.engine.pool
        if isinstance(pool, QueuePool):
            self._pool.labels("in_use").set(pool.checkedout())
            self._pool.labels("idle").set(pool.checkedin())

    def text(self, waiting: Mapping[str, int]) -> bytes:
        """Returns the exposition with these counts of what waits."""
        self._look_at_pool()
        counted = self.registry if self._folder is None else metric_files.summed(self._folder)
        return generate_latest(counted) + generate_latest(_gauges(waiting))


def _gauges(waiting: Mapping[str, int]) -> CollectorRegistry:
    """Returns what was read just now. It belongs to no process: kept with the rest, each would add its own reading."""
    registry = CollectorRegistry()
    for name, count in waiting.items():
        registry.register(Reading(name, count))
    return registry


@dataclass(frozen=True, slots=True)
class Reading:
    """One number for one exposition."""

    name: str
    count: int

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(self.name, WAITING[self.name], self.count)


class Exposition(Resource):
    """The page that Prometheus reads, with a token of somebody who may."""

    def __init__(self, commands: Commands, measurements: Measurements) -> None:
        super().__init__(commands)
        self._measurements = measurements

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        found = await self.commands.read(actor_of(req), waiting)
        resp.content_type = CONTENT_TYPE_LATEST
        resp.data = self._measurements.text(found)


def waiting(ctx: CommandContext) -> dict[str, int]:
    """Returns how much waits, by metric. Trials of proposals are not waited for."""
    authorizations.require(ctx, "Metrics", "read")
    job, incident, deadline = models.job.c, models.incident.c, models.deadline.c
    conditions: dict[str, tuple[ColumnElement[bool], ColumnElement[str]]] = {
        "marque_jobs_due": (
            (job.retries > 0) & (job.due_at <= ctx.now_micros) & job.suspended.is_(False),
            job.root_id,
        ),
        "marque_jobs_failed": (job.retries == 0, job.root_id),
        "marque_incidents_open": (incident.resolved_at.is_(None), incident.root_id),
        "marque_deadlines_breached": (deadline.state == "breached_open", deadline.root_id),
    }
    return {name: _count(ctx, condition, root_id) for name, (condition, root_id) in conditions.items()}


def _count(ctx: CommandContext, condition: ColumnElement[bool], root_id: ColumnElement[str]) -> int:
    query = select(func.count()).where(condition, outside_sandboxes(root_id))
    return int(ctx.connection.execute(query).scalar_one())
