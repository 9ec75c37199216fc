"""Process definitions: the deployed versions of diagrams."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from engine import authorizations, definitions, models, releases
from engine.context import CommandContext
from engine.definition_queries import selection
from engine.definitions import Deployed
from engine.errors import NotFound
from engine.incident_queries import IncidentFilters, held_up
from engine.queries import Conditions, among, equal, like, wanted

TABLE, FILE = models.definition, models.resource


@dataclass(frozen=True, slots=True)
class DefinitionQuery(IncidentFilters):
    """Filters of process definitions. `latest` keeps what is in force of each key.

    What is only proposed is listed where it is asked for by id, by deployment, or by `released` False.
    """

    id: str | None = equal(TABLE.c.id)
    ids: tuple[str, ...] | None = among(TABLE.c.id)
    key: str | None = equal(TABLE.c.key)
    keys: tuple[str, ...] | None = among(TABLE.c.key)
    key_like: str | None = like(TABLE.c.key)
    name: str | None = equal(TABLE.c.name)
    name_like: str | None = like(TABLE.c.name)
    version: int | None = equal(TABLE.c.version)
    version_tag: str | None = equal(TABLE.c.version_tag)
    version_tag_like: str | None = like(TABLE.c.version_tag)
    without_version_tag: bool | None = wanted(TABLE.c.version_tag.is_(None))
    deployment_id: str | None = equal(TABLE.c.deployment_id)
    resource_name: str | None = equal(FILE.c.name)
    resource_name_like: str | None = like(FILE.c.name)
    latest: bool | None = None
    active: bool | None = wanted(TABLE.c.suspended.is_(False))
    suspended: bool | None = wanted(TABLE.c.suspended.is_(True))
    released: bool | None = None


def _conditions(query: DefinitionQuery) -> Conditions:
    if query.released is not False and query.id is None and query.deployment_id is None:
        yield TABLE.c.released_at.is_not(None)
    elif query.released is not None:
        yield TABLE.c.released_at.is_not(None) if query.released else TABLE.c.released_at.is_(None)
    yield from held_up(query, models.incident.c.definition_id == TABLE.c.id)


DEFINITIONS = selection("process", TABLE.join(FILE, FILE.c.id == TABLE.c.resource_id), _conditions)
find, count = DEFINITIONS.find, DEFINITIONS.count


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
