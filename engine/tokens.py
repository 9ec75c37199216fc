"""API tokens: how programs log in without a password, for a while, with no more than their owner may do.

The database knows the SHA-256 of a token only: it is 32 random bytes, so nothing slower is needed. A token carries a
part of its owner's roles, may be limited to reading, expires, and can be revoked. What the owner loses the token
loses, too.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from engine import authorizations, history, models, users
from engine.clock import to_micros
from engine.context import CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.ids import new_id
from engine.users import User

PREFIX = "mrq_"  # tells tokens of the house from those of an identity provider, also for scanners of leaked secrets
TOKEN_BYTES = 32
DEFAULT_DAYS, MAX_DAYS = 90, 366
NAME_LENGTH = 100
MAX_LIVE = 50
# The stamp of the last use is written at most this often, so that reading does not become writing.
TOUCH_EVERY = timedelta(minutes=1)
TABLE = models.api_token


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. Instants are UTC microseconds; `roles` are those given, not those left."""

    id: str
    user_id: str
    name: str
    roles: tuple[str, ...]
    read_only: bool
    created_at: int
    expires_at: int
    last_used_at: int | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a live token stands for: its owner, with the roles that token and owner have in common.

    `stale` asks the caller to `touch` the token in a writing transaction.
    """

    token: ApiToken
    user: User
    stale: bool


def create(
    ctx: CommandContext,
    *,
    name: str,
    user_id: str | None = None,
    roles: Iterable[str] | None = None,
    read_only: bool = False,
    days: int = DEFAULT_DAYS,
) -> tuple[str, ApiToken]:
    """Makes a token for the actor (the system: for anybody); returns the secret, which is shown this once."""
    owner = _owner(ctx, user_id)
    if not name.strip() or len(name) > NAME_LENGTH:
        raise InvalidRequest(f"a token has a name of at most {NAME_LENGTH} characters")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidRequest(f"a token lasts 1 to {MAX_DAYS} days")
    _require_room(ctx, owner)
    made = ApiToken(
        id=new_id(),
        user_id=owner.id,
        name=name.strip(),
        roles=_part(ctx, owner, roles),
        read_only=read_only,
        created_at=ctx.now_micros,
        expires_at=to_micros(ctx.now + timedelta(days=days)),
    )
    secret = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    _insert(ctx, made, secret)
    return secret, made


def find(ctx: CommandContext, secret: str) -> Grant | None:
    """Returns what a live token stands for, or None: unknown, expired, revoked, or its owner is inactive."""
    row = ctx.connection.execute(select(TABLE).where(TABLE.c.token_hash == _hash(secret))).one_or_none()
    if row is None or row.revoked_at is not None or row.expires_at <= ctx.now_micros:
        return None
    token, owner = _from_row(row), users.get(ctx, row.user_id)
    if not owner.active:
        return None
    left = tuple(role for role in owner.roles if role in token.roles)
    stale = token.last_used_at is None or token.last_used_at <= to_micros(ctx.now - TOUCH_EVERY)
    return Grant(token, replace(owner, roles=left), stale)


def touch(ctx: CommandContext, token_id: str) -> None:
    """Notes that the token is in use."""
    ctx.connection.execute(update(TABLE).where(TABLE.c.id == token_id).values(last_used_at=ctx.now_micros))


def listed(ctx: CommandContext, user_id: str | None = None) -> list[ApiToken]:
    """Returns the tokens of the actor, or of another user for those who may read users; the newest first."""
    owner = user_id or ctx.actor.user_id
    if owner != ctx.actor.user_id:
        authorizations.require(ctx, "User", "read")
    query = select(TABLE).where(TABLE.c.user_id == owner).order_by(TABLE.c.id.desc())
    return [_from_row(row) for row in ctx.connection.execute(query)]


def revoke(ctx: CommandContext, token_id: str) -> None:
    """Ends a token at once: the actor's own, or anybody's for those who may write users. Raises NotFound.

    Another person's token looks like none to whoever may not touch it. A token that is revoked already is no error.
    """
    row = ctx.connection.execute(select(TABLE).where(TABLE.c.id == token_id)).one_or_none()
    mine = row is not None and row.user_id == ctx.actor.user_id
    if row is None or not (mine or authorizations.may(ctx, "User", "write")):
        raise NotFound(f"there is no token {token_id}")
    revoked = update(TABLE).where(TABLE.c.id == token_id, TABLE.c.revoked_at.is_(None))
    if ctx.connection.execute(revoked.values(revoked_at=ctx.now_micros)).rowcount:
        history.record(ctx, history.ADMIN_CHAIN, "tokenRevoked", {"user": row.user_id, "token": token_id})


def _owner(ctx: CommandContext, user_id: str | None) -> User:
    """Nobody, administrators included, makes a token in another person's name: acts must stay that person's."""
    if user_id is not None and user_id != ctx.actor.user_id and not ctx.actor.is_system:
        raise Forbidden(
            f"user {ctx.actor.user_id} may not create a token of another user",
            user_id=ctx.actor.user_id,
            resource="Token",
            operation="create",
        )
    return users.get(ctx, user_id or ctx.actor.user_id)


def _part(ctx: CommandContext, owner: User, roles: Iterable[str] | None) -> tuple[str, ...]:
    """Whom an identity provider vouches for has the roles of the token in hand, which may be fewer than are known."""
    held = tuple(role for role in owner.roles if ctx.actor.is_system or role in ctx.actor.roles)
    wanted = held if roles is None else tuple(sorted(set(roles)))
    if not wanted or not set(wanted) <= set(held):
        raise InvalidRequest(f"a token carries one or more of its owner's roles: {', '.join(held)}")
    return wanted


def _require_room(ctx: CommandContext, owner: User) -> None:
    live = select(func.count()).where(
        TABLE.c.user_id == owner.id, TABLE.c.revoked_at.is_(None), TABLE.c.expires_at > ctx.now_micros
    )
    if ctx.connection.execute(live).scalar_one() >= MAX_LIVE:
        raise Conflict(f"user {owner.id} has {MAX_LIVE} live tokens; revoke one first")


def _insert(ctx: CommandContext, made: ApiToken, secret: str) -> None:
    ctx.connection.execute(
        insert(TABLE).values(
            id=made.id,
            token_hash=_hash(secret),
            user_id=made.user_id,
            name=made.name,
            roles=json.dumps(made.roles),
            read_only=made.read_only,
            created_at=made.created_at,
            expires_at=made.expires_at,
        )
    )
    # The name is free text and stays out of the chain.
    body = {
        "user": made.user_id,
        "token": made.id,
        "roles": list(made.roles),
        "readOnly": made.read_only,
        "expiresAt": made.expires_at,
    }
    history.record(ctx, history.ADMIN_CHAIN, "tokenCreated", body)


def _from_row(row: Any) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        roles=tuple(json.loads(row.roles)),
        read_only=row.read_only,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
