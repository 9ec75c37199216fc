"""Decision definitions: the deployed versions of tables, and trying one without a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from engine import authorizations, decisions, definitions, models, releases
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import NotFound
from engine.queries import Columns, Sorting, among, equal, like, ordered

TABLE = models.definition
DECISION_SORTS: Columns = {
    "id": TABLE.c.id,
    "key": TABLE.c.key,
    "name": TABLE.c.name,
    "version": TABLE.c.version,
    "versionTag": TABLE.c.version_tag,
    "deploymentId": TABLE.c.deployment_id,
    "deployTime": TABLE.c.deployment_id,  # ids are in the order of time
}


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Filters of decision definitions. None means "any"; `latest` keeps what is in force of each key."""

    id: str | None = None
    ids: tuple[str, ...] | None = None
    key: str | None = None
    key_like: str | None = None
    name: str | None = None
    name_like: str | None = None
    version: int | None = None
    version_tag: str | None = None
    deployment_id: str | None = None
    latest: bool | None = None


def _conditions(ctx: CommandContext, query: DecisionQuery) -> Iterable[ColumnElement[bool]]:
    yield TABLE.c.kind == "decision"
    if query.id is None and query.deployment_id is None:
        yield TABLE.c.released_at.is_not(None)
    yield from equal(
        (TABLE.c.id, query.id),
        (TABLE.c.key, query.key),
        (TABLE.c.name, query.name),
        (TABLE.c.version, query.version),
        (TABLE.c.version_tag, query.version_tag),
        (TABLE.c.deployment_id, query.deployment_id),
    )
    yield from among((TABLE.c.id, query.ids))
    yield from like((TABLE.c.key, query.key_like), (TABLE.c.name, query.name_like))
    if query.latest:
        in_force = ctx.engine.definitions.contents(ctx, releases.current(ctx)).get("decision", {})
        yield TABLE.c.id.in_(list(in_force.values()))


def find(
    ctx: CommandContext, query: DecisionQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Deployed]:
    """Returns deployed decisions by key, newest version first."""
    statement = select(TABLE.c.id).where(*_conditions(ctx, query))
    statement = ordered(statement, DECISION_SORTS, sort, TABLE.c.key, TABLE.c.version.desc())
    ids = ctx.connection.execute(statement.offset(first).limit(limit)).scalars().all()
    return [ctx.engine.definitions.deployed(ctx, one) for one in ids]


def count(ctx: CommandContext, query: DecisionQuery) -> int:
    """Returns how many decisions match."""
    return ctx.connection.execute(select(func.count()).select_from(TABLE).where(*_conditions(ctx, query))).scalar_one()


def get(ctx: CommandContext, definition_id: str) -> Deployed:
    """Returns a deployed decision by id; raises NotFound."""
    deployed = ctx.engine.definitions.deployed(ctx, definition_id)
    if deployed.kind != "decision":
        raise NotFound(f"there is no decision definition {definition_id}")
    return deployed


def latest(ctx: CommandContext, key: str) -> Deployed:
    """Returns the version of a key that is in force; raises NotFound."""
    return definitions.resolve(ctx, "decision", key, release=releases.current(ctx))


def evaluate(ctx: CommandContext, deployed: Deployed, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Tries a decision without a case; returns the outputs of each row that fired, nothing is kept."""
    authorizations.require(ctx, "DecisionDefinition", "evaluate")
    result = decisions.decide(ctx, deployed, values)
    if result.rows:
        return [row.outputs for row in result.rows]
    if result.output is None:
        return []
    return [result.output if isinstance(result.output, Mapping) else {deployed.key: result.output}]
