"""Users: the people and programs that log in, with the roles that decide what they may do.

Passwords are kept as argon2id. How they are checked stands in engine/logins.py, how a log-in lasts in
engine/sessions.py. Somebody who ever acted is deactivated, never deleted, so that histories keep their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, insert, literal, select, union_all, update

from engine import branches, history, models
from engine.access_matrix import AccessMatrix, matrix
from engine.context import SYSTEM, Actor, CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound
from engine.passwords import DEMO_PASSWORD, require_good
from engine.settings import Settings

ADMINISTRATOR = "ADMIN"
PROVIDED = "oidc-"  # how the ids of people of the identity provider begin; it cannot name one of the local users
ROLE, BRANCH = "role", "branch"

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._@-]{0,63}", re.ASCII)
hasher = PasswordHasher()  # argon2id with the second recommended parameters of RFC 9106


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. `roles` are role codes, `branches` places of business; both sorted, as given."""

    id: str
    name: str
    roles: tuple[str, ...]
    active: bool = True
    branches: tuple[str, ...] = ()


def create(
    ctx: CommandContext,
    user_id: str,
    *,
    name: str,
    roles: Iterable[str],
    password: str | None = None,
    of_branches: Iterable[str] = (),
) -> User:
    """Adds a user; one without a password logs in elsewhere. Raises Conflict, InvalidRequest."""
    if not is_id(user_id):
        raise InvalidRequest("a user id has letters, digits and . _ @ - and begins with a letter")
    made = User(user_id, name, _known(ctx, roles), branches=branches.known(of_branches))
    if _row(ctx, user_id) is not None:
        raise Conflict(f"there is a user {user_id} already")
    hashed = None if password is None else hash_of(ctx.engine.settings, user_id, password)
    _insert(ctx, [made], hashed)
    body = {"user": user_id, "roles": list(made.roles), "branches": list(made.branches)}
    history.record(ctx, history.ADMIN_CHAIN, "userCreated", body)
    return made


def is_id(text: str) -> bool:
    """Tells whether a text can be the id of a user. The system acts under its own name, whom nothing is refused."""
    return _ID.fullmatch(text) is not None and text.lower() != SYSTEM


def get(ctx: CommandContext, user_id: str) -> User:
    """Returns a user; raises NotFound."""
    row = _row(ctx, user_id)
    if row is None:
        raise NotFound(f"there is no user {user_id}")
    return from_row(ctx, row)


def from_row(ctx: CommandContext, row: Any) -> User:
    """Returns the user of a row of `app_user`, with roles and branches."""
    return _user(row, _belongings(ctx, row.id))


def listed(ctx: CommandContext) -> list[User]:
    """Returns all users, by id."""
    rows = ctx.connection.execute(select(models.user).order_by(models.user.c.id)).all()
    found = _belongings(ctx)
    return [_user(row, found) for row in rows]


def set_password(ctx: CommandContext, user_id: str, password: str) -> None:
    """Gives a user a new password, unlocks the account and ends the user's sessions."""
    keep_password(ctx, user_id, hash_of(ctx.engine.settings, user_id, password))


def hash_of(settings: Settings, user_id: str, password: str) -> str:
    """Returns the argon2id hash of a new password; raises PasswordRefused for one that is not good enough, and
    InvalidRequest for somebody who logs in at the identity provider and must not get in here after leaving there."""
    if user_id.startswith(PROVIDED):
        raise InvalidRequest(f"{user_id} logs in at the identity provider and has no password here")
    require_good(user_id, password, demo=settings.demo)
    return hasher.hash(password.encode("utf-8", "surrogatepass"))


def is_hash_of(hashed: str, password: bytes | str) -> bool:
    """Tells whether a hash is that of a password. It costs as long as it is meant to, about 150 ms."""
    try:
        return hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def keep_password(
    ctx: CommandContext,
    user_id: str,
    hashed: str,
    *,
    instead_of: str | None = None,
    session_hash: str | None = None,
) -> None:
    """Keeps a password that was hashed before the transaction; all sessions of the user end but one, if it is named.

    With `instead_of` it raises NotFound unless that is still the hash: a change against an old password must not undo
    what somebody else has set since that was checked, an administrator for instance who shuts out whoever knows it.
    """
    still = () if instead_of is None else (models.user.c.password_hash == instead_of,)
    values = {"password_hash": hashed, "failures": 0, "locked_until": None}
    _change(ctx, user_id, values, *still, kept_session=session_hash)
    history.record(ctx, history.ADMIN_CHAIN, "passwordChanged", {"user": user_id})


def set_roles(ctx: CommandContext, user_id: str, roles: Iterable[str]) -> None:
    """Replaces the roles of a user and ends the user's sessions. Raises InvalidRequest for somebody whose roles are
    those of the identity provider, because the next token would bring them back."""
    _require_local(user_id, "roles")
    codes = _known(ctx, roles)
    before = get(ctx, user_id).roles
    _change(ctx, user_id, {})
    replace_roles(ctx, User(user_id, "", codes))
    body = {"user": user_id, "before": list(before), "roles": list(codes)}
    history.record(ctx, history.ADMIN_CHAIN, "rolesChanged", body)


def set_branches(ctx: CommandContext, user_id: str, of_branches: Iterable[str]) -> None:
    """Replaces the branches of a user and ends the user's sessions; as with roles, those of local users alone."""
    _require_local(user_id, "branches")
    wanted = branches.known(of_branches)
    before = get(ctx, user_id).branches
    _change(ctx, user_id, {})
    replace_branches(ctx, User(user_id, "", (), branches=wanted))
    body = {"user": user_id, "before": list(before), "branches": list(wanted)}
    history.record(ctx, history.ADMIN_CHAIN, "branchesChanged", body)


def _require_local(user_id: str, what: str) -> None:
    if user_id.startswith(PROVIDED):
        raise InvalidRequest(f"the identity provider says which {what} {user_id} has")


def set_active(ctx: CommandContext, user_id: str, *, active: bool) -> None:
    """Lets a user log in, or not any more."""
    _change(ctx, user_id, {"active": active})
    kind = "userActivated" if active else "userDeactivated"
    history.record(ctx, history.ADMIN_CHAIN, kind, {"user": user_id})


def actor_of(ctx: CommandContext, user: User) -> Actor:
    """Returns who acts when this user does: committees that the roles belong to count, too."""
    return Actor(user.id, _matrix(ctx).expanded(user.roles), branches=frozenset(user.branches))


def from_elsewhere(ctx: CommandContext, user: User) -> User:
    """Returns somebody whom an identity provider vouches for, with the roles that count here."""
    known = _matrix(ctx).roles
    roles = tuple(role for role in user.roles if role in known and known[role].person)
    return replace(user, roles=roles, branches=tuple(one for one in user.branches if branches.of_value(one)))


def role_names(ctx: CommandContext) -> Mapping[str, tuple[str, str]]:
    """Returns the names of every role, zh and en, by code."""
    return {role.code: (role.zh, role.en) for role in _matrix(ctx).roles.values()}


def create_demo_users(ctx: CommandContext, of_branches: Mapping[str, Iterable[str]] | None = None) -> list[User]:
    """Adds two people per role and an administrator with the public demo password; existing ones stay as they are.

    Ids are role codes in lower case, the second person has the suffix 2. `of_branches` says by id who belongs where.
    """
    known, places = {user.id for user in listed(ctx)}, of_branches or {}
    wanted = [User("admin", _demo_name(ctx, ADMINISTRATOR), (ADMINISTRATOR,))]
    for role in _matrix(ctx).roles.values():
        if role.person:
            name = _demo_name(ctx, role.code)
            wanted += [
                User(role.code.lower() + suffix, f"{name} {suffix}".strip(), (role.code,)) for suffix in ("", "2")
            ]
    made = [replace(user, branches=branches.known(places.get(user.id, ()))) for user in wanted if user.id not in known]
    if made:
        # One hash for all: it is the same public password, and 67 hashes would take ten seconds.
        _insert(ctx, made, hasher.hash(DEMO_PASSWORD))
        history.record(ctx, history.ADMIN_CHAIN, "demoUsersCreated", {"users": [user.id for user in made]})
    return made


def with_public_password(ctx: CommandContext) -> list[str]:
    """Returns the ids of the active users who still have the password of the demonstration.

    Its people were made with one hash, so hashes that several users share are all that is checked: a check of every
    user would take minutes in a large house. The last one who is left is therefore not found.
    """
    table = models.user
    active = select(table.c.password_hash).where(table.c.active, table.c.password_hash.is_not(None))
    shared = active.group_by(table.c.password_hash).having(func.count() > 1)
    public = [hashed for hashed in ctx.connection.execute(shared).scalars() if is_hash_of(hashed, DEMO_PASSWORD)]
    who = select(table.c.id).where(table.c.active, table.c.password_hash.in_(public)).order_by(table.c.id)
    return list(ctx.connection.execute(who).scalars())


def _demo_name(ctx: CommandContext, code: str) -> str:
    role = _matrix(ctx).roles[code]
    return f"{role.zh} {role.en}"


def _matrix(ctx: CommandContext) -> AccessMatrix:
    return matrix(ctx.engine.settings.rules)


def _known(ctx: CommandContext, roles: Iterable[str]) -> tuple[str, ...]:
    codes = tuple(sorted(set(roles)))
    unknown = [code for code in codes if code not in _matrix(ctx).roles]
    if unknown:
        raise InvalidRequest(f"unknown role {', '.join(unknown)}; the roles are those of access.yaml")
    return codes


def _row(ctx: CommandContext, user_id: str) -> Any:
    return ctx.connection.execute(select(models.user).where(models.user.c.id == user_id)).one_or_none()


def _user(row: Any, found: Mapping[tuple[str, str], tuple[str, ...]]) -> User:
    return User(row.id, row.name, found.get((row.id, ROLE), ()), row.active, found.get((row.id, BRANCH), ()))


def _belongings(ctx: CommandContext, user_id: str | None = None) -> dict[tuple[str, str], tuple[str, ...]]:
    """Returns roles and branches by user and kind, with one statement: every request that is not cached asks it."""
    role, branch = models.user_role.c, models.user_branch.c
    roles = select(role.user_id, literal(ROLE).label("kind"), role.role.label("name"))
    places = select(branch.user_id, literal(BRANCH).label("kind"), branch.branch_id.label("name"))
    if user_id is not None:
        roles, places = roles.where(role.user_id == user_id), places.where(branch.user_id == user_id)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for owner, kind, name in sorted(map(tuple, ctx.connection.execute(union_all(roles, places)))):
        found[owner, kind] = (*found.get((owner, kind), ()), name)
    return found


def _insert(ctx: CommandContext, users: list[User], hashed: str | None) -> None:
    times = {"created_at": ctx.now_micros, "changed_at": ctx.now_micros}
    ctx.connection.execute(
        insert(models.user),
        [{"id": user.id, "name": user.name, "password_hash": hashed, **times} for user in users],
    )
    insert_roles(ctx, users)
    insert_branches(ctx, users)


def insert_roles(ctx: CommandContext, users: list[User]) -> None:
    """Writes the roles of users that have none yet."""
    rows = [{"user_id": user.id, "role": role} for user in users for role in user.roles]
    if rows:
        ctx.connection.execute(insert(models.user_role), rows)


def replace_roles(ctx: CommandContext, user: User) -> None:
    """Writes the roles of a user in place of the ones before."""
    ctx.connection.execute(delete(models.user_role).where(models.user_role.c.user_id == user.id))
    insert_roles(ctx, [user])


def insert_branches(ctx: CommandContext, users: list[User]) -> None:
    """Writes the branches of users that have none yet."""
    rows = [{"user_id": user.id, "branch_id": branch} for user in users for branch in user.branches]
    if rows:
        ctx.connection.execute(insert(models.user_branch), rows)


def replace_branches(ctx: CommandContext, user: User) -> None:
    """Writes the branches of a user in place of the ones before."""
    ctx.connection.execute(delete(models.user_branch).where(models.user_branch.c.user_id == user.id))
    insert_branches(ctx, [user])


def _change(
    ctx: CommandContext,
    user_id: str,
    values: Mapping[str, object],
    *conditions: ColumnElement[bool],
    kept_session: str | None = None,
) -> None:
    """Changes a user and ends the user's sessions: what somebody may do is settled when the session begins."""
    table = models.user
    changed = ctx.connection.execute(
        update(table).where(table.c.id == user_id, *conditions).values(changed_at=ctx.now_micros, **values)
    )
    if changed.rowcount != 1:
        raise NotFound(f"there is no user {user_id}")
    ended = delete(models.session).where(models.session.c.user_id == user_id)
    if kept_session is not None:
        ended = ended.where(models.session.c.token_hash != kept_session)
    ctx.connection.execute(ended)
