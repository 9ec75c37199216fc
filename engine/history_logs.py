"""Lists of decisions and of single changes: limited to the cases one may see; sandboxes where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import models
from engine.queries import Selection, among, equal, like, row_itself, since, until

DECISION, VARIABLE, INSTANCE = models.decision_instance, models.variable_update, models.process_instance


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Filters of decisions that were taken."""

    id: str | None = equal(DECISION.c.id)
    decision_id: str | None = equal(DECISION.c.definition_id)
    ids: tuple[str, ...] | None = among(DECISION.c.id)
    decision_ids: tuple[str, ...] | None = among(DECISION.c.definition_id)
    decision_key: str | None = equal(DECISION.c.decision_key)
    decision_keys: tuple[str, ...] | None = among(DECISION.c.decision_key)
    decision_key_like: str | None = like(DECISION.c.decision_key)
    process_instance_id: str | None = equal(DECISION.c.process_instance_id)
    definition_id: str | None = equal(INSTANCE.c.definition_id)
    definition_key: str | None = equal(INSTANCE.c.definition_key)
    element_id: str | None = equal(DECISION.c.element_id)
    element_ids: tuple[str, ...] | None = among(DECISION.c.element_id)
    activity_ids: tuple[str, ...] | None = among(DECISION.c.activity_id)
    before: int | None = until(DECISION.c.at)
    after: int | None = since(DECISION.c.at)
    include_inputs: bool | None = None
    include_outputs: bool | None = None


# Rows of decisions with the definition of their case, newest first.
DECISIONS: Selection[DecisionQuery, Any] = Selection(
    columns=(
        DECISION,
        INSTANCE.c.definition_id.label("process_definition_id"),
        INSTANCE.c.definition_key.label("process_definition_key"),
    ),
    source=DECISION.outerjoin(INSTANCE, INSTANCE.c.id == DECISION.c.root_id),
    sorts={"evaluationTime": DECISION.c.at},
    last=(DECISION.c.id.desc(),),
    show=row_itself,
    cases=DECISION.c.root_id,
    sandboxes=DECISION.c.root_id,
)


@dataclass(frozen=True, slots=True)
class DetailQuery:
    """Filters of changes of variables."""

    id: str | None = equal(VARIABLE.c.id)
    process_instance_id: str | None = equal(VARIABLE.c.process_instance_id)
    process_instance_ids: tuple[str, ...] | None = among(VARIABLE.c.process_instance_id)
    activity_id: str | None = equal(VARIABLE.c.activity_id)
    before: int | None = until(VARIABLE.c.at)
    after: int | None = since(VARIABLE.c.at)
    include_updates: bool | None = None


# Rows of every change of a variable, in order; personal values as references.
DETAILS: Selection[DetailQuery, Any] = Selection(
    columns=(VARIABLE, INSTANCE.c.definition_id, INSTANCE.c.definition_key),
    source=VARIABLE.join(INSTANCE, INSTANCE.c.id == VARIABLE.c.root_id),
    sorts={
        "time": VARIABLE.c.at,
        "variableName": VARIABLE.c.name,
        "processInstanceId": VARIABLE.c.process_instance_id,
    },
    last=(VARIABLE.c.id,),
    show=row_itself,
    cases=VARIABLE.c.root_id,
    sandboxes=VARIABLE.c.root_id,
)
