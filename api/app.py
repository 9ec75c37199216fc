"""The application: every route on this screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

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
    lists,
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
from api.commands import Commands
from api.errors import add_error_handlers
from api.idempotency import Idempotency
from api.middleware import components
from api.prometheus import Exposition, Measurements
from api.security import Doorkeeper
from api.time_limits import BoundedApp
from api.waiting import Waiters
from crm.keystore import KeyStore
from crm.vault import PersonVault
from engine.job_executor import JobExecutor
from engine.process_engine import ProcessEngine
from engine.values import dump, load

# A client that names its engine in the path means the only one there is.
REST_PREFIXES = ("/engine-rest", "/engine-rest/engine/default")
Route = tuple[str, Any, str | None]


def create_app(engine: ProcessEngine, *, run_jobs: bool | None = None) -> falcon.asgi.App[Any, Any]:
    """Returns the ASGI application of an engine.

    `run_jobs` starts the job executor with it: by default where this is the only process.
    """
    commands = Commands(engine)
    doorkeeper = Doorkeeper(commands)
    executor = Executor(engine, wanted=_runs_jobs(engine) if run_jobs is None else run_jobs)
    waiters = Waiters(engine)
    measurements = Measurements(engine)
    log = access_log.AccessLog(commands)
    asked = [*tracing.components(engine.settings), *components(doorkeeper, measurements, log, engine.settings)]
    app = BoundedApp(
        body_seconds=engine.settings.upload_seconds, middleware=[*asked, Idempotency(commands), executor, waiters]
    )
    _configure(app, engine)
    rest = rest_routes(commands, doorkeeper, waiters)
    own = [*own_routes(commands, doorkeeper, executor), ("/metrics", Exposition(commands, measurements), None)]
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


def rest_routes(commands: Commands, doorkeeper: Doorkeeper, waiters: Waiters) -> list[Route]:
    """Camunda 7's contract."""
    definitions = process_definitions.ProcessDefinitions(commands)
    instances = process_instances.ProcessInstances(commands)
    tasks = user_tasks.UserTasks(commands)
    deployed = deployments.Deployments(commands)
    who = identity.Identity(commands, doorkeeper)
    operations = user_operations.UserOperations(commands)
    return [
        ("/version", identity.Version(commands), None),
        ("/engine", identity.Engines(commands), None),
        ("/identity/verify", who, "verify"),
        ("/identity/groups", who, "groups"),
        ("/user/{user_id}/profile", who, "profile"),
        ("/deployment", deployed, None),
        ("/deployment/count", deployed, "count"),
        ("/deployment/create", deployed, "create"),
        ("/deployment/{deployment_id}", deployed, "one"),
        ("/deployment/{deployment_id}/resources", deployed, "resources"),
        ("/deployment/{deployment_id}/resources/{resource_id}", deployed, "resource"),
        ("/deployment/{deployment_id}/resources/{resource_id}/data", deployed, "data"),
        ("/process-definition", definitions, None),
        ("/process-definition/count", definitions, "count"),
        *_definition_routes("/process-definition/{definition_id}", definitions),
        *_definition_routes("/process-definition/key/{key}", definitions),
        *_repair_routes(commands),
        ("/process-instance", instances, None),
        ("/process-instance/count", instances, "count"),
        ("/process-instance/{instance_id}", instances, "one"),
        ("/process-instance/{instance_id}/activity-instances", instances, "activity_instances"),
        ("/process-instance/{instance_id}/suspended", instances, "suspended"),
        ("/task", tasks, None),
        ("/task/count", tasks, "count"),
        ("/task/{task_id}", tasks, "one"),
        ("/task/create", tasks, "create"),
        ("/task/{task_id}/claim", tasks, "claim"),
        ("/task/{task_id}/delegate", tasks, "delegate"),
        ("/task/{task_id}/resolve", tasks, "resolve"),
        ("/task/{task_id}/bpmnError", tasks, "error"),
        ("/task/{task_id}/bpmnEscalation", tasks, "escalation"),
        ("/task/{task_id}/unclaim", tasks, "unclaim"),
        ("/task/{task_id}/assignee", tasks, "assignee"),
        ("/task/{task_id}/complete", tasks, "complete"),
        ("/task/{task_id}/submit-form", tasks, "complete"),
        ("/task/{task_id}/form", tasks, "form"),
        ("/task/{task_id}/deployed-form", tasks, "deployed_form"),
        ("/task/{task_id}/form-variables", tasks, "form_variables"),
        *_variable_routes(commands),
        ("/task/{task_id}/identity-links", tasks, "identity_links"),
        ("/task/{task_id}/identity-links/delete", tasks, "removed_links"),
        *_external_routes(external_tasks.ExternalTasks(commands, waiters)),
        ("/message", messages.Messages(commands), None),
        ("/signal", messages.Signals(commands), None),
        ("/condition", conditions.Conditions(commands), None),
        *_operating_routes(commands),
        *_looking_routes(commands),
        *_history_routes(commands),
        ("/history/process-instance/{instance_id}", history.HistoricInstance(commands), None),
        ("/history/user-operation", operations, None),
        ("/history/user-operation/count", operations, "count"),
    ]


def _operating_routes(commands: Commands) -> list[Route]:
    """What operators look at: what happens by itself, and what could not."""
    job, incident, element = (
        jobs.Jobs(commands),
        incidents.Incidents(commands),
        job_definitions.JobDefinitions(commands),
    )
    subscriptions = event_subscriptions.EventSubscriptions(commands)
    return [
        ("/job", job, None),
        ("/job/count", job, "count"),
        ("/job/{job_id}", job, "one"),
        ("/job/{job_id}/retries", job, "retries"),
        ("/job/{job_id}/execute", job, "execute"),
        ("/job/{job_id}/duedate", job, "duedate"),
        ("/job/{job_id}/suspended", job, "suspended"),
        ("/job/{job_id}/stacktrace", job, "stacktrace"),
        ("/job-definition", element, None),
        ("/job-definition/count", element, "count"),
        ("/job-definition/{job_definition_id}", element, "one"),
        ("/job-definition/{job_definition_id}/retries", element, "retries"),
        ("/job-definition/{job_definition_id}/suspended", element, "suspended"),
        ("/event-subscription", subscriptions, None),
        ("/event-subscription/count", subscriptions, "count"),
        ("/incident", incident, None),
        ("/incident/count", incident, "count"),
        ("/incident/{incident_id}", incident, "one"),
        ("/incident/{incident_id}/annotation", incident, "annotation"),
    ]


def _variable_routes(commands: Commands) -> Iterator[Route]:
    of_instance = variables.InstanceVariables(commands)
    for base, resource in (
        ("/process-instance/{instance_id}/variables", of_instance),
        ("/execution/{instance_id}/localVariables", of_instance),
        ("/task/{task_id}/variables", variables.TaskVariables(commands)),
        ("/task/{task_id}/localVariables", variables.LocalTaskVariables(commands)),
    ):
        yield base, resource, None
        yield f"{base}/{{name}}", resource, "one"
        yield f"{base}/{{name}}/data", resource, "data"
    for base in ("/variable-instance", "/history/variable-instance"):
        yield f"{base}/{{variable_id}}", variables.VariablesById(commands), None
        yield f"{base}/{{variable_id}}/data", variables.VariablesById(commands), "data"


def _looking_routes(commands: Commands) -> list[Route]:
    """What clients look at around the work."""
    decisions = decision_definitions.DecisionDefinitions(commands)
    requirements = decision_definitions.DecisionRequirements(commands)
    execution, comment = executions.Executions(commands), comments.Comments(commands)
    user, group = people.Users(commands), people.Groups(commands)
    files = task_attachments.TaskAttachments(commands, _keystore(commands))
    rights, filters = people.Authorizations(commands), people.TaskFilters(commands)
    return [
        ("/decision-definition", decisions, None),
        ("/decision-definition/count", decisions, "count"),
        *[
            (base + path, decisions, suffix)
            for base in ("/decision-definition/{definition_id}", "/decision-definition/key/{key}")
            for path, suffix in (("", "one"), ("/xml", "xml"), ("/evaluate", "evaluate"))
        ],
        ("/decision-requirements-definition", requirements, None),
        ("/decision-requirements-definition/count", requirements, "count"),
        ("/variable-instance", lists.Listed(commands, history.RUNNING_VARIABLES), None),
        ("/variable-instance/count", lists.Listed(commands, history.RUNNING_VARIABLES), "count"),
        ("/execution", execution, None),
        ("/execution/count", execution, "count"),
        ("/execution/{instance_id}", execution, "one"),
        ("/execution/{instance_id}/messageSubscriptions/{name}/trigger", execution, "trigger"),
        ("/task/{task_id}/attachment", files, "task"),
        ("/task/{task_id}/attachment/create", files, "create"),
        ("/task/{task_id}/attachment/{attachment_id}", files, "task_one"),
        ("/task/{task_id}/attachment/{attachment_id}/data", files, "data"),
        ("/task/{task_id}/comment", comment, None),
        ("/task/{task_id}/comment/create", comment, "create"),
        ("/task/{task_id}/comment/{comment_id}", comment, "one"),
        ("/process-definition/statistics", metrics.Statistics(commands), None),
        ("/metrics", metrics.Metrics(commands), None),
        ("/metrics/{name}/sum", metrics.Metrics(commands), "sum"),
        ("/user", user, None),
        ("/user/count", user, "count"),
        ("/group", group, None),
        ("/group/count", group, "count"),
        ("/group/{group_id}", group, "one"),
        ("/authorization", rights, None),
        ("/authorization/count", rights, "count"),
        ("/authorization/check", rights, "check"),
        ("/filter", filters, None),
        ("/filter/count", filters, "count"),
    ]


def _external_routes(tasks: external_tasks.ExternalTasks) -> list[Route]:
    one = "/external-task/{task_id}"
    return [
        ("/external-task", tasks, None),
        ("/external-task/count", tasks, "count"),
        ("/external-task/fetchAndLock", tasks, "fetch"),
        ("/external-task/topic-names", tasks, "topics"),
        ("/external-task/retries", tasks, "all_retries"),
        (one, tasks, "one"),
        (f"{one}/complete", tasks, "complete"),
        (f"{one}/failure", tasks, "failure"),
        (f"{one}/bpmnError", tasks, "error"),
        (f"{one}/extendLock", tasks, "extend_lock"),
        (f"{one}/lock", tasks, "lock"),
        (f"{one}/unlock", tasks, "unlock"),
        (f"{one}/retries", tasks, "retries"),
        (f"{one}/priority", tasks, "priority"),
        (f"{one}/errorDetails", tasks, "error_details"),
    ]


def _repair_routes(commands: Commands) -> Iterator[Route]:
    """Migration, modification, restart, suspension: how cases and versions are set right."""
    plans, changes = migration.Migrations(commands), modification.Modifications(commands)
    restarts, held = modification.Restarts(commands), modification.Suspensions(commands)
    many = batches.Batches(commands)
    counted, past = (lists.Listed(commands, one) for one in (batches.STATISTICS, batches.HISTORY))
    yield from [
        ("/migration/generate", plans, "generate"),
        ("/migration/validate", plans, "validate"),
        ("/migration/execute", plans, "execute"),
        ("/migration/executeAsync", plans, "execute_async"),
        ("/modification/execute", changes, "many"),
        ("/modification/executeAsync", changes, "async"),
        ("/process-instance/{instance_id}/modification", changes, None),
        ("/process-instance/suspended", held, "instances"),
        ("/process-instance/suspended-async", held, "instances_async"),
        ("/process-instance/delete", modification.Deletions(commands), None),
        ("/process-definition/suspended", held, "definitions"),
        ("/batch", many, None),
        ("/batch/count", many, "count"),
        ("/batch/statistics", counted, None),
        ("/batch/statistics/count", counted, "count"),
        ("/history/batch", past, None),
        ("/history/batch/count", past, "count"),
        ("/batch/{batch_id}", many, "one"),
        ("/batch/{batch_id}/suspended", many, "suspended"),
    ]
    for base in ("/process-definition/{definition_id}", "/process-definition/key/{key}"):
        yield f"{base}/restart", restarts, None
        yield f"{base}/restart-async", restarts, "async"
        yield f"{base}/suspended", held, "definition"


def _definition_routes(base: str, definitions: process_definitions.ProcessDefinitions) -> list[Route]:
    return [
        (base, definitions, "one"),
        (f"{base}/xml", definitions, "xml"),
        (f"{base}/start", definitions, "start"),
        (f"{base}/submit-form", definitions, "submit_form"),
        (f"{base}/startForm", definitions, "start_form"),
        (f"{base}/deployed-start-form", definitions, "deployed_start_form"),
        (f"{base}/form-variables", definitions, "form_variables"),
        (f"{base}/diagram", definitions, "diagram"),
        (f"{base}/statistics", definitions, "statistics"),
        (f"{base}/history-time-to-live", definitions, "time_to_live"),
    ]


def _history_routes(commands: Commands) -> Iterator[Route]:
    known = {**history.LISTINGS, **history_logs.LOGS}
    for noun, listing in known.items():
        resource = lists.Listed(commands, listing)
        yield f"/history/{noun}", resource, None
        yield f"/history/{noun}/count", resource, "count"
    for noun in ("activity-instance", "decision-instance", "detail"):
        yield f"/history/{noun}/{{row_id}}", history.HistoricOne(commands, known[noun]), None


def _keystore(commands: Commands) -> KeyStore:
    """The composition root gave the engine this vault; files are encrypted under the keys of the same people."""
    return cast(PersonVault, commands.engine.vault).keystore


def own_routes(commands: Commands, doorkeeper: Doorkeeper, executor: Executor) -> list[Route]:
    """What Camunda does not have, in the same manners."""
    tasks, taken = inbox.Inbox(commands), decisions.Decisions(commands)
    choices = ad_hoc_activities.AdHocActivities(commands)
    year, numbers = calendars.Calendars(commands), process_statistics.Statistics(commands)
    customers, reviews = evaluations.Customers(commands), evaluations.TierReviews(commands)
    rewards, scores = evaluations.Rewards(commands), evaluations.Scores(commands)
    redemptions, awards = evaluations.Redemptions(commands), evaluations.Awards(commands)
    files = attachments.Attachments(commands, _keystore(commands))
    return [
        ("/healthz", health.Health(commands), None),
        ("/readyz", health.Readiness(commands), None),
        ("/api/session", sessions.Sessions(commands, doorkeeper), None),
        ("/api/password", passwords.Passwords(commands, doorkeeper), None),
        ("/api/demo", sessions.Demo(commands), None),
        ("/api/tokens", tokens.Tokens(commands), None),
        ("/api/tokens/{token_id}", tokens.Tokens(commands), "one"),
        ("/api/absences", absences.Absences(commands), None),
        ("/api/absences/{absence_id}", absences.Absences(commands), "one"),
        ("/api/tasks", tasks, None),
        ("/api/tasks/{task_id}", tasks, "one"),
        ("/api/tasks/{task_id}/claim", tasks, "claim"),
        ("/api/tasks/{task_id}/unclaim", tasks, "unclaim"),
        ("/api/tasks/{task_id}/complete", tasks, "complete"),
        ("/api/tasks/{task_id}/attempts", tasks, "attempts"),
        ("/api/instances/{instance_id}/path", cases.Paths(commands), None),
        ("/api/instances/{instance_id}/ad-hoc", choices, None),
        ("/api/instances/{instance_id}/ad-hoc/start", choices, "start"),
        ("/api/instances/{instance_id}/ad-hoc/complete", choices, "complete"),
        ("/api/instances/{instance_id}/values", cases.Values(commands), None),
        ("/api/decisions", taken, None),
        ("/api/decisions/evaluate", taken, "evaluate"),
        ("/api/decisions/{decision_id}", taken, "one"),
        ("/api/check", checks.Checks(commands), None),
        ("/api/feel/hints", feel.FeelHints(commands), None),
        ("/api/deadlines", cases.Deadlines(commands), None),
        ("/api/statistics/processes", numbers, None),
        ("/api/statistics/processes/{key}", numbers, "one"),
        ("/api/search", searches.Searches(commands), None),
        ("/api/startable", starts.Startable(commands), None),
        ("/api/start", starts.Starts(commands), None),
        ("/api/attachments", files, None),
        ("/api/attachments/{attachment_id}", files, "one"),
        ("/api/facts", evaluations.Facts(commands), None),
        ("/api/customers/{customer_ref}/tier", customers, "tier"),
        ("/api/customers/{customer_ref}/tier/review", customers, "review"),
        ("/api/customers/{customer_ref}/rewards", customers, "rewards"),
        ("/api/customers/{customer_ref}/exchange", redemptions, "exchange"),
        ("/api/customers/{customer_ref}/price", redemptions, "price"),
        ("/api/coupons/{coupon_no}/redeem", redemptions, "redeem"),
        ("/api/settlements/{contract_ref}/rating", redemptions, "rating"),
        ("/api/settlements/{contract_ref}/reversal", redemptions, "reversal"),
        ("/api/tier-runs", evaluations.TierRuns(commands), None),
        ("/api/tier-runs/{run_id}", evaluations.TierRuns(commands), "one"),
        ("/api/tier-reviews", reviews, None),
        ("/api/tier-reviews/{review_id}/propose", reviews, "propose"),
        ("/api/tier-reviews/{review_id}/approve", reviews, "approve"),
        ("/api/tier-reviews/{review_id}/decline", reviews, "decline"),
        ("/api/referrals", rewards, "referral"),
        ("/api/referrals/{referral_id}/review", rewards, "review"),
        ("/api/cancellations", rewards, "cancellation"),
        ("/api/settlements", rewards, "settlement"),
        ("/api/scores/{period}", scores, None),
        ("/api/scores/{period}/targets", scores, "targets"),
        ("/api/scores/{period}/freeze", scores, "freeze"),
        ("/api/scores/{period}/confirm", scores, "confirm"),
        ("/api/awards/periods/{period}", awards, "period"),
        ("/api/awards/penalties", awards, "penalties"),
        ("/api/awards/{award_id}", awards, "one"),
        ("/api/awards/{award_id}/{verb}", awards, None),
        ("/api/calendars", year, None),
        ("/api/calendars/due", year, "due"),
        ("/api/calendars/{year}", year, "one"),
        ("/api/migrations/preview", migration.Migrations(commands), "preview"),
        ("/api/audit/verify", audit.Verification(commands), None),
        ("/api/audit/export", audit.Export(commands), None),
        ("/api/access-log", access_log.Entries(commands), None),
        ("/api/access-log/count", access_log.Entries(commands), "count"),
        *_publishing_routes(commands),
        ("/api/clock", clock.Clock(commands, executor.paused), None),
    ]


def _publishing_routes(commands: Commands) -> list[Route]:
    proposed = releases.Proposals(commands)
    return [
        ("/api/proposals", proposed, None),
        ("/api/proposals/{proposal_id}", proposed, "one"),
        ("/api/proposals/{proposal_id}/diff", proposed, "diff"),
        ("/api/proposals/{proposal_id}/examine", proposed, "examine"),
        ("/api/proposals/{proposal_id}/approve", proposed, "approve"),
        ("/api/proposals/{proposal_id}/reject", proposed, "reject"),
        ("/api/releases", releases.Releases(commands), None),
        ("/api/diff", releases.Differences(commands), None),
        ("/api/simulate", releases.Simulations(commands), None),
    ]


class Executor:
    """The job executor of this process: lives from the first request the server could take to the last."""

    def __init__(self, engine: ProcessEngine, *, wanted: bool) -> None:
        self._engine = engine
        self._wanted = wanted
        self._running: JobExecutor | None = None

    async def process_startup(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        if self._wanted:
            self._running = JobExecutor(self._engine)
            self._running.start()

    async def process_shutdown(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Holds the executor, if it runs, between two jobs."""
        if self._running is None:
            yield
            return
        with self._running.paused():
            yield


def _configure(app: falcon.asgi.App[Any, Any], engine: ProcessEngine) -> None:
    """JSON with exact decimals and the content type exactly `application/json`; uploads within bounds."""
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=dump, loads=load)
    app.resp_options.default_media_type = falcon.MEDIA_JSON
    app.req_options.strip_url_path_trailing_slash = True
    multipart = MultipartFormHandler()
    multipart.parse_options.max_body_part_buffer_size = engine.settings.limits.resource_bytes + 1
    multipart.parse_options.max_body_part_count = engine.settings.limits.upload_files + len(deployments.FIELDS)
    app.req_options.media_handlers[falcon.MEDIA_MULTIPART] = multipart
