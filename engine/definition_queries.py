"""What the lists of deployed diagrams and of deployed decisions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import FromClause

from engine import models, releases
from engine.context import CommandContext
from engine.definitions import Deployed, Kind
from engine.queries import Conditions, Selection

TABLE = models.definition


def selection(kind: Kind, source: FromClause, further: Callable[[Any], Conditions]) -> Selection[Any, Deployed]:
    """Returns the list of what is deployed of a kind: by key, the newest version first.

    Its queries have `latest`, which keeps what is in force of each key.
    """

    def conditions(ctx: CommandContext, query: Any) -> Conditions:
        yield TABLE.c.kind == kind
        yield from further(query)
        if query.latest:
            in_force = ctx.engine.definitions.contents(ctx, releases.current(ctx)).get(kind, {})
            yield TABLE.c.id.in_(list(in_force.values()))

    return Selection(
        columns=(TABLE.c.id,),
        source=source,
        sorts={
            "id": TABLE.c.id,
            "key": TABLE.c.key,
            "name": TABLE.c.name,
            "version": TABLE.c.version,
            "versionTag": TABLE.c.version_tag,
            "deploymentId": TABLE.c.deployment_id,
            "deployTime": TABLE.c.deployment_id,  # ids are in the order of time
        },
        last=(TABLE.c.key, TABLE.c.version.desc()),
        show=lambda ctx, row: ctx.engine.definitions.deployed(ctx, row.id),
        further=conditions,
    )
