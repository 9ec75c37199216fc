"""Proposals: changes of controlled keys that wait for a second person (four eyes).

    open ──approve──▶ released                      in force at once
     │  └─approve──▶ scheduled ──date──▶ released   in force on its day, by a job
     │                   └─ overtaken               somebody else changed the same key meanwhile
     └──reject───▶ rejected

Who approves is never who proposed, and has to hold the right for it: `Deployment.approve` of the access matrix, and
`Deployment.approve_<key>` where the matrix names a key (DT-12: only SMD, R3-8-2). Nothing is approved that did not
pass its checks against the release in force (engine/examinations.py). All steps stand in the administration chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from engine import authorizations, history, models, releases
from engine.clock import as_utc, from_micros, to_micros
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.ids import new_id
from engine.process_engine import jobs_changed
from engine.values import PersonalRef, decode, dump, encode, load

OPEN, SCHEDULED, RELEASED, REJECTED, OVERTAKEN = "open", "scheduled", "released", "rejected", "overtaken"
STATES = (OPEN, SCHEDULED, RELEASED, REJECTED, OVERTAKEN)
TURNED_DOWN = (REJECTED, OVERTAKEN)
APPROVE = "approve"
COMMENT_LENGTH = 2_000
TABLE = models.proposal


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal. `brought` is {kind: {key: definition id}}, `replaces` what was in force when it was made.

    `examination` is what was checked last, `comment` the reference to what the second person said.
    """

    id: str
    deployment_id: str
    deployment_name: str
    draft_release: int
    state: str
    author: str
    proposed_at: int
    brought: Mapping[str, Mapping[str, str]]
    replaces: Mapping[str, Mapping[str, str | None]]
    decided_by: str | None
    decided_at: int | None
    comment: PersonalRef | None
    effective_at: int | None
    release: int | None
    examination: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Examination:
    """What the checks of a proposal said against the release in force then. `failures` are sentences."""

    proposal_id: str
    release: int
    failures: tuple[str, ...] = ()
    files: int = 0
    cases: int = 0
    scenarios: int = 0
    warnings: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.failures


# ------------------------------------------------------------ making and reading


def propose(ctx: CommandContext, deployment_id: str, brought: releases.Brought) -> str:
    """Keeps what a deployment brought until a second person decides; returns the proposal's id."""
    in_force = ctx.engine.definitions.contents(ctx, releases.current(ctx))
    pairs = {
        kind: {key: [made, in_force.get(kind, {}).get(key)] for key, made in keys.items()}
        for kind, keys in brought.items()
    }
    proposal_id = new_id()
    number = releases.draft(ctx, deployment_id, brought)
    ctx.connection.execute(
        insert(TABLE).values(
            id=proposal_id,
            deployment_id=deployment_id,
            draft_release=number,
            state=OPEN,
            author=ctx.actor.user_id,
            proposed_at=ctx.now_micros,
            brought=dump(pairs),
        )
    )
    body = {"proposal": proposal_id, "deployment": deployment_id, "draft": number, "brought": pairs}
    history.record(ctx, history.ADMIN_CHAIN, "proposal.made", body)
    return proposal_id


def get(ctx: CommandContext, proposal_id: str) -> Proposal:
    """Returns a proposal; raises NotFound."""
    authorizations.require(ctx, "Deployment", "read")
    row = ctx.connection.execute(_select().where(TABLE.c.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no proposal {proposal_id}")
    return _from_row(row)


def find(ctx: CommandContext, *, state: str | None = None, first: int = 0, limit: int | None = None) -> list[Proposal]:
    """Returns proposals, newest first."""
    authorizations.require(ctx, "Deployment", "read")
    query = _select().order_by(TABLE.c.proposed_at.desc(), TABLE.c.id.desc()).offset(first).limit(limit)
    if state is not None:
        query = query.where(TABLE.c.state == state)
    return [_from_row(row) for row in ctx.connection.execute(query)]


def _select() -> Any:
    deployment = models.deployment
    return select(TABLE, deployment.c.name.label("deployment_name")).join(
        deployment, deployment.c.id == TABLE.c.deployment_id
    )


def _from_row(row: Any) -> Proposal:
    pairs: Mapping[str, Mapping[str, list[str | None]]] = load(row.brought)
    return Proposal(
        id=row.id,
        deployment_id=row.deployment_id,
        deployment_name=row.deployment_name,
        draft_release=row.draft_release,
        state=row.state,
        author=row.author,
        proposed_at=row.proposed_at,
        brought={kind: {key: str(pair[0]) for key, pair in keys.items()} for kind, keys in pairs.items()},
        replaces={kind: {key: pair[1] for key, pair in keys.items()} for kind, keys in pairs.items()},
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=None if row.comment is None else decode(row.comment),
        effective_at=row.effective_at,
        release=row.release,
        examination=None if row.examination is None else load(row.examination),
    )


def read_comment(ctx: CommandContext, proposal_id: str) -> str | None:
    """Returns what the second person said, to the author and to who may approve; the reading is recorded."""
    proposal = get(ctx, proposal_id)
    if proposal.comment is None:
        return None
    if ctx.actor.user_id != proposal.author and not authorizations.may(ctx, "Deployment", APPROVE):
        return None
    found = ctx.engine.vault.get_many(ctx, [proposal.comment]).get(proposal.comment.ref)
    body = {"proposal": proposal_id, "ref": proposal.comment.ref}
    history.record(ctx, history.ACCESS_CHAIN, "proposal.comment_read", body)
    return found if isinstance(found, str) else None


# ------------------------------------------------------------ trying


def may_try(ctx: CommandContext, deployed: Deployed) -> bool:
    """Tells whether the actor may start a version that is only proposed: its author, and who may approve it."""
    row = ctx.connection.execute(select(TABLE.c.author).where(TABLE.c.deployment_id == deployed.deployment_id)).first()
    mine = row is not None and row.author == ctx.actor.user_id
    return mine or authorizations.may(ctx, "Deployment", APPROVE)


def require_part(ctx: CommandContext, proposal_id: str) -> None:
    """Raises Forbidden unless the actor proposed it or may approve proposals: they alone have it examined."""
    if get(ctx, proposal_id).author != ctx.actor.user_id:
        authorizations.require(ctx, "Deployment", APPROVE)


# ------------------------------------------------------------ deciding


def require_decider(ctx: CommandContext, proposal_id: str) -> None:
    """Raises NotFound, Conflict or Forbidden unless the actor may decide on it now."""
    _require_second_person(ctx, _undecided(ctx, proposal_id, (OPEN, SCHEDULED)), APPROVE)


def may_decide(ctx: CommandContext, proposal_id: str) -> bool:
    """Tells whether the actor may decide on it now."""
    try:
        require_decider(ctx, proposal_id)
    except (Conflict, Forbidden):
        return False
    return True


def note_examination(ctx: CommandContext, examination: Examination) -> None:
    """Keeps what the checks said, whatever is decided then. Raises Forbidden."""
    require_part(ctx, examination.proposal_id)
    body = _examination_json(examination)
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == examination.proposal_id).values(examination=dump(body)))
    history.record(ctx, history.ADMIN_CHAIN, "proposal.examined", {"proposal": examination.proposal_id, **body})


def approve(
    ctx: CommandContext,
    proposal_id: str,
    *,
    examination: Examination,
    comment: str | None = None,
    effective_at: datetime | None = None,
) -> Proposal:
    """Brings a proposal into force, now or on its day.

    Raises Forbidden (no right, or the author), Conflict (decided already, the same key changed, or examined against
    another release), InvalidRequest (a date in the past, or the checks failed).
    """
    proposal = _undecided(ctx, proposal_id, (OPEN,))
    _require_second_person(ctx, proposal, APPROVE)
    _require_passed(ctx, proposal, examination)
    moment = ctx.now if effective_at is None else as_utc(effective_at)
    if moment < ctx.now:
        raise InvalidRequest("the effective date lies in the past")
    if _is_overtaken(ctx, proposal):
        raise Conflict(f"what proposal {proposal.id} changes was changed meanwhile; propose it again")
    later = moment > ctx.now
    _decide(
        ctx,
        proposal,
        state=SCHEDULED if later else RELEASED,
        comment=comment,
        effective_at=to_micros(moment),
        examination=dump(_examination_json(examination)),
    )
    if later:
        _schedule(ctx, proposal, moment)
    else:
        _release(ctx, proposal)
    return get(ctx, proposal_id)


def reject(ctx: CommandContext, proposal_id: str, *, comment: str | None = None) -> Proposal:
    """Turns a proposal down, also one that waits for its day. Raises Forbidden, Conflict."""
    proposal = _undecided(ctx, proposal_id, (OPEN, SCHEDULED))
    _require_second_person(ctx, proposal, "reject")
    _decide(ctx, proposal, state=REJECTED, comment=comment)
    return get(ctx, proposal_id)


def come_into_force(ctx: CommandContext, proposal_id: str) -> None:
    """What the job of a scheduled proposal does on its day; one that was turned down meanwhile is passed over."""
    proposal = get(ctx, proposal_id)
    if proposal.state != SCHEDULED:
        return
    if _is_overtaken(ctx, proposal):
        ctx.connection.execute(update(TABLE).where(TABLE.c.id == proposal.id).values(state=OVERTAKEN))
        history.record(ctx, history.ADMIN_CHAIN, "proposal.overtaken", {"proposal": proposal.id})
        return
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == proposal.id).values(state=RELEASED))
    _release(ctx, proposal)


def _undecided(ctx: CommandContext, proposal_id: str, states: tuple[str, ...]) -> Proposal:
    proposal = get(ctx, proposal_id)
    if proposal.state not in states:
        by = f" by {proposal.decided_by}" if proposal.decided_by else ""
        raise Conflict(f"proposal {proposal.id} is {proposal.state} already{by}", holder=proposal.decided_by)
    return proposal


def _require_second_person(ctx: CommandContext, proposal: Proposal, operation: str) -> None:
    authorizations.require(ctx, "Deployment", APPROVE)
    for restricted in _restrictions(ctx, proposal):
        authorizations.require(ctx, "Deployment", restricted)
    if proposal.author == ctx.actor.user_id:
        raise Forbidden(
            f"user {ctx.actor.user_id} proposed {proposal.id} and may not {operation} it: a second person decides",
            user_id=ctx.actor.user_id,
            resource=f"Proposal {proposal.id}",
            operation=operation,
        )


def _restrictions(ctx: CommandContext, proposal: Proposal) -> list[str]:
    """The operations `approve_<key>` of the matrix that the proposal's keys fall under (`dt_12` covers `dt_12_…`)."""
    prefix = f"{APPROVE}_"
    named = [
        operation
        for resource, operation in authorizations.access(ctx).operations
        if resource == "Deployment" and operation.startswith(prefix)
    ]
    keys = [key for held in proposal.brought.values() for key in held]
    return [
        operation
        for operation in named
        if any(f"{key}_".startswith(f"{operation.removeprefix(prefix)}_") for key in keys)
    ]


def _require_passed(ctx: CommandContext, proposal: Proposal, examination: Examination) -> None:
    if examination.proposal_id != proposal.id or examination.release != releases.current(ctx):
        raise Conflict(f"proposal {proposal.id} was examined against another release; examine it again")
    if not examination.passed:
        told = "; ".join(examination.failures[:10])
        raise InvalidRequest(f"proposal {proposal.id} does not pass its checks: {told}")


def _is_overtaken(ctx: CommandContext, proposal: Proposal) -> bool:
    in_force = ctx.engine.definitions.contents(ctx, releases.current(ctx))
    return any(
        in_force.get(kind, {}).get(key) != before
        for kind, keys in proposal.replaces.items()
        for key, before in keys.items()
    )


def _decide(ctx: CommandContext, proposal: Proposal, *, state: str, comment: str | None, **columns: Any) -> None:
    kept = _keep(ctx, proposal, comment)
    values = {"state": state, "decided_by": ctx.actor.user_id, "decided_at": ctx.now_micros, "comment": kept, **columns}
    guarded = update(TABLE).where(TABLE.c.id == proposal.id, TABLE.c.state == proposal.state)
    if ctx.connection.execute(guarded.values(**values)).rowcount != 1:
        raise Conflict(f"somebody else decided on proposal {proposal.id} meanwhile")
    body = {
        "proposal": proposal.id,
        "author": proposal.author,
        "brought": proposal.brought,
        "effectiveAt": columns.get("effective_at"),
        "examination": load(columns["examination"]) if "examination" in columns else None,
        "comment": None if kept is None else load(kept),
    }
    kind = "proposal.rejected" if state == REJECTED else "proposal.approved"
    history.record(ctx, history.ADMIN_CHAIN, kind, body)


def _keep(ctx: CommandContext, proposal: Proposal, comment: str | None) -> bytes | None:
    if not comment:
        return None
    if len(comment) > COMMENT_LENGTH:
        raise InvalidRequest(f"a comment has at most {COMMENT_LENGTH} characters")
    kept = ctx.engine.vault.put(ctx, subject=f"proposal:{proposal.id}", data_class="FREE", value=comment)
    return encode(kept)


def _schedule(ctx: CommandContext, proposal: Proposal, moment: datetime) -> None:
    ctx.connection.execute(
        insert(models.job).values(
            id=new_id(),
            type="release",
            due_at=to_micros(moment),
            payload=dump({"proposal": proposal.id}),
            created_at=ctx.now_micros,
        )
    )
    jobs_changed(ctx)


def _release(ctx: CommandContext, proposal: Proposal) -> None:
    number = releases.publish(ctx, proposal.deployment_id, proposal.brought)
    releases.control(ctx, proposal.brought)
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == proposal.id).values(release=number))
    body = {"proposal": proposal.id, "release": number, "definitions": proposal.brought}
    history.record(ctx, history.ADMIN_CHAIN, "release.made", body)


def _examination_json(examination: Examination) -> dict[str, Any]:
    return {
        "release": examination.release,
        "passed": examination.passed,
        "failures": list(examination.failures),
        "warnings": list(examination.warnings),
        "files": examination.files,
        "cases": examination.cases,
        "scenarios": examination.scenarios,
    }


def effective_date(proposal: Proposal) -> datetime | None:
    """Returns the instant from which the proposal counts, once it is approved."""
    return None if proposal.effective_at is None else from_micros(proposal.effective_at)
