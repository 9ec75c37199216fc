"""Lists of deployments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from engine import models
from engine.context import CommandContext
from engine.deployments import Deployment
from engine.queries import Columns, Sorting, between, equal, like, ordered, wanted

TABLE = models.deployment


@dataclass(frozen=True, slots=True)
class DeploymentQuery:
    """Filters of deployments. None means "any"; instants are µs."""

    id: str | None = None
    name: str | None = None
    name_like: str | None = None
    source: str | None = None
    without_source: bool | None = None
    after: int | None = None
    before: int | None = None


DEPLOYMENT_SORTS: Columns = {"id": TABLE.c.id, "name": TABLE.c.name, "deploymentTime": TABLE.c.deployed_at}


def _conditions(query: DeploymentQuery) -> Iterable[ColumnElement[bool]]:
    yield from equal((TABLE.c.id, query.id), (TABLE.c.name, query.name), (TABLE.c.source, query.source))
    yield from like((TABLE.c.name, query.name_like))
    yield from between(TABLE.c.deployed_at, query.after, query.before)
    yield from wanted((query.without_source, TABLE.c.source.is_(None)))


def find(
    ctx: CommandContext, query: DeploymentQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Deployment]:
    """Returns deployments, newest first."""
    statement = select(TABLE).where(*_conditions(query))
    statement = ordered(statement, DEPLOYMENT_SORTS, sort, TABLE.c.deployed_at.desc(), TABLE.c.id.desc())
    rows = ctx.connection.execute(statement.offset(first).limit(limit))
    return [Deployment(row.id, row.name, row.source, row.deployed_at, row.deployed_by) for row in rows]


def count(ctx: CommandContext, query: DeploymentQuery) -> int:
    """Returns how many deployments match."""
    return ctx.connection.execute(select(func.count(TABLE.c.id)).where(*_conditions(query))).scalar_one()
