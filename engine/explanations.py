"""Why a decision was taken as it was, who answers for the table, and what would have given another result.

The first comes from the record. The last is worked out when somebody asks: the version that decided is asked again on
the variables and at the instant of the record, so nothing of it has to be stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine import authorizations, decisions, models
from engine.clock import from_micros
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.dmn import counterfactuals
from engine.dmn.counterfactual_words import sentences, why_not
from engine.dmn.counterfactuals import Answer, Counterfactual, Move
from engine.dmn.frame import DecisionFailed
from engine.dmn.model import DmnModel
from engine.errors import NotFound
from engine.values import from_json, load, to_json

Json = dict[str, Any]
NOT_REPRODUCED = (
    "今日按原版本与原输入重算，结果与记录不同（例如工作日历已变），故不作推断",
    "asked again on the recorded values the version says something else today (the calendar changed, for example), "
    "so nothing is concluded",
)
NOT_RECORDED = ("该记录未保存所读取的变量", "this record does not hold the variables that were read")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answers for a version. Instants are µs.

    `release` is the first that held it, None for a proposal that never came into force; `approver` is None where no
    second person was needed or nobody has decided yet.
    """

    definition_id: str
    key: str
    version: int
    deployment_id: str
    release: int | None
    author: str
    approver: str | None
    proposed_at: int
    effective_at: int | None


def origin(ctx: CommandContext, deployed: Deployed) -> Origin:
    """Returns the release, author, approver and effective date of a deployed version."""
    made, definition = models.deployment, models.definition
    proposal, release = models.proposal, models.release
    query = (
        select(
            made.c.deployed_by,
            made.c.deployed_at,
            definition.c.released_at,
            proposal.c.author,
            proposal.c.decided_by,
            proposal.c.state,
            release.c.number,
        )
        .select_from(definition)
        .join(made, made.c.id == definition.c.deployment_id)
        .join(proposal, proposal.c.deployment_id == made.c.id, isouter=True)
        .join(release, (release.c.deployment_id == made.c.id) & (release.c.number > 0), isouter=True)
        .where(definition.c.id == deployed.id)
        .order_by(release.c.number)
        .limit(1)
    )
    row = ctx.connection.execute(query).one()
    return Origin(
        definition_id=deployed.id,
        key=deployed.key,
        version=deployed.version,
        deployment_id=deployed.deployment_id,
        release=row.number,
        author=row.author or row.deployed_by,
        approver=row.decided_by if row.state in ("released", "scheduled") else None,
        proposed_at=row.deployed_at,
        effective_at=row.released_at,
    )


def explain(ctx: CommandContext, decision_id: str) -> Json:
    """Returns a recorded decision with its origin and its counterfactuals; raises NotFound, Forbidden.

    Who may read the history of the case may read it; a decision of no case is read by those who read all histories.
    """
    table = models.decision_instance
    row = ctx.connection.execute(select(table).where(table.c.id == decision_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no decision {decision_id}")
    if row.root_id is None:
        authorizations.require(ctx, "History", "read_any")
    else:
        authorizations.require_instance(ctx, row.root_id)
    body = load(row.body)
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id) if row.definition_id else None
    return {
        "id": row.id,
        "at": row.at,
        "processInstanceId": row.process_instance_id,
        "elementId": row.element_id,
        **{name: value for name, value in body.items() if name != "about"},
        "origin": None if deployed is None else origin(ctx, deployed),
        "counterfactual": None if deployed is None else recorded(ctx, deployed, body, row.at),
    }


def evaluate(
    ctx: CommandContext, deployed: Deployed, values: Mapping[str, Any], *, anchor: datetime | None = None
) -> Json:
    """Tries a decision without a case; returns result, explanation, origin and counterfactuals. Nothing is kept."""
    authorizations.require(ctx, "DecisionDefinition", "evaluate")
    result = decisions.decide(ctx, deployed, values, anchor=anchor)
    model = ctx.engine.definitions.decision(ctx, deployed.id)
    answer = counterfactuals.find(model, deployed.key, values, decisions.environment(ctx), anchor=anchor)
    return {
        **decisions.as_json(result),
        "origin": origin(ctx, deployed),
        "counterfactual": as_json(model.model, answer),
    }


def recorded(ctx: CommandContext, deployed: Deployed, body: Mapping[str, Any], at: int) -> Json:
    """Returns the counterfactuals of a recorded decision, by the version that decided; `at` is its instant (µs)."""
    model = ctx.engine.definitions.decision(ctx, deployed.id)
    if "variables" not in body and model.model.decisions[deployed.key].input_names - set(body["inputs"]):
        return _nothing("not_recorded", NOT_RECORDED)
    answer = answer_of(ctx, deployed, body, at)
    if answer is None:
        return _nothing("not_reproduced", NOT_REPRODUCED)
    return as_json(model.model, answer)


def answer_of(ctx: CommandContext, deployed: Deployed, body: Mapping[str, Any], at: int) -> Answer | None:
    """Asks the version that decided; None if it says something else today than the record."""
    model = ctx.engine.definitions.decision(ctx, deployed.id)
    variables = from_json(body.get("variables", body["inputs"]))
    environment = replace(decisions.environment(ctx), now=from_micros(at))
    anchor = from_json(body.get("anchor"))
    try:
        answer = counterfactuals.find(model, deployed.key, variables, environment, anchor=anchor)
    except DecisionFailed:
        return None
    assert answer.result is not None
    rows = [fired["row"] for fired in body["rows"]]
    return answer if rows == [row.row_id for row in answer.result.rows] else None


def as_json(model: DmnModel, answer: Answer) -> Json:
    """Returns the counterfactuals as data and as sentences; values are in their stored form."""
    why = why_not(answer)
    return {
        "found": [_counterfactual(model, answer, one) for one in answer.found],
        "tried": list(answer.tried),
        "fixed": list(answer.fixed),
        "personal": list(answer.personal),
        "complete": answer.complete,
        "reason": answer.reason or None,
        "zh": why[0] if why else None,
        "en": why[1] if why else None,
    }


def _nothing(reason: str, words: tuple[str, str]) -> Json:
    empty: Json = {"found": [], "tried": [], "fixed": [], "personal": [], "complete": False}
    return {**empty, "reason": reason, "zh": words[0], "en": words[1]}


def _counterfactual(model: DmnModel, answer: Answer, one: Counterfactual) -> Json:
    zh, en = sentences(model, answer, one)
    return {
        "changes": [_change(move) for move in one.moves],
        "rows": list(one.rows),
        "output": to_json(one.output),
        "zh": zh,
        "en": en,
    }


def _change(move: Move) -> Json:
    return {
        "input": move.name,
        "label": {"zh": move.labels[0], "en": move.labels[1]},
        "before": to_json(move.before),
        "after": to_json(move.after),
        "difference": to_json(move.difference),
        "condition": move.condition or None,
        "isCount": move.is_count,
    }
