"""What evaluations know of customers, departments and agents: numbers for a period, whoever delivers them.

`Facts` is the port that the customer register fills. Until then facts are imported from files, and what the house
settled itself is counted (crm/counted_facts.py); they are numbers only (fen, counts, basis points) under a reference,
never personal data. A fact that is not there is unknown, which is not 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import yaml
from sqlalchemy import delete, insert, select

from crm import counted_facts
from crm import models as tables
from engine import authorizations, history
from engine.context import CommandContext
from engine.errors import InvalidRequest

FACT = tables.fact
CUSTOMER, DEPARTMENT, AGENT = "customer", "department", "agent"
KINDS = {"customers": CUSTOMER, "departments": DEPARTMENT, "agents": AGENT}
EVER = "ever"

REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,49}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
PERIOD = re.compile(r"\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}|\d{4}Q[1-4]|\d{4}-(0[1-9]|1[0-2])|\d{4}|ever")
LARGEST = 10**15
FILE_BYTES = 8 * 1024 * 1024
NOTHING: Mapping[str, int] = {"rent_fen": 0, "rentals": 0, "referrals": 0}
PART = 500  # customers read with one statement


@dataclass(frozen=True, slots=True)
class Window:
    """The days, both included, over which a customer is evaluated."""

    first: date
    last: date

    @property
    def period(self) -> str:
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The three indicators of DT-01 over a window; None is unknown.

    `rent_fen` is what was paid for settled rentals, net of refunds; `rentals` are settled contracts; `referrals` are
    distinct new customers whose first rental was settled in the window.
    """

    customer_ref: str
    window: Window
    rent_fen: int | None
    rentals: int | None
    referrals: int | None


class Facts(Protocol):
    """What the register can be asked."""

    def customers(
        self, ctx: CommandContext, window: Window, *, after: str = "", limit: int | None = None
    ) -> Iterator[CustomerFacts]:
        """Yields the customers of a window by their references, those behind `after`, no more than `limit`."""
        ...

    def customer(self, ctx: CommandContext, customer_ref: str, window: Window) -> CustomerFacts | None:
        """Returns what is known of one customer: no less than it says, but perhaps not all."""
        ...

    def is_subscribed(self, ctx: CommandContext, customer_ref: str) -> bool:
        """Tells whether the customer subscribed to marketing messages (DT-17)."""
        ...

    def indicators(self, ctx: CommandContext, period: str) -> Mapping[str, Mapping[str, int]]:
        """Returns department -> indicator -> value for a quarter such as 2026Q3."""
        ...

    def agents(self, ctx: CommandContext, period: str) -> Mapping[str, Mapping[str, int]]:
        """Returns agent -> fact -> value for a month such as 2026-07."""
        ...


class HouseFacts:
    """The facts that were imported, completed by what the house settled itself.

    An imported fact stands for the whole of its period and is never added to. What the house counted is complete for a
    window only if its books reach back to the first day; else it is a lower bound, which may lift one customer at a
    settlement but is no ground for the monthly run, which lowers.
    """

    def customers(
        self, ctx: CommandContext, window: Window, *, after: str = "", limit: int | None = None
    ) -> Iterator[CustomerFacts]:
        complete = counted_facts.reach_back_to(ctx, window.first)
        # With complete books whoever was ever known is judged, also by having rented nothing.
        period = FACT.c.period != EVER if complete else FACT.c.period == window.period
        here = (FACT.c.kind == CUSTOMER, period, FACT.c.subject > after)
        query = select(FACT.c.subject).where(*here).distinct().order_by(FACT.c.subject).limit(limit)
        subjects = set(ctx.connection.execute(query).scalars())
        if complete:
            subjects |= set(counted_facts.customers(ctx, after=after, limit=limit))
        wanted = sorted(subjects)[:limit]
        for start in range(0, len(wanted), PART):
            part = wanted[start : start + PART]
            counted: dict[str, Mapping[str, int]] = {}
            if complete:
                found = counted_facts.of(ctx, part, window.first, window.last)
                counted = {customer_ref: found.get(customer_ref, NOTHING) for customer_ref in part}
            yield from _known(ctx, part, window, counted)

    def customer(self, ctx: CommandContext, customer_ref: str, window: Window) -> CustomerFacts | None:
        counted = counted_facts.of(ctx, [customer_ref], window.first, window.last)
        return next(_known(ctx, [customer_ref], window, counted), None)

    def is_subscribed(self, ctx: CommandContext, customer_ref: str) -> bool:
        known = _of_period(ctx, CUSTOMER, EVER, [customer_ref]).get(customer_ref, {})
        return known.get("marketing_subscribed", 0) == 1

    def indicators(self, ctx: CommandContext, period: str) -> Mapping[str, Mapping[str, int]]:
        return _of_period(ctx, DEPARTMENT, period)

    def agents(self, ctx: CommandContext, period: str) -> Mapping[str, Mapping[str, int]]:
        return _of_period(ctx, AGENT, period)


FACTS: Facts = HouseFacts()


def require_reference(text: object, what: str = "customer") -> str:
    """Returns a reference; raises InvalidRequest for what may be a name, a phone or an id number."""
    if not isinstance(text, str) or not REFERENCE.fullmatch(text):
        raise InvalidRequest(f"a reference of a {what} begins with a letter and has at most 50 letters and digits")
    return text


def _known(
    ctx: CommandContext, customer_refs: Sequence[str], window: Window, counted: Mapping[str, Mapping[str, int]]
) -> Iterator[CustomerFacts]:
    """Yields those of whom something is known; of one thing an imported fact says more than a counted one."""
    imported = _of_period(ctx, CUSTOMER, window.period, customer_refs)
    for customer_ref in customer_refs:
        if customer_ref in imported or customer_ref in counted:
            values = {**counted.get(customer_ref, {}), **imported.get(customer_ref, {})}
            yield _customer(customer_ref, window, values)


def _customer(customer_ref: str, window: Window, values: Mapping[str, int]) -> CustomerFacts:
    rent = values.get("rent_fen")
    return CustomerFacts(
        customer_ref=customer_ref,
        window=window,
        rent_fen=None if rent is None else rent - values.get("refund_fen", 0),
        rentals=values.get("rentals"),
        referrals=values.get("referrals"),
    )


def _of_period(
    ctx: CommandContext, kind: str, period: str, subjects: Sequence[str] | None = None
) -> dict[str, dict[str, int]]:
    query = select(FACT.c.subject, FACT.c.name, FACT.c.value).where(FACT.c.kind == kind, FACT.c.period == period)
    if subjects is not None:
        query = query.where(FACT.c.subject.in_(subjects))
    found: dict[str, dict[str, int]] = {}
    for row in ctx.connection.execute(query.order_by(FACT.c.subject, FACT.c.name)):
        found.setdefault(row.subject, {})[row.name] = row.value
    return found


# ------------------------------------------------------------ importing


@dataclass(frozen=True, slots=True)
class Imported:
    """How much an import brought."""

    period: str
    subjects: int
    facts: int


def import_file(ctx: CommandContext, body: bytes) -> Imported:
    """Takes the facts of a file (YAML, or the same as JSON) over those of the same period; see docs/evaluations.md."""
    if len(body) > FILE_BYTES:
        raise InvalidRequest(f"a file of facts has at most {FILE_BYTES} bytes")
    try:
        data = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        raise InvalidRequest("the facts are no valid YAML") from cause
    if not isinstance(data, Mapping):
        raise InvalidRequest("the facts must be a mapping with source, period and customers, departments or agents")
    return import_facts(ctx, data)


def import_facts(ctx: CommandContext, data: Mapping[str, Any]) -> Imported:
    """Takes facts over: `{source, period, customers: {C-1: {rent_fen: 1}}}`. What a subject had in this period before
    is replaced. Raises InvalidRequest naming the first value that is no number."""
    authorizations.require(ctx, "Fact", "import")
    source, period = data.get("source"), str(data.get("period"))
    if not isinstance(source, str) or not source.strip() or not PERIOD.fullmatch(period):
        raise InvalidRequest("facts need a source and a period such as 2025-07-01/2026-06-30, 2026Q3, 2026-07 or ever")
    if unknown := data.keys() - KINDS.keys() - {"source", "period"}:
        raise InvalidRequest(f"facts know no {sorted(map(str, unknown))[0][:50]}")
    rows = [row for key, kind in KINDS.items() for row in _rows(kind, period, data.get(key) or {})]
    common = {"source": source[:255], "recorded_by": ctx.actor.user_id, "at": ctx.now_micros}
    subjects = sorted({(row["kind"], row["subject"]) for row in rows})
    for kind, subject in subjects:
        here = (FACT.c.kind == kind, FACT.c.subject == subject, FACT.c.period == period)
        ctx.connection.execute(delete(FACT).where(*here))
    if rows:
        ctx.connection.execute(insert(FACT), [{**row, **common} for row in rows])
    details = {"period": period, "source": source[:255], "subjects": len(subjects), "facts": len(rows)}
    history.record(ctx, history.ADMIN_CHAIN, "facts.imported", details)
    return Imported(period, len(subjects), len(rows))


def _rows(kind: str, period: str, subjects: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(subjects, Mapping):
        raise InvalidRequest(f"the facts of each {kind} stand under its reference")
    for subject, values in subjects.items():
        if not REFERENCE.fullmatch(str(subject)) or not isinstance(values, Mapping):
            raise InvalidRequest(f"{str(subject)[:64]!r} is no reference of a {kind} with facts under it")
        for name, value in values.items():
            if not NAME.fullmatch(str(name)) or type(value) is not int or abs(value) > LARGEST:
                raise InvalidRequest(f"the fact {str(name)[:64]} of {subject} must be a whole number")
            yield {"kind": kind, "subject": str(subject), "period": period, "name": str(name), "value": value}
