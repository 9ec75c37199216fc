"""Department scores (P-18, DT-08): targets before the quarter, frozen metrics, points, ranks, confirmed by the CRC.

    targets set ──quarter──▶ frozen ──CRC──▶ confirmed: team awards, rectification report

Nothing is paid or demanded before the committee confirms; a tie is decided by it with a reason (A-28). An indicator
without data takes the company's value, and the sheet shows that it did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from crm import award_proposals, rulings
from crm import models as tables
from crm.facts import FACTS
from crm.points import RENTAL_LINE
from engine import authorizations, history
from engine.context import CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound
from engine.values import dump, encode, load, to_json

TARGET, SCORE = tables.score_target, tables.department_score
CHAIN = "scores"
QUARTER = re.compile(r"(\d{4})Q([1-4])")
INDICATORS = ("satisfaction", "resolution", "repurchase", "referral")
FINDINGS = ("minor_findings", "unauthorised_accesses", "leaks")
COMPANY = "company"  # the values of the whole house, for a department that has none of its own
FROZEN, CONFIRMED = "frozen", "confirmed"
MIN_REASON = 5


@dataclass(frozen=True, slots=True)
class DepartmentScore:
    """One department's sheet. `points` are hundredths; `body` holds inputs, lines and the place with its award."""

    period: str
    department: str
    points: int | None
    rank: int | None
    state: str
    body: Mapping[str, Any]
    decision_id: str


def first_day(period: str) -> date:
    """Returns the first day of a quarter such as 2026Q3; raises InvalidRequest."""
    match = QUARTER.fullmatch(period)
    if match is None:
        raise InvalidRequest("a quarter is written 2026Q3")
    return date(int(match[1]), 3 * int(match[2]) - 2, 1)


def day_after(period: str) -> date:
    """Returns the first day after a quarter."""
    first = first_day(period)
    return date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)


def set_targets(ctx: CommandContext, period: str, targets: Mapping[str, int]) -> None:
    """Sets the targets of a quarter, in basis points, before it begins; raises InvalidRequest afterwards."""
    authorizations.require(ctx, "Score", "set_targets")
    if ctx.now >= _begin(ctx, first_day(period)):
        raise InvalidRequest(f"targets of {period} had to be set before it began")
    for indicator, target in targets.items():
        if indicator not in INDICATORS or type(target) is not int or not 0 < target <= 10_000:
            raise InvalidRequest(f"targets of {', '.join(INDICATORS)} are basis points from 1 to 10000")
        here = (TARGET.c.period == period, TARGET.c.indicator == indicator)
        ctx.connection.execute(delete(TARGET).where(*here))
        row = {"period": period, "indicator": indicator, "target_bp": target}
        ctx.connection.execute(insert(TARGET).values(**row, set_by=ctx.actor.user_id, set_at=ctx.now_micros))
    history.record(ctx, CHAIN, "score.targets_set", {"period": period, "targets": dict(targets)})


def _begin(ctx: CommandContext, day: date) -> datetime:
    return datetime.combine(day, time(0), ctx.engine.calendar.zone)


def freeze(ctx: CommandContext, period: str) -> list[DepartmentScore]:
    """Scores all departments of a finished quarter with the metrics as they are now, and ranks them."""
    authorizations.require(ctx, "Score", "freeze")
    rulings.hold(ctx, CHAIN)
    if ctx.now < _begin(ctx, day_after(period)):
        raise InvalidRequest(f"{period} is not over yet")
    if any(one.state == CONFIRMED for one in _read(ctx, period)):
        raise Conflict(f"the scores of {period} are confirmed")
    metrics = FACTS.indicators(ctx, period)
    departments = sorted(metrics.keys() - {COMPANY})
    if not departments:
        raise NotFound(f"there are no metrics of departments for {period}")
    ctx.connection.execute(delete(SCORE).where(SCORE.c.period == period))
    sheets = {one: _sheet(ctx, period, one, metrics) for one in departments}
    places = _places(ctx, period, sheets)
    for department, sheet in sheets.items():
        _write(ctx, period, department, sheet, places.get(department))
    entries = [{**sheet.entry, "department": name} for name, sheet in sheets.items()]
    history.record(ctx, CHAIN, "scores.frozen", {"period": period, "departments": entries})
    return _read(ctx, period)


def _sheet(
    ctx: CommandContext, period: str, department: str, metrics: Mapping[str, Mapping[str, int]]
) -> rulings.Ruling:
    own, company = metrics[department], metrics.get(COMPANY, {})
    rows = ctx.connection.execute(select(TARGET.c.indicator, TARGET.c.target_bp).where(TARGET.c.period == period))
    targets = {row.indicator: row.target_bp for row in rows}
    inputs: dict[str, Any] = {"business_line": RENTAL_LINE}
    for indicator in INDICATORS:
        inputs[f"{indicator}_bp"] = own.get(f"{indicator}_bp")
        inputs[f"{indicator}_target_bp"] = targets.get(indicator)
    inputs |= {finding: own.get(finding) for finding in FINDINGS}
    inputs["company_values"] = {name: company[f"{name}_bp"] for name in INDICATORS if f"{name}_bp" in company}
    return rulings.rule(ctx, "dt_08", inputs, about={"department": department, "period": period})


def _places(ctx: CommandContext, period: str, sheets: Mapping[str, rulings.Ruling]) -> dict[str, Any]:
    scores = [{"department": name, "total": sheet.output.get("total")} for name, sheet in sheets.items()]
    inputs = {"business_line": RENTAL_LINE, "scores": scores}
    ranking = rulings.rule(ctx, "dt_08_ranking", inputs, about={"period": period})
    return {place["department"]: dict(place) for place in ranking.output.get("places") or ()}


def _write(
    ctx: CommandContext, period: str, department: str, sheet: rulings.Ruling, place: Mapping[str, Any] | None
) -> None:
    output = sheet.output
    total = output.get("total")
    body = {name: to_json(output.get(name)) for name in ("status", "points", "substituted")}
    row = {
        "period": period,
        "department": department,
        "points": None if total is None else int(Decimal(total) * 100),
        "rank": None if place is None else int(place["rank"]),
        "body": dump({**body, "place": to_json(place)}),
        "decision_id": sheet.id,
        "state": FROZEN,
        "at": ctx.now_micros,
    }
    ctx.connection.execute(insert(SCORE).values(**row))


def confirm(
    ctx: CommandContext,
    period: str,
    *,
    ties: Mapping[str, Mapping[str, bool]] | None = None,
    reason: str | None = None,
) -> list[award_proposals.Proposal]:
    """Confirms the ranks: the awards are granted, the last department owes its report in 10 working days.

    `ties` says for each department that the committee has to decide on `{award: bool, rectification: bool}`; it needs
    a reason. Raises Conflict while an indicator has no data or a target is missing.
    """
    authorizations.require(ctx, "Score", "confirm")
    rulings.hold(ctx, CHAIN)
    sheets = _read(ctx, period)
    if not sheets or any(one.state != FROZEN for one in sheets):
        raise Conflict(f"there are no frozen scores of {period} to confirm")
    if any(one.rank is None for one in sheets):
        raise Conflict(f"the scores of {period} are incomplete: a target or a value is missing")
    prizes = rulings.ask(ctx, "dt_08_prizes", {"business_line": RENTAL_LINE}).output
    award_fen = next(int(prize["award_fen"]) for prize in prizes if prize["place"] == "top")
    decided = {one.department: _decided(one, ties or {}, award_fen) for one in sheets}
    tied = sorted(one.department for one in sheets if one.body["place"].get("committee"))
    if tied and (reason is None or len(reason.strip()) < MIN_REASON):
        raise InvalidRequest(f"a tie of {', '.join(tied)} is decided with a reason")
    kept = None if reason is None else ctx.engine.vault.put(ctx, subject=CHAIN, data_class="FREE", value=reason)
    values = {"state": CONFIRMED, "confirmed_by": ctx.actor.user_id, "confirmed_at": ctx.now_micros}
    ctx.connection.execute(update(SCORE).where(SCORE.c.period == period).values(**values))
    made = [proposal for sheet in sheets for proposal in _consequences(ctx, sheet, decided[sheet.department], kept)]
    details = {"period": period, "decided": decided, "reason": None if kept is None else kept.digest}
    history.record(ctx, CHAIN, "scores.confirmed", details)
    return made


def _decided(sheet: DepartmentScore, ties: Mapping[str, Mapping[str, bool]], team_award_fen: int) -> dict[str, Any]:
    """Returns what the place earns; where the table leaves it to the committee, what the committee says."""
    place = sheet.body["place"]
    if not place.get("committee"):
        return {"award_fen": int(place["award_fen"] or 0), "rectification": bool(place["rectification_report"])}
    said = ties.get(sheet.department)
    if said is None:
        raise Conflict(f"{sheet.department} is tied; the committee has to decide on it")
    award_fen = team_award_fen if said.get("award") is True else 0
    return {"award_fen": award_fen, "rectification": said.get("rectification") is True}


def _consequences(
    ctx: CommandContext, sheet: DepartmentScore, decided: Mapping[str, Any], reason: Any
) -> list[award_proposals.Proposal]:
    common: dict[str, Any] = {
        "period": sheet.period,
        "subject": sheet.department,
        "state": award_proposals.CONFIRMED,
        "decision_id": sheet.decision_id,
        "reason": None if reason is None else encode(reason),
        "decided_by": ctx.actor.user_id,
        "decided_at": ctx.now_micros,
    }
    made = []
    if decided["award_fen"]:
        made.append(award_proposals.add(ctx, "team_award", amount_fen=decided["award_fen"], **common))
    if decided["rectification"]:
        due_at, trace = rulings.due(ctx, "rectification")
        made.append(award_proposals.add(ctx, "rectification", due_at=due_at, due_trace=trace, **common))
    return made


def scores(ctx: CommandContext, period: str) -> list[DepartmentScore]:
    """Returns the sheets of a quarter, the first rank first."""
    authorizations.require(ctx, "Score", "read")
    first_day(period)
    return _read(ctx, period)


def _read(ctx: CommandContext, period: str) -> list[DepartmentScore]:
    query = select(SCORE).where(SCORE.c.period == period).order_by(SCORE.c.rank, SCORE.c.department)
    return [
        DepartmentScore(row.period, row.department, row.points, row.rank, row.state, load(row.body), row.decision_id)
        for row in ctx.connection.execute(query)
    ]
