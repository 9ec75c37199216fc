"""Users: people and workers that log in, with the roles that decide what they may do.

Passwords are kept as argon2id. An unknown user costs as much time as a wrong password. Ten failures within fifteen
minutes lock the account until the fifteen minutes are over; whoever is locked out learns no more than anybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update

from engine import history, models
from engine.access_matrix import matrix
from engine.clock import to_micros
from engine.context import Actor, CommandContext
from engine.credentials import VerifiedPasswords
from engine.errors import Conflict, InvalidRequest, NotFound, Unauthenticated

MAX_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)
MIN_PASSWORD, MAX_PASSWORD = 10, 200
DEMO_PASSWORD = "marque-demo"  # noqa: S105 - public by design; demo mode binds to loopback only

_ID = re.compile(r"[a-z][a-z0-9._-]{0,63}", re.ASCII)
_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106's low-memory profile
# What an unknown user's password is checked against, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody knows this one")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. `roles` are sorted role codes."""

    id: str
    name: str
    roles: tuple[str, ...]
    active: bool

    @property
    def actor(self) -> Actor:
        return Actor(self.id, frozenset(self.roles))


def create(
    ctx: CommandContext, user_id: str, *, name: str, roles: Iterable[str], password: str | None = None
) -> User:
    """Adds a user; without a password only an outside login can be theirs. Raises Conflict, InvalidRequest."""
    if not _ID.fullmatch(user_id):
        raise InvalidRequest(
            "a user id has lower-case letters, digits, '.', '_' and '-', and begins with a letter"
        )
    codes = _known_roles(ctx, roles)
    if _row(ctx, user_id) is not None:
        raise Conflict(f"there is a user {user_id} already")
    hashed = _hashed(password) if password is not None else None
    ctx.connection.execute(
        insert(models.user).values(
            id=user_id,
            name=name,
            password_hash=hashed,
            active=True,
            failures=0,
            created_at=ctx.now_micros,
            changed_at=ctx.now_micros,
        )
    )
    _write_roles(ctx, user_id, codes)
    history.record(ctx, history.ADMIN_CHAIN, "userCreated", {"user": user_id, "roles": list(codes)})
    return User(user_id, name, codes, True)


def get(ctx: CommandContext, user_id: str) -> User:
    """Returns a user; raises NotFound."""
    row = _row(ctx, user_id)
    if row is None:
        raise NotFound(f"there is no user {user_id}")
    return User(row.id, row.name, _roles_of(ctx, [user_id]).get(user_id, ()), row.active)


def listed(ctx: CommandContext) -> list[User]:
    """Returns all users by id."""
    rows = ctx.connection.execute(select(models.user).order_by(models.user.c.id)).all()
    roles = _roles_of(ctx, None)
    return [User(row.id, row.name, roles.get(row.id, ()), row.active) for row in rows]


def set_password(ctx: CommandContext, user_id: str, password: str) -> None:
    """Gives a user a new password and ends all their sessions."""
    _change(ctx, user_id, password_hash=_hashed(password), failures=0, locked_until=None)
    history.record(ctx, history.ADMIN_CHAIN, "passwordChanged", {"user": user_id})


def set_roles(ctx: CommandContext, user_id: str, roles: Iterable[str]) -> None:
    """Replaces the roles of a user and ends all their sessions."""
    codes = _known_roles(ctx, roles)
    _change(ctx, user_id)
    ctx.connection.execute(delete(models.user_role).where(models.user_role.c.user_id == user_id))
    _write_roles(ctx, user_id, codes)
    history.record(ctx, history.ADMIN_CHAIN, "rolesChanged", {"user": user_id, "roles": list(codes)})


def set_active(ctx: CommandContext, user_id: str, *, active: bool) -> None:
    """Lets a user log in or not; a user who ever acted is never deleted."""
    _change(ctx, user_id, active=active)
    history.record(
        ctx, history.ADMIN_CHAIN, "userActivated" if active else "userDeactivated", {"user": user_id}
    )


def authenticate(ctx: CommandContext, user_id: str, password: str, *, verified: VerifiedPasswords) -> User:
    """Returns the user if the password is right; raises Unauthenticated, always with the same message.

    Run it in a transaction that commits: failures are counted, so the error must not roll it back. `check` does so.
    """
    outcome = check(ctx, user_id, password, verified=verified)
    if outcome is None:
        raise Unauthenticated("user name or password is wrong")
    return outcome


def check(ctx: CommandContext, user_id: str, password: str, *, verified: VerifiedPasswords) -> User | None:
    """Returns the user if the password is right, else None after counting the failure."""
    row = _row(ctx, user_id)
    stored = row.password_hash if row is not None and row.password_hash else None
    if row is not None and stored and verified.knows(user_id, password, stored, ctx.now) and row.active:
        return get(ctx, user_id)
    right = _matches(stored or _NOBODY, password) and stored is not None
    if row is None or stored is None:
        return None
    window_open = row.locked_until is not None and ctx.now_micros < row.locked_until
    failures = row.failures if window_open else 0
    if not right or failures >= MAX_FAILURES or not row.active:
        _count_failure(ctx, user_id, failures, row.locked_until if window_open else None)
        return None
    if row.failures:
        _write(ctx, user_id, failures=0, locked_until=None)
    verified.remember(user_id, password, stored, ctx.now)
    return get(ctx, user_id)


def create_demo_users(ctx: CommandContext) -> Sequence[User]:
    """Adds two people per role and an administrator, all with the public demo password; existing ones stay."""
    known = {user.id for user in listed(ctx)}
    wanted = [("admin", "系统管理员 Administrator", ("admin",))]
    for role in matrix(ctx.engine.settings.rules).roles.values():
        if role.person:
            user_id = role.code.lower()
            wanted.append((user_id, f"{role.zh} {role.en}", (role.code,)))
            wanted.append((f"{user_id}2", f"{role.zh}（二） {role.en} (2)", (role.code,)))
    hashed = _hasher.hash(DEMO_PASSWORD)
    made = [_demo_user(ctx, *one, hashed=hashed) for one in wanted if one[0] not in known]
    if made:
        names = [user.id for user in made]
        history.record(ctx, history.ADMIN_CHAIN, "demoUsersCreated", {"users": names})
    return made


def _demo_user(ctx: CommandContext, user_id: str, name: str, roles: tuple[str, ...], *, hashed: str) -> User:
    times = {"created_at": ctx.now_micros, "changed_at": ctx.now_micros}
    ctx.connection.execute(insert(models.user).values(id=user_id, name=name, password_hash=hashed, **times))
    _write_roles(ctx, user_id, roles)
    return User(user_id, name, roles, True)
