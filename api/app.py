"""The application: its middleware, its areas and what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import falcon
import falcon.asgi
from falcon.media import JSONHandler, MultipartFormHandler

from api import (
    absences,
    access_log,
    ad_hoc_activities,
    attachments,
    audit,
    batches,
    calendars,
    cases,
    checks,
    clock,
    comments,
    conditions,
    decision_definitions,
    decisions,
    deployments,
    evaluations,
    event_subscriptions,
    executions,
    external_tasks,
    feel,
    health,
    history,
    history_logs,
    identity,
    inbox,
    incidents,
    job_definitions,
    jobs,
    messages,
    metrics,
    migration,
    modification,
    openapi,
    passwords,
    people,
    process_definitions,
    process_instances,
    process_statistics,
    releases,
    searches,
    sessions,
    starts,
    task_attachments,
    tokens,
    tracing,
    user_operations,
    user_tasks,
    variables,
    web,
)
from api.errors import add_error_handlers
from api.idempotency import Idempotency
from api.middleware import components
from api.prometheus import Exposition, Measurements
from api.routing import Parts, Route
from api.time_limits import BoundedApp
from engine.process_engine import ProcessEngine
from engine.values import dump, load

# A client that names its engine in the path means the only one there is.
REST_PREFIXES = ("/engine-rest", "/engine-rest/engine/default")
Area = Callable[[Parts], Iterable[Route]]
# Camunda 7's contract: paths below each of the prefixes.
REST_AREAS: tuple[Area, ...] = (
    identity.rest_routes,
    deployments.rest_routes,
    process_definitions.rest_routes,
    migration.rest_routes,
    modification.rest_routes,
    batches.rest_routes,
    process_instances.rest_routes,
    executions.rest_routes,
    user_tasks.rest_routes,
    task_attachments.rest_routes,
    comments.rest_routes,
    variables.rest_routes,
    external_tasks.rest_routes,
    messages.rest_routes,
    conditions.rest_routes,
    event_subscriptions.rest_routes,
    jobs.rest_routes,
    job_definitions.rest_routes,
    incidents.rest_routes,
    decision_definitions.rest_routes,
    metrics.rest_routes,
    people.rest_routes,
    history.rest_routes,
    history_logs.rest_routes,
    user_operations.rest_routes,
)
# What Camunda does not have, in the same manners.
OWN_AREAS: tuple[Area, ...] = (
    health.own_routes,
    sessions.own_routes,
    passwords.own_routes,
    tokens.own_routes,
    absences.own_routes,
    inbox.own_routes,
    ad_hoc_activities.own_routes,
    cases.own_routes,
    decisions.own_routes,
    checks.own_routes,
    feel.own_routes,
    process_statistics.own_routes,
    searches.own_routes,
    starts.own_routes,
    attachments.own_routes,
    evaluations.own_routes,
    calendars.own_routes,
    migration.own_routes,
    audit.own_routes,
    access_log.own_routes,
    releases.own_routes,
    clock.own_routes,
)


def create_app(engine: ProcessEngine, *, run_jobs: bool | None = None) -> falcon.asgi.App[Any, Any]:
    """Returns the ASGI application of an engine.

    `run_jobs` starts the job executor with it: by default where this is the only process.
    """
    parts = Parts.of(engine, run_jobs=_runs_jobs(engine) if run_jobs is None else run_jobs)
    commands, measurements = parts.commands, Measurements(engine)
    log = access_log.AccessLog(commands)
    asked = [*tracing.components(engine.settings), *components(parts.doorkeeper, measurements, log, engine.settings)]
    app = BoundedApp(
        body_seconds=engine.settings.upload_seconds,
        middleware=[*asked, Idempotency(commands), parts.executor, parts.waiters],
    )
    app.on_leaving.append(parts.waiters.leave)
    _configure(app, engine)
    rest = rest_routes(parts)
    own = [*own_routes(parts), ("/metrics", Exposition(commands, measurements), None)]
    own += openapi.routes(commands, [*((REST_PREFIXES[0] + path, one, suffix) for path, one, suffix in rest), *own])
    for path, resource, suffix in rest:
        for prefix in REST_PREFIXES:
            app.add_route(prefix + path, resource, suffix=suffix)
    for path, resource, suffix in own:
        app.add_route(path, resource, suffix=suffix)
    app.add_sink(web.Pages(commands), prefix="/")
    add_error_handlers(app)
    return app


def _runs_jobs(engine: ProcessEngine) -> bool:
    """On SQLite, and with a virtual clock, there is no other process that could run them (`marque work`)."""
    return engine.settings.is_sqlite or engine.settings.virtual_clock


def rest_routes(parts: Parts) -> list[Route]:
    """Returns the routes of Camunda 7's contract, without a prefix."""
    return [route for area in REST_AREAS for route in area(parts)]


def own_routes(parts: Parts) -> list[Route]:
    """Returns the routes of what Camunda does not have."""
    return [route for area in OWN_AREAS for route in area(parts)]


def _configure(app: falcon.asgi.App[Any, Any], engine: ProcessEngine) -> None:
    """JSON with exact decimals and the content type exactly `application/json`; uploads within bounds."""
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=dump, loads=load)
    app.resp_options.default_media_type = falcon.MEDIA_JSON
    app.req_options.strip_url_path_trailing_slash = True
    multipart = MultipartFormHandler()
    multipart.parse_options.max_body_part_buffer_size = engine.settings.limits.resource_bytes + 1
    multipart.parse_options.max_body_part_count = engine.settings.limits.upload_files + len(deployments.FIELDS)
    app.req_options.media_handlers[falcon.MEDIA_MULTIPART] = multipart
