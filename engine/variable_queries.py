"""Lists of variables at their latest value. Personal values stay references: lists never show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select

from engine import models
from engine.context import CommandContext
from engine.queries import Conditions, Selection, among, equal, filtering, like, row_itself
from engine.releases import outside_sandboxes

INSTANCE, VARIABLE = models.process_instance, models.variable_update
LATER = VARIABLE.alias("later_update")
NEWEST = (
    select(func.max(LATER.c.id))
    .where(
        LATER.c.root_id == VARIABLE.c.root_id,
        LATER.c.scope_id == VARIABLE.c.scope_id,
        LATER.c.name == VARIABLE.c.name,
    )
    .correlate(VARIABLE)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class VariableQuery:
    """Filters of variables at their latest value.

    `scope_ids` are activity instances; that of a whole case is the case. Variables of sandboxes are listed where one
    or an instance is asked for.
    """

    id: str | None = equal(VARIABLE.c.id)
    process_instance_id: str | None = equal(VARIABLE.c.root_id)
    process_instance_ids: tuple[str, ...] | None = among(VARIABLE.c.root_id)
    definition_id: str | None = equal(INSTANCE.c.definition_id)
    definition_key: str | None = equal(INSTANCE.c.definition_key)
    name: str | None = equal(VARIABLE.c.name)
    names: tuple[str, ...] | None = among(VARIABLE.c.name)
    name_like: str | None = like(VARIABLE.c.name)
    scope_ids: tuple[str, ...] | None = filtering(
        lambda ids: or_(VARIABLE.c.scope_id.in_(ids), and_(VARIABLE.c.scope_id == "", VARIABLE.c.root_id.in_(ids)))
    )


def _conditions(_ctx: CommandContext, query: VariableQuery) -> Conditions:
    yield VARIABLE.c.deleted.is_(False)
    yield VARIABLE.c.id == NEWEST
    if query.id is None and query.process_instance_id is None and query.process_instance_ids is None:
        yield outside_sandboxes(VARIABLE.c.root_id)


# Rows of variables (their latest value, stored) with the definition of their instance.
VARIABLES: Selection[VariableQuery, Any] = Selection(
    columns=(VARIABLE, INSTANCE.c.definition_id, INSTANCE.c.definition_key),
    source=VARIABLE.join(INSTANCE, INSTANCE.c.id == VARIABLE.c.root_id),
    sorts={"instanceId": VARIABLE.c.process_instance_id, "variableName": VARIABLE.c.name},
    last=(VARIABLE.c.id,),
    show=row_itself,
    cases=VARIABLE.c.root_id,
    further=_conditions,
)
find_variables = VARIABLES.find
