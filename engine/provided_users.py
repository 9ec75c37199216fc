"""People of the house's identity provider: known here by a row without a password from their first request on.

The row mirrors the newest claims, so that profiles, absences, groups and API tokens find such people like everybody
else. Claims count by the instant at which their token was issued: an older token that is still valid brings nothing
back. What a bearer may do now are the roles of its own token; the mirror is for everything that outlives it. Whoever
was deactivated here stays out, whatever the provider says.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select, update

from engine import history, models, users
from engine.context import CommandContext
from engine.sql import insert_unless_present
from engine.users import User

TABLE = models.user
# Two first requests may come at once; the slower one finds the row.
INSERT = insert_unless_present(TABLE)


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for, with all roles that it claims. `issued_at` is in UTC microseconds."""

    user: User
    issued_at: int


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom the provider vouches for, with the roles that count here.

    `newer` asks the caller to `mirror` the claims in a writing transaction: once for each new token, so that reading
    does not become writing.
    """

    user: User
    newer: bool


def find(ctx: CommandContext, claims: Claims) -> Known | None:
    """Returns who it is; None if the person was deactivated here."""
    row = ctx.connection.execute(
        select(TABLE.c.active, TABLE.c.claims_at).where(TABLE.c.id == claims.user.id)
    ).one_or_none()
    if row is not None and not row.active:
        return None
    newer = row is None or row.claims_at is None or row.claims_at < claims.issued_at
    return Known(users.from_elsewhere(ctx, claims.user), newer)


def mirror(ctx: CommandContext, claims: Claims) -> None:
    """Keeps the claims unless newer ones are kept already; the chain says what changed of roles and branches."""
    user = users.from_elsewhere(ctx, claims.user)
    if _insert(ctx, user, claims.issued_at):
        users.insert_roles(ctx, [user])
        users.insert_branches(ctx, [user])
        body = {"user": user.id, "roles": list(user.roles), "branches": list(user.branches), "provided": True}
        history.record(ctx, history.ADMIN_CHAIN, "userCreated", body)
    elif _is_newest(ctx, user, claims.issued_at):
        before = users.get(ctx, user.id)
        if before.roles != user.roles:
            users.replace_roles(ctx, user)
            body = {"user": user.id, "before": list(before.roles), "roles": list(user.roles), "provided": True}
            history.record(ctx, history.ADMIN_CHAIN, "rolesChanged", body)
        if before.branches != user.branches:
            users.replace_branches(ctx, user)
            body = {"user": user.id, "before": list(before.branches), "branches": list(user.branches)}
            history.record(ctx, history.ADMIN_CHAIN, "branchesChanged", body | {"provided": True})


def _insert(ctx: CommandContext, user: User, issued_at: int) -> bool:
    made = INSERT.run(
        ctx.connection,
        id=user.id,
        name=user.name,
        password_hash=None,
        active=True,
        failures=0,
        locked_until=None,
        created_at=ctx.now_micros,
        changed_at=ctx.now_micros,
        claims_at=issued_at,
    )
    return made == 1


def _is_newest(ctx: CommandContext, user: User, issued_at: int) -> bool:
    """Notes name and instant of the newest claims; the update holds the row, so that two do not mix their roles."""
    older = or_(TABLE.c.claims_at.is_(None), TABLE.c.claims_at < issued_at)
    newest = update(TABLE).where(TABLE.c.id == user.id, TABLE.c.active, older)
    return ctx.connection.execute(newest.values(name=user.name, claims_at=issued_at)).rowcount == 1
