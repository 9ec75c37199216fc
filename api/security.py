"""Who asks: a session cookie of the pages, HTTP Basic or a bearer token of a client; and whether another site sent a
browser here."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import falcon
import falcon.asgi

from api import oidc
from api.commands import Commands
from api.params import UnsupportedType
from api.rate_limits import LogIns
from engine import absences, provided_users, sessions, tokens, users
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Forbidden, StaleRevision, Unauthenticated
from engine.logins import Logins
from engine.provided_users import Claims
from engine.sessions import Session
from engine.users import User

COOKIE = "marque_session"
CSRF_HEADER = "X-CSRF-Token"
PASSWORD_THREADS = 2
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
QUERIES = frozenset(
    f"/{noun}{count}"
    for noun in ("task", "process-instance", "process-definition", "external-task", "job", "incident", "deployment")
    for count in ("", "/count")
)
_HISTORY = re.compile(r"/history/[a-z-]+(/count)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody known: as actor of commands, as user of the pages. `session` is None for HTTP Basic and bearers.

    `by_token` tells that it is a program with an API token; `read_only` that the token may only read.
    """

    actor: Actor
    user: User
    session: Session | None = None
    by_token: bool = False
    read_only: bool = False


class Doorkeeper:
    """Finds out who asks. One per process, because it remembers verified passwords for five minutes."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._logins = Logins(commands.engine)
        self.log_ins = LogIns(commands.engine.settings)
        provider = oidc.provider_of(commands.engine.settings)
        self._provided = None if provider is None else oidc.Tokens(provider)
        self._checks = ThreadPoolExecutor(max_workers=PASSWORD_THREADS, thread_name_prefix="password")

    async def identify(self, req: falcon.asgi.Request) -> Visitor:
        """Returns who asks; raises Unauthenticated. The header counts before the cookie."""
        header = req.get_header("Authorization")
        if header is not None:
            return await self._from_header(header, req.remote_addr)
        token = token_of(req)
        if token is None:
            raise Unauthenticated("log in first")
        return await self._from_session(token, in_use=not is_asking_again(req))

    async def _from_header(self, header: str, address: str) -> Visitor:
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "bearer":
            return await self._from_bearer(credentials.strip())
        name, password = _basic(header)
        user = await self._commands.call(partial(self._logins.remembered, name, password))
        if user is not None:
            return await self._visitor(user)
        # Counted before the check and not after it: many at once would all be checked before the first one counts.
        self.log_ins.count(address)
        visitor = await self.verify(name, password)
        self.log_ins.forgive(address)
        return visitor

    async def _from_bearer(self, secret: str) -> Visitor:
        if self._provided is not None and not secret.startswith(tokens.PREFIX):
            return await self._from_provider(self._provided, secret)
        found = await self._commands.read(SYSTEM_ACTOR, _bearer, secret)
        if found is None:
            raise Unauthenticated("the token is unknown, expired or revoked")
        grant, visitor = found
        if grant.stale:
            await self._commands.run(SYSTEM_ACTOR, tokens.touch, grant.token.id)
        return visitor

    async def _from_provider(self, provided: oidc.Tokens, secret: str) -> Visitor:
        now = self._commands.engine.clock.now()
        claims = await self._commands.call(lambda: provided.check(secret, now))
        found = await self._commands.read(SYSTEM_ACTOR, _provided, claims)
        if found is None:
            raise Unauthenticated("the token is unknown, expired or revoked")
        visitor, newer = found
        if newer:
            # Where many log in for the first time at once, losing the race for the chain shuts nobody out: the next
            # request of this token mirrors it.
            with suppress(StaleRevision):
                await self._commands.run(SYSTEM_ACTOR, provided_users.mirror, claims)
        return visitor

    async def verify(self, name: str, password: str) -> Visitor:
        """Checks a password. Its threads are few and its own: whoever tries passwords slows down log-ins alone."""
        loop = asyncio.get_running_loop()
        return await self._visitor(await loop.run_in_executor(self._checks, self._logins.check, name, password))

    async def _visitor(self, user: User) -> Visitor:
        return Visitor(await self._commands.read(SYSTEM_ACTOR, absences.actor_of, user), user)

    async def change_password(self, name: str, old: str, new: str, *, session: str | None) -> None:
        """Gives somebody a new password against the old one, on the threads of log-ins."""
        change = partial(self._logins.change, name, old, new, session=session)
        await asyncio.get_running_loop().run_in_executor(self._checks, change)

    async def open_session(self, visitor: Visitor, *, instead_of: str | None) -> tuple[str, Session]:
        """Begins a session; returns the token for the cookie. The one that the browser had before ends."""
        return await self._commands.run(visitor.actor, sessions.open_session, visitor.user, instead_of=instead_of)

    async def close_session(self, token: str) -> None:
        await self._commands.run(SYSTEM_ACTOR, sessions.close_session, token)

    async def _from_session(self, token: str, *, in_use: bool) -> Visitor:
        visitor = await self._commands.read(SYSTEM_ACTOR, _visitor, token)
        if visitor is None or visitor.session is None:
            raise Unauthenticated("the session is over; log in again")
        if visitor.session.stale and in_use:
            await self._commands.run(SYSTEM_ACTOR, sessions.touch, token)
        return visitor


def _visitor(ctx: CommandContext, token: str) -> Visitor | None:
    session = sessions.find(ctx, token)
    return None if session is None else Visitor(absences.actor_of(ctx, session.user), session.user, session)


def _bearer(ctx: CommandContext, secret: str) -> tuple[tokens.Grant, Visitor] | None:
    grant = tokens.find(ctx, secret)
    if grant is None:
        return None
    actor = users.actor_of(ctx, grant.user)
    return grant, Visitor(actor, grant.user, by_token=True, read_only=grant.token.read_only)


def _provided(ctx: CommandContext, claims: Claims) -> tuple[Visitor, bool] | None:
    known = provided_users.find(ctx, claims)
    return None if known is None else (Visitor(absences.actor_of(ctx, known.user), known.user), known.newer)


def require_writable(req: falcon.asgi.Request, visitor: Visitor) -> None:
    """Refuses a write of a visitor whose token may only read; the POST twins of queries are reads."""
    if visitor.read_only and req.method not in SAFE_METHODS and not is_query(req):
        raise Forbidden("this token may only read", user_id=visitor.user.id, resource="Token", operation="write")


def is_query(req: falcon.asgi.Request) -> bool:
    """Tells whether a request is the POST twin of a GET query. What is not named here writes."""
    template = (req.uri_template or "").removeprefix("/engine-rest").removeprefix("/engine/default")
    return req.method == "POST" and (template in QUERIES or _HISTORY.fullmatch(template) is not None)


def is_asking_again(req: falcon.asgi.Request) -> bool:
    """Tells whether an open page asks by itself what is new: that keeps nobody logged in who has left the desk."""
    return req.method in SAFE_METHODS and req.get_header("If-None-Match") is not None


def is_encrypted(req: falcon.asgi.Request) -> bool:
    """Tells whether the browser sent this over https, here or to a proxy: the proxy says so, or the page's origin.

    Whoever lies about it keeps the own cookie from being sent.
    """
    return req.forwarded_scheme == "https" or (req.get_header("Origin") or "").startswith("https://")


def token_of(req: falcon.asgi.Request) -> str | None:
    """Returns the token of the session cookie."""
    values = req.get_cookie_values(COOKIE)
    return values[0] if values else None


def require_same_site(req: falcon.asgi.Request, visitor: Visitor) -> None:
    """Refuses a writing request that another site made a browser send.

    A cookie needs the session's token too. Browsers also attach remembered Basic passwords to foreign requests;
    there the origin tells, which programs do not send.
    """
    if req.method in SAFE_METHODS:
        return
    if visitor.session is not None:
        sessions.require_csrf(visitor.session, req.get_header(CSRF_HEADER))
    if is_foreign(req):
        raise Forbidden(
            "another site sent this request",
            user_id=visitor.user.id,
            resource="Session",
            operation="write",
        )


def is_foreign(req: falcon.asgi.Request) -> bool:
    """Tells whether a browser says that a page of another origin sent the request."""
    site = req.get_header("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = req.get_header("Origin")
    return origin is not None and urlsplit(origin).netloc != req.netloc


def require_own_page(req: falcon.asgi.Request) -> None:
    """Another site must not log its victim in to an account of its own: JSON, and from this origin."""
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind != falcon.MEDIA_JSON:
        raise UnsupportedType("the body must be application/json")
    if is_foreign(req):
        raise Forbidden("another site sent this request", user_id="", resource="Session", operation="create")


def _basic(header: str) -> tuple[str, str]:
    """Returns name and password of an Authorization header (RFC 7617)."""
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        name, separator, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        if not separator or "\x00" in name + password:
            raise ValueError
    except (ValueError, binascii.Error) as cause:
        raise Unauthenticated("the Authorization header holds no name and password") from cause
    return name, password
