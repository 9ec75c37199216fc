"""The access log: what was refused to whom, and who read what is not their own work; chained like all history.

Readings of personal data stand in a chain per case (`access:<case>`), which crm/access.py writes together with the
reading. Here is the rest: refusals, readings by a right on all things of a kind, refused log-ins; and the list of all
of it, together with the changes of rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from engine import authorizations, history, models
from engine.context import CommandContext
from engine.queries import between, equal
from engine.values import load

EVENT = models.history_event
REFUSED, READ, LOG_IN_REFUSED = "accessRefused", "privilegedRead", "logInRefused"
BEGIN = f"{history.ACCESS_CHAIN}:"
# One chain each, so that a storm of one kind does not contend with another.
CHAINS: Mapping[str, str] = {
    kind: BEGIN + name for kind, name in ((REFUSED, "refused"), (READ, "read"), (LOG_IN_REFUSED, "log-in"))
}
RIGHTS = frozenset(
    {
        "absenceChanged",
        "absenceEnded",
        "absenceRecorded",
        "accountLocked",
        "demoUsersCreated",
        "passwordChanged",
        "rolesChanged",
        "tokenCreated",
        "tokenRevoked",
        "userActivated",
        "userCreated",
        "userDeactivated",
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is chained. `at` is in UTC microseconds; `body` holds ids and names of fields, no values."""

    chain_id: str
    seq: int
    at: int
    kind: str
    actor: str
    body: Mapping[str, Any]

    @property
    def case(self) -> str | None:
        """The case that was looked at, where there was one."""
        return self.body.get("case")


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Filters of the list. None means "any"."""

    kind: str | None = None
    user_id: str | None = None
    case: str | None = None
    after: int | None = None
    before: int | None = None


def record(ctx: CommandContext, kind: str, body: Mapping[str, Any]) -> None:
    """Adds an entry of the actor, a reading of one case (`case`) to the chain of that case. `body` holds no personal
    values."""
    case = body.get("case") if kind == READ else None
    history.record(ctx, f"{BEGIN}{case}" if case else CHAINS[kind], kind, body)


def find(ctx: CommandContext, query: EntryQuery, *, first: int = 0, limit: int | None = None) -> list[Entry]:
    """Returns entries, newest first; raises Forbidden."""
    authorizations.require(ctx, "AccessLog", "read")
    order = (EVENT.c.at.desc(), EVENT.c.chain_id, EVENT.c.seq.desc())
    rows = ctx.connection.execute(select(EVENT).where(*_conditions(query)).order_by(*order).offset(first).limit(limit))
    return [Entry(row.chain_id, row.seq, row.at, row.kind, row.actor, load(row.body)) for row in rows]


def count(ctx: CommandContext, query: EntryQuery) -> int:
    """Returns how many entries match; raises Forbidden."""
    authorizations.require(ctx, "AccessLog", "read")
    counted = select(func.count()).select_from(EVENT).where(*_conditions(query))
    return ctx.connection.execute(counted).scalar_one()


def _conditions(query: EntryQuery) -> Iterable[ColumnElement[bool]]:
    rights = and_(EVENT.c.chain_id == history.ADMIN_CHAIN, EVENT.c.kind.in_(sorted(RIGHTS)))
    if query.case is None:
        yield or_(EVENT.c.chain_id.startswith(BEGIN, autoescape=True), rights)
    else:
        yield EVENT.c.chain_id == BEGIN + query.case
    yield from equal((EVENT.c.kind, query.kind), (EVENT.c.actor, query.user_id))
    yield from between(EVENT.c.at, query.after, query.before)
