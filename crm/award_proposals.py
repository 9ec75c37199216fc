"""What follows from scores and ratings, as proposals (P-18, P-28, DT-09): people decide, and nobody decides alone.

    proposed ─────────────▶ confirmed | declined ─▶ executed        awards
    proposed ──heard──▶ heard ──another person──▶ confirmed | declined ─▶ executed      penalties

A penalty cannot be carried out before the hearing and the decision of a person who did not propose it; the table is
asked again at that moment and must say that it is executable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from crm import models as tables
from crm import rulings
from crm.facts import FACTS, PERIOD, require_reference
from engine import authorizations, history
from engine.context import CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.ids import new_id
from engine.values import encode

PROPOSAL = tables.award_proposal
CHAIN = "scores"
PROPOSED, HEARD, CONFIRMED, DECLINED, EXECUTED = "proposed", "heard", "confirmed", "declined", "executed"
PENALTY, STAR, PROMOTION = "penalty", "service_star", "promotion"
RECTIFICATION = "rectification"
CSR = "CSR"
MONTHS_BACK = 12  # how far the table may look; how many months in a row count is its business
MIN_REASON = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal and where it stands. Instants are UTC microseconds."""

    id: str
    kind: str
    period: str
    subject: str
    amount_fen: int | None
    state: str
    row_id: str | None
    decision_id: str | None
    due_at: int | None
    proposed_by: str
    heard_by: str | None
    heard_at: int | None
    decided_by: str | None


COLUMNS = [PROPOSAL.c[name] for name in Proposal.__slots__]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An agent's month: what was proposed, or why not."""

    agent: str
    star: Mapping[str, Any]
    promotion: Mapping[str, Any]
    proposals: tuple[Proposal, ...]
    decision_id: str


def add(ctx: CommandContext, kind: str, **columns: Any) -> Proposal:
    """Adds a proposal; the same is proposed once per person and period."""
    row = {
        "id": new_id(),
        "kind": kind,
        "state": PROPOSED,
        **columns,
        "proposed_by": ctx.actor.user_id,
        "proposed_at": ctx.now_micros,
    }
    same = (PROPOSAL.c.kind == kind, PROPOSAL.c.period == row["period"], PROPOSAL.c.subject == row["subject"])
    if ctx.connection.execute(select(PROPOSAL.c.id).where(*same)).first() is not None:
        raise Conflict(f"{kind} of {row['subject']} for {row['period']} was proposed already")
    ctx.connection.execute(insert(PROPOSAL).values(**row))
    return get(ctx, str(row["id"]))


def get(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Returns a proposal; raises NotFound."""
    row = ctx.connection.execute(select(*COLUMNS).where(PROPOSAL.c.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no proposal {proposal_id}")
    return Proposal(*row)


def of_period(ctx: CommandContext, period: str) -> list[Proposal]:
    """Returns the proposals of a quarter or month, in order."""
    authorizations.require(ctx, "Score", "read")
    if not PERIOD.fullmatch(period):
        raise InvalidRequest("a period is a quarter such as 2026Q3 or a month such as 2026-09")
    query = select(*COLUMNS).where(PROPOSAL.c.period == period).order_by(PROPOSAL.c.id)
    return [Proposal(*row) for row in ctx.connection.execute(query)]


def read(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Returns a proposal to whoever may read scores; raises NotFound, Forbidden."""
    authorizations.require(ctx, "Score", "read")
    return get(ctx, proposal_id)


# ------------------------------------------------------------ awards of agents


def month_sheets(ctx: CommandContext, month: str) -> list[Sheet]:
    """Judges all agents of a month such as 2026-09 by DT-09 and proposes what they earned."""
    authorizations.require(ctx, "Score", "freeze")
    first = _first_of(month)
    months = [_back(first, count) for count in range(MONTHS_BACK)]
    facts = {day: FACTS.agents(ctx, f"{day:%Y-%m}") for day in months}
    made = [_sheet(ctx, month, agent, [(day, facts[day].get(agent)) for day in months]) for agent in facts[first]]
    entries = [{"agent": one.agent, "decision": one.decision_id} for one in made]
    history.record(ctx, CHAIN, "agents.judged", {"month": month, "agents": entries})
    return made


def _sheet(ctx: CommandContext, month: str, agent: str, known: list[tuple[date, Mapping[str, int] | None]]) -> Sheet:
    own = known[0][1] or {}
    inputs = {
        "role": CSR,
        "ratings": own.get("ratings"),
        "good_ratings": own.get("good_ratings"),
        "last_month": known[0][0],
        "months": [
            {"month": day, "due": facts["complaints_due"], "resolved": facts.get("complaints_resolved", 0)}
            for day, facts in known
            if facts is not None and "complaints_due" in facts
        ],
    }
    ruling = rulings.rule(ctx, "dt_09", inputs, about={"agent": agent, "period": month})
    found = {STAR: dict(ruling.output.get("star") or {}), PROMOTION: dict(ruling.output.get("promotion") or {})}
    proposals = tuple(
        add(
            ctx,
            kind,
            period=month,
            subject=agent,
            amount_fen=None if award.get("amount_fen") is None else int(award["amount_fen"]),
            decision_id=ruling.id,
            row_id=ruling.row_id,
        )
        for kind, award in found.items()
        if award.get("award") is not None and not _is_proposed(ctx, kind, month, agent)
    )
    return Sheet(agent, found[STAR], found[PROMOTION], proposals, ruling.id)


def _is_proposed(ctx: CommandContext, kind: str, period: str, subject: str) -> bool:
    here = (PROPOSAL.c.kind == kind, PROPOSAL.c.period == period, PROPOSAL.c.subject == subject)
    return ctx.connection.execute(select(PROPOSAL.c.id).where(*here)).first() is not None


def _first_of(month: str) -> date:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as cause:
        raise InvalidRequest("a month is written 2026-09") from cause


def _back(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(year, month + 1, 1)


def decide_award(ctx: CommandContext, proposal_id: str, *, accept: bool) -> Proposal:
    """Confirms or declines an award of an agent: a person does, never the run that proposed it (DT-09)."""
    authorizations.require(ctx, "Award", "confirm")
    proposal = _in(ctx, proposal_id, PROPOSED)
    if proposal.kind not in {STAR, PROMOTION}:
        raise Conflict(f"a {proposal.kind} is not decided here")
    _not_by(ctx, "confirm", proposal.proposed_by, proposal.subject)
    return _change(ctx, proposal, CONFIRMED if accept else DECLINED, "award.decided", decided=True)


def hand_in(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Records that the last department handed its rectification report in."""
    authorizations.require(ctx, "Score", "rectify")
    proposal = _in(ctx, proposal_id, CONFIRMED)
    if proposal.kind != RECTIFICATION:
        raise Conflict(f"a {proposal.kind} is no report")
    return _change(ctx, proposal, EXECUTED, "rectification.handed_in", executed=True)


# ------------------------------------------------------------ penalties


def propose_penalty(
    ctx: CommandContext,
    *,
    agent: str,
    month: str,
    cause: str,
    performance_pay_fen: int,
    reason: str,
    causal_finding: bool,
    account_closed: bool = False,
    days_without_rental: int | None = None,
) -> Proposal:
    """Proposes to lower the performance pay of a month (A-58) after the loss of a customer; P-28 goes on from here."""
    authorizations.require(ctx, "Award", "propose_penalty")
    require_reference(agent, "person")
    _first_of(month)
    if len(reason.strip()) < MIN_REASON:
        raise InvalidRequest(f"a reason has at least {MIN_REASON} characters")
    inputs = {
        "cause": cause,
        "performance_pay_fen": performance_pay_fen,
        "causal_finding": causal_finding,
        "account_closed": account_closed,
        "days_without_rental": days_without_rental,
        "heard": False,
        "decided_by_another": False,
    }
    ruling = rulings.rule(ctx, "dt_09_penalty", inputs, about={"agent": agent, "period": month})
    amount = int(ruling.output.get("proposal_fen") or 0)
    if amount == 0:
        raise InvalidRequest(f"no penalty is proposed: {ruling.output.get('reason') or 'no rule'}")
    kept = ctx.engine.vault.put(ctx, subject=agent, data_class="FREE", value=reason)
    due_at, trace = rulings.due(ctx, "hearing")
    proposal = add(
        ctx,
        PENALTY,
        period=month,
        subject=agent,
        amount_fen=amount,
        decision_id=ruling.id,
        row_id=ruling.row_id,
        reason=encode(kept),
        due_at=due_at,
        due_trace=trace,
    )
    history.record(ctx, CHAIN, "penalty.proposed", {**ruling.entry, "proposal": proposal.id, "agent": agent})
    return proposal


def hear(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Records that the person concerned was heard."""
    authorizations.require(ctx, "Award", "hear")
    proposal = _in(ctx, proposal_id, PROPOSED)
    if proposal.kind != PENALTY:
        raise Conflict(f"a {proposal.kind} needs no hearing")
    return _change(ctx, proposal, HEARD, "penalty.heard", heard=True)


def decide_penalty(ctx: CommandContext, proposal_id: str, *, accept: bool) -> Proposal:
    """Decides on a penalty after the hearing, by somebody who neither proposed it nor is concerned."""
    authorizations.require(ctx, "Award", "decide_penalty")
    proposal = _in(ctx, proposal_id, HEARD)
    _not_by(ctx, "decide_penalty", proposal.proposed_by, proposal.subject)
    return _change(ctx, proposal, CONFIRMED if accept else DECLINED, "penalty.decided", decided=True)


def execute(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Carries a penalty out. Raises Conflict unless it was heard and another person decided."""
    authorizations.require(ctx, "Award", "execute")
    proposal = get(ctx, proposal_id)
    by_another = proposal.decided_by is not None and proposal.decided_by != proposal.proposed_by
    if proposal.kind != PENALTY or proposal.state != CONFIRMED or proposal.heard_at is None or not by_another:
        raise Conflict(f"the {proposal.kind} {proposal_id} is {proposal.state}: it needs a hearing and a decision")
    return _change(ctx, proposal, EXECUTED, "penalty.executed", executed=True)


def _in(ctx: CommandContext, proposal_id: str, state: str) -> Proposal:
    proposal = get(ctx, proposal_id)
    if proposal.state != state:
        raise Conflict(
            f"the {proposal.kind} {proposal_id} is {proposal.state}, not {state}", holder=proposal.decided_by
        )
    return proposal


def _not_by(ctx: CommandContext, operation: str, *persons: str) -> None:
    if ctx.actor.user_id in persons:
        raise Forbidden(
            "whoever proposed it or is concerned may not decide",
            user_id=ctx.actor.user_id,
            resource="Award",
            operation=operation,
        )


def _change(ctx: CommandContext, proposal: Proposal, state: str, kind: str, **marks: bool) -> Proposal:
    """Moves a proposal on from the state that was read; who and when are noted under each mark."""
    values: dict[str, Any] = {"state": state}
    for mark in marks:
        values |= {f"{mark}_by": ctx.actor.user_id, f"{mark}_at": ctx.now_micros}
    here = (PROPOSAL.c.id == proposal.id, PROPOSAL.c.state == proposal.state)
    if ctx.connection.execute(update(PROPOSAL).where(*here).values(**values)).rowcount != 1:
        raise Conflict(f"the proposal {proposal.id} was changed meanwhile")
    details = {"proposal": proposal.id, "kind": proposal.kind, "subject": proposal.subject, "state": state}
    history.record(ctx, CHAIN, kind, {"what": details})
    return get(ctx, proposal.id)
