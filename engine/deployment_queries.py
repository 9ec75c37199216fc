"""Lists of deployments."""

from __future__ import annotations

from dataclasses import dataclass

from engine import models
from engine.deployments import Deployment
from engine.queries import Selection, equal, like, since, until, wanted

TABLE = models.deployment


@dataclass(frozen=True, slots=True)
class DeploymentQuery:
    """Filters of deployments. Instants are µs."""

    id: str | None = equal(TABLE.c.id)
    name: str | None = equal(TABLE.c.name)
    name_like: str | None = like(TABLE.c.name)
    source: str | None = equal(TABLE.c.source)
    without_source: bool | None = wanted(TABLE.c.source.is_(None))
    after: int | None = since(TABLE.c.deployed_at)
    before: int | None = until(TABLE.c.deployed_at)


# Newest first.
DEPLOYMENTS: Selection[DeploymentQuery, Deployment] = Selection(
    columns=(TABLE,),
    source=TABLE,
    sorts={"id": TABLE.c.id, "name": TABLE.c.name, "deploymentTime": TABLE.c.deployed_at},
    last=(TABLE.c.deployed_at.desc(), TABLE.c.id.desc()),
    show=lambda _ctx, row: Deployment(row.id, row.name, row.source, row.deployed_at, row.deployed_by),
)
find, count = DEPLOYMENTS.find, DEPLOYMENTS.count
