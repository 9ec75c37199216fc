"""What an actor sees of a case's personal values, as the access matrix (DT-07) says, and the record of the reading.

A cell's grant is tied to a relation between actor and case (see `scopes` in rules/access/access.yaml). Titles, lists
and notifications show references only; values are shown through here alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from engine import branches, history, models, substitutions
from engine.access_matrix import matrix
from engine.context import CommandContext, Cover
from engine.errors import InvalidRequest
from engine.personal_values import DATA_CLASSES, EVERYTHING, Sight, references, reveal
from engine.values import PersonalRef

MIN_REASON = 5
# Every view of these is recorded; of the others those for which a reason is needed.
RECORDED = frozenset({"BASIC", "ID"})
TASK = models.user_task


def sight(ctx: CommandContext, root_id: str | None, *, reason: str | None = None) -> Sight:
    """Returns which data classes the actor sees in the clear and which masked, in one case or (None) in none.

    A grant for a reason counts only if one is given; the caller must then record the reading with it.
    """
    if ctx.actor.is_system:
        return EVERYTHING
    relations = {"any"}
    if reason is not None and len(reason.strip()) >= MIN_REASON:
        relations.add("reason")
    if root_id is None:
        return _granted(ctx, ctx.actor.roles, relations)
    branch = _branch_of(ctx, root_id)
    relations |= _inside(ctx.actor.branches, branch, inside=works_on(ctx, root_id))
    seen = [_granted(ctx, ctx.actor.roles, relations)]
    # In a case of somebody whom the actor covers that person's eyes count, too; in any other case they do not.
    for cover in ctx.actor.covers:
        if _stands_in(ctx, root_id, cover):
            seen.append(_granted(ctx, cover.roles, {"any"} | _inside(cover.branches, branch, inside=True)))
    clear = frozenset().union(*(one.clear for one in seen))
    return Sight(clear, frozenset().union(*(one.masked for one in seen)) - clear)


def _branch_of(ctx: CommandContext, root_id: str) -> str | None:
    """Returns the branch of a case if there is anybody's branch to compare it with."""
    known = ctx.actor.branches.union(*(cover.branches for cover in ctx.actor.covers))
    return branches.of_case(ctx, root_id) if known else None


def _inside(own: frozenset[str], branch: str | None, *, inside: bool) -> set[str]:
    """Returns the relations that come from working on a case and from belonging to its branch."""
    found = {"case"} if inside else set()
    return found | {"branch"} if branches.holds(own, branch, inside=inside) else found


def _granted(ctx: CommandContext, roles: frozenset[str], relations: set[str]) -> Sight:
    granted = matrix(ctx.engine.settings.rules)
    clear = {
        column
        for column in DATA_CLASSES
        if (granted.relations_of(roles, column, "read") | granted.relations_of(roles, column, "edit")) & relations
    }
    masked = {column for column in DATA_CLASSES if granted.relations_of(roles, column, "mask") & relations}
    return Sight(frozenset(clear), frozenset(masked))


def works_on(ctx: CommandContext, root_id: str) -> bool:
    """Tells whether the actor holds an open task of the case by an own right, was made a candidate for one by an
    escalation, or locked one of its external tasks as a worker."""
    own = and_(TASK.c.assignee == ctx.actor.user_id, TASK.c.acting_for.is_(None))
    return _has_open(ctx, root_id, own, ctx.actor.roles) or _works_for(ctx, root_id)


def _stands_in(ctx: CommandContext, root_id: str, cover: Cover) -> bool:
    theirs = and_(TASK.c.assignee == cover.user_id, TASK.c.acting_for.is_(None))
    taken = and_(TASK.c.assignee == ctx.actor.user_id, TASK.c.acting_for == cover.user_id)
    return _has_open(ctx, root_id, or_(theirs, taken), cover.roles)


def _has_open(ctx: CommandContext, root_id: str, held: ColumnElement[bool], roles: frozenset[str]) -> bool:
    mine = or_(held, substitutions.escalated(roles))
    query = select(TASK.c.id).where(and_(TASK.c.root_id == root_id, TASK.c.state == "open", mine)).limit(1)
    return ctx.connection.execute(query).first() is not None


def _works_for(ctx: CommandContext, root_id: str) -> bool:
    table = models.external_task
    held = select(table.c.id).where(
        table.c.root_id == root_id,
        table.c.locked_by == ctx.actor.user_id,
        table.c.lock_expires_at > ctx.now_micros,
    )
    return ctx.connection.execute(held.limit(1)).first() is not None


def read_case(
    ctx: CommandContext, root_id: str, values: Mapping[str, Any], *, reason: str | None = None
) -> dict[str, Any]:
    """Returns variables of a case as the actor may see them, and records the view of BASIC and ID or with a reason.

    Needs a writing transaction. The record (chain `access:<case>`) names actor, case, variables and classes; the
    reason is kept in the vault, for it may name the person.
    """
    seen = sight(ctx, root_id, reason=reason)
    shown = _shown(values, seen)
    if reason is not None or RECORDED & set(shown.values()):
        body: dict[str, Any] = {"case": root_id, "classes": sorted(set(shown.values())), "variables": sorted(shown)}
        if reason is not None:
            body["reason"] = keep_reason(ctx, root_id, reason)
        history.record(ctx, access_chain(root_id), "personalDataRead", body)
    revealed: dict[str, Any] = reveal(ctx, dict(values), seen)
    return revealed


def keep_reason(ctx: CommandContext, root_id: str, reason: str) -> dict[str, str]:
    """Keeps the reason of a reading in the vault, for it may name a person; returns what an event says of it."""
    kept = ctx.engine.vault.put(ctx, subject=f"case:{root_id}", data_class="FREE", value=reason)
    return {"ref": kept.ref, "digest": kept.digest}


def access_chain(root_id: str) -> str:
    """Returns the chain of the readings of a case: its own, so that reading neither contends with working on the
    case nor with reading others."""
    return f"{history.ACCESS_CHAIN}:{root_id}"


def require_reason(reason: str | None) -> str:
    """Returns the reason; raises InvalidRequest if it says nothing."""
    if reason is None or len(reason.strip()) < MIN_REASON:
        raise InvalidRequest(f"a reason of at least {MIN_REASON} characters is needed")
    return reason.strip()


def _shown(values: Mapping[str, Any], seen: Sight) -> dict[str, str]:
    """Returns variable -> data class of what will be decrypted, masked values included."""
    refs: list[tuple[str, PersonalRef]] = [(name, ref) for name, value in values.items() for ref in references(value)]
    return {name: ref.data_class for name, ref in refs if ref.data_class in seen.clear | seen.masked}
