"""What a request needs before any resource is reached: default deny, declared for every route in one table.

A route that no row covers is refused to everybody. The door asks the access matrix; what depends on the thing asked
for (whose task, which case) the command decides then, and asks again what it needs itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.access_matrix import AccessMatrix
from engine.context import Actor
from engine.errors import Forbidden

PREFIXES = ("/engine-rest/engine/default", "/engine-rest")
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Own:
    """The own affairs of whoever is logged in: the session, the own tokens and profile."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Anybody with a role; the command decides for the thing asked for.

    `beyond` are rights on all things of a kind. Who reads by one of them reads what is not the own work: a privileged
    reading, which the access log keeps.
    """

    beyond: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """One operation of the matrix; `privileged` readings are kept in the access log."""

    resource: str
    operation: str
    privileged: bool = False


Permission = Own | Staff | Right

OWN, STAFF = Own(), Staff()
CASES = Staff(beyond=(("History", "read_any"), ("ProcessInstance", "read_any")))
TASKS = Staff(beyond=(("Task", "read_any"),))
EXTERNAL, JOBS = Right("ExternalTask", "read"), Right("Job", "read")
WORK, RETRY, RESOLVE = Right("ExternalTask", "work"), Right("Job", "retry"), Right("Incident", "resolve")
SUSPEND = Right("ProcessInstance", "suspend")
MODIFY, MIGRATE = Right("ProcessInstance", "modify"), Right("ProcessInstance", "migrate")
DECISIONS = Right("DecisionDefinition", "read")

# Beginning of a route's template -> what it needs, or by method ("*" for all others). The longest beginning counts.
TABLE: Mapping[str, Permission | Mapping[str, Permission]] = {
    "/version": OWN,
    "/engine": OWN,
    "/identity": OWN,
    "/user": OWN,
    "/group": OWN,
    "/authorization": OWN,
    "/filter": OWN,
    "/deployment": {"DELETE": Right("Deployment", "delete"), "*": Right("Deployment", "read")},
    "/deployment/create": Right("Deployment", "create"),
    "/process-definition": Right("ProcessDefinition", "read"),
    "/process-definition/suspended": Right("ProcessDefinition", "suspend"),
    "/process-definition/statistics": Right("ProcessInstance", "read_any"),
    "/decision-definition": DECISIONS,
    "/decision-definition/{definition_id}/evaluate": Right("DecisionDefinition", "evaluate"),
    "/decision-definition/key/{key}/evaluate": Right("DecisionDefinition", "evaluate"),
    "/decision-requirements-definition": DECISIONS,
    "/process-instance": CASES,
    "/process-instance/suspended": SUSPEND,
    "/process-instance/suspended-async": SUSPEND,
    "/process-instance/delete": Right("ProcessInstance", "cancel"),
    "/process-instance/{instance_id}/suspended": SUSPEND,
    "/process-instance/{instance_id}/modification": MODIFY,
    "/modification": MODIFY,
    "/migration": MIGRATE,
    "/batch": STAFF,
    "/task": TASKS,
    "/execution": CASES,
    "/variable-instance": CASES,
    "/external-task": EXTERNAL,
    "/external-task/fetchAndLock": WORK,
    "/external-task/retries": WORK,
    "/external-task/{task_id}": {"GET": EXTERNAL, "*": WORK},
    "/message": STAFF,
    "/signal": Right("Signal", "broadcast"),
    "/job": JOBS,
    "/job/{job_id}": {"GET": JOBS, "*": RETRY},
    "/job-definition": JOBS,
    "/job-definition/{job_definition_id}": {"GET": JOBS, "*": RETRY},
    "/event-subscription": CASES,
    "/condition": STAFF,
    "/incident": Right("Incident", "read"),
    "/incident/{incident_id}": {"GET": Right("Incident", "read"), "*": RESOLVE},
    "/metrics": Right("Metrics", "read"),
    "/history": CASES,
    "/history/incident": Right("Incident", "read"),
    "/api/session": OWN,
    "/api/password": OWN,
    "/api/tokens": OWN,
    "/api/absences": STAFF,
    "/api/tasks": TASKS,
    "/api/instances": CASES,
    "/api/decisions": CASES,
    "/api/check": STAFF,
    "/api/search": CASES,
    "/api/feel": DECISIONS,
    "/api/statistics": Right("Metrics", "read"),
    "/api/deadlines": CASES,
    "/api/startable": STAFF,
    "/api/start": STAFF,
    "/api/attachments": CASES,
    "/api/facts": Right("Fact", "import"),
    "/api/customers": STAFF,
    "/api/tier-reviews": STAFF,
    "/api/tier-runs": STAFF,
    "/api/coupons": STAFF,
    "/api/referrals": STAFF,
    "/api/cancellations": STAFF,
    "/api/settlements": STAFF,
    "/api/scores": STAFF,
    "/api/awards": STAFF,
    "/api/calendars": {"GET": Right("Calendar", "read"), "*": Right("Calendar", "load")},
    "/api/migrations": MIGRATE,
    "/api/audit/verify": Right("History", "verify", privileged=True),
    "/api/audit/export": Right("History", "export", privileged=True),
    "/api/access-log": Right("AccessLog", "read", privileged=True),
    "/api/proposals": Right("Deployment", "read"),
    "/api/releases": Right("Deployment", "read"),
    "/api/diff": Right("Deployment", "read"),
    "/api/simulate": Right("DecisionDefinition", "evaluate"),
    "/api/clock": STAFF,
}


def permission_of(template: str, method: str) -> Permission | None:
    """Returns what a route needs, None if no row covers it."""
    path = template
    for prefix in PREFIXES:
        path = path.removeprefix(prefix) if path.startswith(prefix + "/") else path
    while path:
        row = TABLE.get(path)
        if isinstance(row, Mapping):
            return row.get(method) or row.get("GET" if method == "HEAD" else "*") or row.get("*")
        if row is not None:
            return row
        path = path.rpartition("/")[0]
    return None


def require(matrix: AccessMatrix, actor: Actor, template: str, method: str) -> None:
    """Raises Forbidden unless the actor may knock at this route at all."""
    match permission_of(template, method):
        case Own():
            return
        case Staff() if actor.roles:
            return
        case Right() as right if actor.roles and matrix.allows(actor.roles, right.resource, right.operation):
            return
        case Right() as right:
            raise _forbidden(actor, right.resource, right.operation)
        case Staff():
            raise _forbidden(actor, "Role", "have")
        case None:
            raise _forbidden(actor, "Route", "use")


def is_privileged(matrix: AccessMatrix, actor: Actor, template: str, method: str) -> bool:
    """Tells whether a reading shows what is not the actor's own work, by a right on all things of a kind."""
    match permission_of(template, method):
        case Right() as right:
            return right.privileged
        case Staff() as staff if method in READS:
            return any(matrix.allows(actor.roles, resource, operation) for resource, operation in staff.beyond)
    return False


def _forbidden(actor: Actor, resource: str, operation: str) -> Forbidden:
    said = f"user {actor.user_id} may not {operation.replace('_', ' ')} {resource}"
    return Forbidden(said, user_id=actor.user_id, resource=resource, operation=operation)
