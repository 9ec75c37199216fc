"""Sessions: a log-in that lasts, held by a random token in a cookie.

The database knows the SHA-256 of the token only. A session ends after half an hour without use, twelve hours after
the log-in, with another log-in of the same browser, and with any change of the user's password, roles or activity.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, or_, select, update

from engine import models, users
from engine.clock import to_micros
from engine.context import CommandContext
from engine.errors import Forbidden, NotFound
from engine.users import User

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
# `last_seen_at` is written at most this often, so that reading does not become writing.
TOUCH_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `stale` asks the caller to `touch` it in a writing transaction."""

    user: User
    csrf_token: str
    stale: bool = False


def open_session(ctx: CommandContext, user: User, *, instead_of: str | None = None) -> tuple[str, Session]:
    """Begins a session; returns the token for the cookie, which is shown this once, and the session.

    The session of the token `instead_of` ends: its cookie is overwritten, so nobody could log it out any more.
    """
    _delete_expired(ctx)
    if instead_of is not None:
        close_session(ctx, instead_of)
    token, csrf_token = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    ctx.connection.execute(
        insert(models.session).values(
            token_hash=hash_of(token),
            user_id=user.id,
            csrf_token=csrf_token,
            created_at=ctx.now_micros,
            last_seen_at=ctx.now_micros,
        )
    )
    return token, Session(user, csrf_token)


def find(ctx: CommandContext, token: str) -> Session | None:
    """Returns the live session of a token, or None."""
    table = models.session
    row = ctx.connection.execute(select(table).where(table.c.token_hash == hash_of(token))).one_or_none()
    if row is None or row.last_seen_at <= _before(ctx, IDLE) or row.created_at <= _before(ctx, ABSOLUTE):
        return None
    try:
        user = users.get(ctx, row.user_id)
    except NotFound:
        return None
    stale = row.last_seen_at <= _before(ctx, TOUCH_EVERY)
    return Session(user, row.csrf_token, stale) if user.active else None


def touch(ctx: CommandContext, token: str) -> None:
    """Notes that the session is in use."""
    table = models.session
    ctx.connection.execute(
        update(table).where(table.c.token_hash == hash_of(token)).values(last_seen_at=ctx.now_micros)
    )


def close_session(ctx: CommandContext, token: str) -> None:
    """Ends a session; one that is over already is no error."""
    ctx.connection.execute(delete(models.session).where(models.session.c.token_hash == hash_of(token)))


def require_csrf(session: Session, given: str | None) -> None:
    """Raises Forbidden unless a writing request carries the session's token, which no other site can read."""
    if given is None or not hmac.compare_digest(session.csrf_token.encode(), given.encode()):
        raise Forbidden(
            "the header X-CSRF-Token is missing or wrong; reload the page",
            user_id=session.user.id,
            resource="Session",
            operation="write",
        )


def _delete_expired(ctx: CommandContext) -> None:
    table = models.session
    over = or_(table.c.last_seen_at <= _before(ctx, IDLE), table.c.created_at <= _before(ctx, ABSOLUTE))
    ctx.connection.execute(delete(table).where(over))


def _before(ctx: CommandContext, span: timedelta) -> int:
    return to_micros(ctx.now - span)


def hash_of(token: str) -> str:
    """Returns what the database knows of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
