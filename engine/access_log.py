"""The access log: what was refused to whom, and who read what is not their own work; chained like all history.

Readings of personal data stand in a chain per case (`access:<case>`), which crm/access.py writes together with the
reading. Here is the rest: refusals, readings by a right on all things of a kind, refused log-ins; and the list of all
of it, together with the changes of rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_

from engine import history, models
from engine.context import CommandContext
from engine.queries import Conditions, Selection, equal, filtering, since, until
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
        "branchesChanged",
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


def record(ctx: CommandContext, kind: str, body: Mapping[str, Any]) -> None:
    """Adds an entry of the actor, a reading of one case (`case`) to the chain of that case. `body` holds no personal
    values."""
    case = body.get("case") if kind == READ else None
    history.record(ctx, f"{BEGIN}{case}" if case else CHAINS[kind], kind, body)


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Filters of the list; `case` is one whose readings are wanted."""

    kind: str | None = equal(EVENT.c.kind)
    user_id: str | None = equal(EVENT.c.actor)
    case: str | None = filtering(lambda case: EVENT.c.chain_id == BEGIN + case)
    after: int | None = since(EVENT.c.at)
    before: int | None = until(EVENT.c.at)


def _conditions(_ctx: CommandContext, query: EntryQuery) -> Conditions:
    if query.case is None:
        rights = and_(EVENT.c.chain_id == history.ADMIN_CHAIN, EVENT.c.kind.in_(sorted(RIGHTS)))
        yield or_(EVENT.c.chain_id.startswith(BEGIN, autoescape=True), rights)


# Newest first.
ENTRIES: Selection[EntryQuery, Entry] = Selection(
    columns=(EVENT,),
    source=EVENT,
    sorts={},
    last=(EVENT.c.at.desc(), EVENT.c.chain_id, EVENT.c.seq.desc()),
    show=lambda _ctx, row: Entry(row.chain_id, row.seq, row.at, row.kind, row.actor, load(row.body)),
    right=("AccessLog", "read"),
    further=_conditions,
)
find, count = ENTRIES.find, ENTRIES.count
