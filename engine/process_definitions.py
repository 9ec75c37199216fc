"""Process definitions: the deployed versions of diagrams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, update

from engine import authorizations, definitions, models, releases
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import NotFound
from engine.queries import Columns, Sorting, among, equal, like, ordered, wanted

TABLE, FILE = models.definition, models.resource
JOINED = TABLE.join(FILE, FILE.c.id == TABLE.c.resource_id)
DEFINITION_SORTS: Columns = {
    "id": TABLE.c.id,
    "key": TABLE.c.key,
    "name": TABLE.c.name,
    "version": TABLE.c.version,
    "versionTag": TABLE.c.version_tag,
    "deploymentId": TABLE.c.deployment_id,
    "deployTime": TABLE.c.deployment_id,  # ids are in the order of time
}


@dataclass(frozen=True, slots=True)
class DefinitionQuery:
    """Filters of the list of process definitions. None means "any"; `latest` keeps what is in force of each key.

    What is only proposed is listed where it is asked for by id, by deployment, or by `released` False.
    """

    id: str | None = None
    ids: tuple[str, ...] | None = None
    key: str | None = None
    keys: tuple[str, ...] | None = None
    key_like: str | None = None
    name: str | None = None
    name_like: str | None = None
    version: int | None = None
    version_tag: str | None = None
    version_tag_like: str | None = None
    without_version_tag: bool | None = None
    deployment_id: str | None = None
    resource_name: str | None = None
    resource_name_like: str | None = None
    latest: bool | None = None
    active: bool | None = None
    suspended: bool | None = None
    incident_id: str | None = None
    incident_type: str | None = None
    incident_message: str | None = None
    incident_message_like: str | None = None
    released: bool | None = None


def _conditions(ctx: CommandContext, query: DefinitionQuery) -> Iterable[ColumnElement[bool]]:
    yield TABLE.c.kind == "process"
    if query.released is not False and query.id is None and query.deployment_id is None:
        yield TABLE.c.released_at.is_not(None)
    elif query.released is not None:
        yield TABLE.c.released_at.is_not(None) if query.released else TABLE.c.released_at.is_(None)
    yield from equal(
        (TABLE.c.id, query.id),
        (TABLE.c.key, query.key),
        (TABLE.c.name, query.name),
        (TABLE.c.version, query.version),
        (TABLE.c.deployment_id, query.deployment_id),
        (TABLE.c.version_tag, query.version_tag),
        (FILE.c.name, query.resource_name),
    )
    yield from among((TABLE.c.id, query.ids), (TABLE.c.key, query.keys))
    yield from like(
        (TABLE.c.key, query.key_like),
        (TABLE.c.name, query.name_like),
        (TABLE.c.version_tag, query.version_tag_like),
        (FILE.c.name, query.resource_name_like),
    )
    yield from wanted(
        (query.active, TABLE.c.suspended.is_(False)),
        (query.suspended, TABLE.c.suspended.is_(True)),
        (query.without_version_tag, TABLE.c.version_tag.is_(None)),
    )
    yield from _with_incident(query)
    if query.latest:
        in_force = ctx.engine.definitions.contents(ctx, releases.current(ctx)).get("process", {})
        yield TABLE.c.id.in_(list(in_force.values()))


def _with_incident(query: DefinitionQuery) -> Iterable[ColumnElement[bool]]:
    """Limits a list to what has an open incident of this kind."""
    table = models.incident.c
    asked = [
        *equal((table.id, query.incident_id), (table.type, query.incident_type)),
        *equal((table.message, query.incident_message)),
        *like((table.message, query.incident_message_like)),
    ]
    if asked:
        yield exists().where(table.definition_id == TABLE.c.id, table.resolved_at.is_(None), *asked)


def find(
    ctx: CommandContext, query: DefinitionQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Deployed]:
    """Returns deployed diagrams by key, newest version first."""
    statement = select(TABLE.c.id).select_from(JOINED).where(*_conditions(ctx, query))
    statement = ordered(statement, DEFINITION_SORTS, sort, TABLE.c.key, TABLE.c.version.desc())
    ids = ctx.connection.execute(statement.offset(first).limit(limit))
    return [ctx.engine.definitions.deployed(ctx, row.id) for row in ids.all()]


def count(ctx: CommandContext, query: DefinitionQuery) -> int:
    """Returns how many definitions match."""
    statement = select(func.count(TABLE.c.id)).select_from(JOINED).where(*_conditions(ctx, query))
    return ctx.connection.execute(statement).scalar_one()


def get(ctx: CommandContext, definition_id: str) -> Deployed:
    """Returns a deployed diagram by id; raises NotFound."""
    deployed = ctx.engine.definitions.deployed(ctx, definition_id)
    if deployed.kind != "process":
        raise NotFound(f"there is no process definition {definition_id}")
    return deployed


def latest(ctx: CommandContext, key: str) -> Deployed:
    """Returns the version of a key that is in force; raises NotFound."""
    return definitions.resolve(ctx, "process", key, release=releases.current(ctx))


def xml(ctx: CommandContext, definition_id: str) -> bytes:
    """Returns the diagram exactly as it was deployed."""
    return definitions.body_of(ctx, get(ctx, definition_id).resource_id)


def is_suspended(ctx: CommandContext, definition_id: str) -> bool:
    """Tells whether new instances of a definition are refused."""
    return bool(ctx.connection.execute(select(TABLE.c.suspended).where(TABLE.c.id == definition_id)).scalar_one())


def set_suspended(ctx: CommandContext, definition_id: str, *, suspended: bool) -> None:
    """Refuses or allows new instances of a definition; running ones go on."""
    authorizations.require(ctx, "ProcessDefinition", "suspend")
    get(ctx, definition_id)
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == definition_id).values(suspended=suspended))
