"""Log-ins with a name and a password: HTTP Basic on every request, or once for a session.

An argon2id check costs about 150 ms of processor time by design. So it runs outside any transaction, and a check
that succeeded is remembered for five minutes under a keyed hash, which a change of the user's password or roles
makes useless.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from engine import history, models, sessions, users
from engine.clock import to_micros
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import NotFound, Unauthenticated
from engine.passwords import PasswordRefused, is_public
from engine.users import User, hasher

if TYPE_CHECKING:
    from engine.process_engine import ProcessEngine

MAX_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)
REMEMBERED_FOR = timedelta(minutes=5)
MAX_REMEMBERED = 10_000
MAX_TRIED_LENGTH = 1_000


WRONG = "the user name or the password is wrong"


class PasswordIsPublic(Unauthenticated):
    """The password is right, and everybody knows it: it is good for choosing another one only."""

    zh = "演示密码在此不能登录；请先更改密码"


@dataclass(frozen=True, slots=True)
class _Account:
    """What the check of a password needs of a user."""

    user: User
    password_hash: str | None
    changed_at: int
    failures: int
    locked_until: int | None


class Logins:
    """Checks passwords of one engine; keeps what it verified in this process alone."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = threading.Lock()
        # What the password of an unknown user is checked against, so that the answer takes as long.
        self._nobody = hasher.hash(secrets.token_hex(16))

    def check(self, user_id: str, password: str) -> User:
        """Returns the user; raises Unauthenticated, in the same words whatever was wrong.

        Ten failures within fifteen minutes lock the account for fifteen minutes, for the right password, too. Outside
        demo mode the public password of the demonstration opens nothing: raises PasswordIsPublic.
        """
        user = self._verified_account(user_id, password).user
        if is_public(password, demo=self._engine.settings.demo):
            raise PasswordIsPublic("the password of the demonstration opens nothing here; change it first")
        return user

    def change(self, user_id: str, old: str, new: str, *, session: str | None = None) -> None:
        """Gives a user a new password against the old one, which may be that of the demonstration.

        All sessions of the user end but the one of the token `session`. Raises Unauthenticated in the same words
        whatever was wrong, also if the old one was changed meanwhile; PasswordRefused for a new one that is not good
        enough.
        """
        account = self._verified_account(user_id, old)
        if new == old:
            raise PasswordRefused("same", zh="新密码与旧密码相同", en="the new password is the old one")
        user = account.user
        hashed = users.hash_of(self._engine.settings, user.id, new)
        kept = None if session is None else sessions.hash_of(session)
        keep = partial(users.keep_password, instead_of=account.password_hash, session_hash=kept)
        try:
            self._engine.run(Actor(user.id), keep, user.id, hashed)
        except NotFound as cause:
            raise Unauthenticated(WRONG) from cause

    def _verified_account(self, user_id: str, password: str) -> _Account:
        now = self._engine.clock.now()
        user_id, tried = _typed(user_id, password)
        account = self._engine.read(SYSTEM_ACTOR, _account, user_id)
        tag = self._tag(account, tried)
        if account is not None and account.user.active and self._remembers(tag, now):
            return account
        stored = account.password_hash if account is not None else None
        right = users.is_hash_of(stored or self._nobody, tried) and stored is not None
        if account is None or not right or not account.user.active or _is_locked(account, now):
            # For an unknown user, too, so that both take the same way through the database.
            self._engine.run(SYSTEM_ACTOR, _count_failure, user_id)
            raise Unauthenticated(WRONG)
        if account.failures:
            self._engine.run(SYSTEM_ACTOR, _forget_failures, user_id)
        self._remember(tag, now)
        return account

    def remembered(self, user_id: str, password: str) -> User | None:
        """Returns the user if this very password was verified a moment ago. It costs no check, tells nothing about
        any other password, and counts no failure."""
        if is_public(password, demo=self._engine.settings.demo):
            return None
        user_id, tried = _typed(user_id, password)
        account = self._engine.read(SYSTEM_ACTOR, _account, user_id)
        known = self._remembers(self._tag(account, tried), self._engine.clock.now())
        return account.user if account is not None and account.user.active and known else None

    def _tag(self, account: _Account | None, tried: bytes) -> bytes:
        """Returns what a verified password is remembered by; another hash or change of the user makes another."""
        parts = ("", "", "0") if account is None else _parts(account)
        message = b"\x00".join([*(part.encode() for part in parts), tried])
        return hmac.new(self._key, message, hashlib.sha256).digest()

    def _remembers(self, tag: bytes, now: datetime) -> bool:
        with self._lock:
            since = self._verified.get(tag)
        return since is not None and timedelta() <= now - since < REMEMBERED_FOR

    def _remember(self, tag: bytes, now: datetime) -> None:
        with self._lock:
            self._verified[tag] = now
            self._verified.move_to_end(tag)
            if len(self._verified) > MAX_REMEMBERED:
                self._verified.popitem(last=False)


def _typed(user_id: str, password: str) -> tuple[str, bytes]:
    """Returns what is looked for and tried. What cannot be an id takes the way of an unknown one, without its text in
    a statement."""
    tried = password[:MAX_TRIED_LENGTH].encode("utf-8", "surrogatepass")
    return user_id if users.is_id(user_id) else "-", tried


def _parts(account: _Account) -> tuple[str, str, str]:
    return account.user.id, account.password_hash or "", str(account.changed_at)


def _is_locked(account: _Account, now: datetime) -> bool:
    window_open = account.locked_until is not None and to_micros(now) < account.locked_until
    return window_open and account.failures >= MAX_FAILURES


def _account(ctx: CommandContext, user_id: str) -> _Account | None:
    row = ctx.connection.execute(select(models.user).where(models.user.c.id == user_id)).one_or_none()
    if row is None:
        return None
    user = users.from_row(ctx, row)
    return _Account(user, row.password_hash, row.changed_at, row.failures, row.locked_until)


def _count_failure(ctx: CommandContext, user_id: str) -> None:
    """Counts within a window that the first failure opens; the tenth failure makes the window a lock."""
    account = _account(ctx, user_id)
    if account is None or _is_locked(account, ctx.now):
        return
    window_open = account.locked_until is not None and ctx.now_micros < account.locked_until
    failures = account.failures + 1 if window_open else 1
    until = account.locked_until if window_open and failures < MAX_FAILURES else to_micros(ctx.now + FAILURE_WINDOW)
    table = models.user
    ctx.connection.execute(update(table).where(table.c.id == user_id).values(failures=failures, locked_until=until))
    if failures == MAX_FAILURES:
        history.record(ctx, history.ADMIN_CHAIN, "accountLocked", {"user": user_id, "until": until})


def _forget_failures(ctx: CommandContext, user_id: str) -> None:
    table = models.user
    ctx.connection.execute(update(table).where(table.c.id == user_id).values(failures=0, locked_until=None))
