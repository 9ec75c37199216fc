"""Job definitions: the elements of a diagram that make jobs, and what is done to all jobs of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select, update

from engine import authorizations, history, models, process_definitions
from engine.bpmn.job_elements import job_elements
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import InvalidRequest, NotFound
from engine.incidents import resolve_of_jobs
from engine.job_queries import job_definition_id
from engine.process_definitions import DefinitionQuery
from engine.process_engine import jobs_changed
from engine.queries import Sorting

JOB = models.job


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """One element that makes jobs. `suspended` means that it has jobs and all of them are held."""

    id: str
    definition: Deployed
    element_id: str
    type: str
    configuration: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class JobDefinitionQuery:
    """Filters of job definitions. None means "any"; without a definition those in force are listed."""

    id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    element_ids: tuple[str, ...] | None = None
    type: str | None = None
    configuration: str | None = None
    active: bool | None = None
    suspended: bool | None = None
    overriding_priority: bool | None = None


SORTS = {
    "jobDefinitionId": lambda one: one.id,
    "activityId": lambda one: one.element_id,
    "processDefinitionId": lambda one: one.definition.id,
    "processDefinitionKey": lambda one: one.definition.key,
    "jobType": lambda one: one.type,
    "jobConfiguration": lambda one: one.configuration,
}


def find(
    ctx: CommandContext, query: JobDefinitionQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[JobDefinition]:
    """Returns job definitions by process and element."""
    authorizations.require(ctx, "Job", "read")
    found = list(_matching(ctx, query))
    for key, order in reversed(list(sort)):
        found.sort(key=SORTS[key], reverse=order == "desc")
    return found[first : None if limit is None else first + limit]


def count(ctx: CommandContext, query: JobDefinitionQuery) -> int:
    """Returns how many job definitions match."""
    return len(find(ctx, query))


def get(ctx: CommandContext, wanted_id: str) -> JobDefinition:
    """Returns one job definition; raises NotFound."""
    found = find(ctx, JobDefinitionQuery(id=wanted_id))
    if not found:
        raise NotFound(f"there is no job definition {wanted_id}")
    return found[0]


def _matching(ctx: CommandContext, query: JobDefinitionQuery) -> Iterator[JobDefinition]:
    if query.overriding_priority:
        return  # jobs have no priorities of their own
    held = _held(ctx)
    for deployed in _definitions(ctx, query):
        for one in _of(ctx, deployed, held):
            if (
                query.id in {None, one.id}
                and query.type in {None, one.type}
                and query.configuration in {None, one.configuration}
                and (query.element_ids is None or one.element_id in query.element_ids)
                and (not query.active or not one.suspended)
                and (not query.suspended or one.suspended)
            ):
                yield one


def _definitions(ctx: CommandContext, query: JobDefinitionQuery) -> list[Deployed]:
    definition_id = query.definition_id
    if query.id is not None:
        named = query.id.partition(":")[0]
        if definition_id not in {None, named}:
            return []
        definition_id = named
    given = definition_id is not None or query.definition_key is not None
    wanted = DefinitionQuery(id=definition_id, key=query.definition_key, latest=None if given else True)
    return process_definitions.find(ctx, wanted)


def _of(ctx: CommandContext, deployed: Deployed, held: dict[str, bool]) -> Iterator[JobDefinition]:
    handled = frozenset(ctx.engine.handlers)
    for one in job_elements(ctx.engine.definitions.process(ctx, deployed.id), handled):
        found = job_definition_id(deployed.id, one.element_id)
        assert found is not None, "a definition and an element always have an id"
        yield JobDefinition(found, deployed, one.element_id, one.type, one.configuration, held.get(found, False))


def _held(ctx: CommandContext) -> dict[str, bool]:
    """Returns of each element that has jobs whether all of them are held."""
    going = func.count().filter(JOB.c.suspended.is_(False))
    rows = ctx.connection.execute(
        select(JOB.c.definition_id, JOB.c.element_id, going)
        .where(JOB.c.definition_id.is_not(None), JOB.c.element_id.is_not(None))
        .group_by(JOB.c.definition_id, JOB.c.element_id)
    )
    return {f"{definition_id}:{element_id}": left == 0 for definition_id, element_id, left in rows}


# ------------------------------------------------------------ all jobs of one element


def set_suspended(ctx: CommandContext, wanted_id: str, *, suspended: bool, include_jobs: bool) -> int:
    """Holds the jobs of an element that there are now, or lets them go on; returns how many.

    What is held are jobs: without `include_jobs` nothing would be, so that is refused. Jobs of instances that are
    held themselves stay held.
    """
    authorizations.require(ctx, "Job", "retry")
    one = get(ctx, wanted_id)
    if not include_jobs:
        raise InvalidRequest("only jobs that exist can be held: say includeJobs true")
    jobs = _jobs_of(one)
    if not suspended:
        instance = models.process_instance
        holding = select(instance.c.id).where(instance.c.state == "SUSPENDED")
        jobs = and_(jobs, func.coalesce(JOB.c.root_id, "").not_in(holding))
    changed = ctx.connection.execute(update(JOB).where(jobs).values(suspended=suspended)).rowcount
    _record(ctx, one, "jobs.suspended" if suspended else "jobs.activated", changed)
    return changed


def set_retries(ctx: CommandContext, wanted_id: str, retries: int) -> int:
    """Lets all failed jobs of an element be tried again now; returns how many. Their incidents are closed."""
    authorizations.require(ctx, "Job", "retry")
    one = get(ctx, wanted_id)
    failed = and_(_jobs_of(one), JOB.c.retries == 0)
    ids = ctx.connection.execute(select(JOB.c.id).where(failed)).scalars().all()
    ctx.connection.execute(update(JOB).where(failed).values(retries=retries, due_at=ctx.now_micros))
    if retries > 0:
        resolve_of_jobs(ctx, ids)
    _record(ctx, one, "jobs.retried", len(ids))
    return len(ids)


def _jobs_of(one: JobDefinition) -> ColumnElement[bool]:
    return and_(JOB.c.definition_id == one.definition.id, JOB.c.element_id == one.element_id)


def _record(ctx: CommandContext, one: JobDefinition, kind: str, number: int) -> None:
    history.record(ctx, history.ADMIN_CHAIN, kind, {"job_definition": one.id, "jobs": number})
    jobs_changed(ctx)
