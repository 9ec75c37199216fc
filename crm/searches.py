"""Finding cases by plate, case number or customer number, without a readable plate in any index.

A plate is personal: its value lies in the vault. Beside it stand keyed hashes (HMAC-SHA-256 under a key that the
database does not hold) of the plate and of its beginnings, so that an exact plate or the start of one finds its
cases, and nobody who reads the tables learns a plate. There is no search inside texts.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select

from crm.models import search_term
from engine import authorizations, history, models
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.process_instances import COLUMNS, ProcessInstance
from engine.sql import insert_unless_present
from engine.values import plain

PLATE, CASE_NO, CUSTOMER = "plate", "caseNo", "customer"
KINDS = (PLATE, CASE_NO, CUSTOMER)
# Variables and form fields that hold what is searched for.
NAMES: Mapping[str, str] = {"plate": PLATE, "plate_no": PLATE, "license_plate": PLATE, "case_no": CASE_NO}
MIN_LENGTH = 4  # shorter beginnings are those of half a province
MAX_LENGTH = 40
LIMIT = 50
CHAIN = f"{history.ACCESS_CHAIN}:searches"
INSTANCE = models.process_instance
INSERT = insert_unless_present(search_term)


def index(ctx: CommandContext, key: bytes, *, subject: str, root_id: str, values: Mapping[str, Any]) -> None:
    """Writes the hashes of what a case can be found by; one statement, none where nothing can be searched for."""
    found = {(kind, digest) for kind, text in _searchable(values) for digest in _digests(key, kind, text)}
    rows = [{"kind": kind, "digest": digest, "root_id": root_id, "subject": subject} for kind, digest in sorted(found)]
    INSERT.run_many(ctx.connection, rows)


def forget(ctx: CommandContext, subject: str) -> None:
    """Removes the hashes of a person who is erased."""
    ctx.connection.execute(delete(search_term).where(search_term.c.subject == subject))


def find_cases(ctx: CommandContext, key: bytes, kind: str, text: str) -> list[ProcessInstance]:
    """Returns the cases that the actor may see, newest first, at most 50; records which ones a plate led to.

    Raises InvalidRequest for an unknown kind or a text that is too short to mean anybody.
    """
    if kind not in KINDS:
        raise InvalidRequest(f"cases are found by {', '.join(KINDS)}")
    wanted = normalised(text)
    if not MIN_LENGTH <= len(wanted) <= MAX_LENGTH:
        raise InvalidRequest(f"a search needs {MIN_LENGTH} to {MAX_LENGTH} letters and digits")
    condition = _condition(key, kind, wanted, text.strip())
    roots = INSTANCE.c.id == INSTANCE.c.root_id, INSTANCE.c.release >= 0
    statement = select(*COLUMNS).where(condition, *roots)
    seen = None if ctx.actor.is_system else authorizations.values_condition(ctx, INSTANCE.c.root_id)
    statement = statement if seen is None else statement.where(seen)
    found = ctx.connection.execute(statement.order_by(INSTANCE.c.id.desc()).limit(LIMIT))
    cases = [ProcessInstance(*row) for row in found]
    if kind == PLATE and cases:
        history.record(ctx, CHAIN, "casesSearched", {"by": kind, "cases": [case.id for case in cases]})
    return cases


def normalised(text: str) -> str:
    """Returns letters and digits in one spelling: full-width and small letters, dots and spaces make no difference."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).upper() if one.isalnum())


def _condition(key: bytes, kind: str, wanted: str, text: str) -> ColumnElement[bool]:
    if kind == CUSTOMER:
        return or_(INSTANCE.c.customer_ref == text, INSTANCE.c.customer_ref.startswith(text, autoescape=True))
    hashed = select(search_term.c.root_id).where(
        search_term.c.kind == kind, search_term.c.digest == _digest(key, kind, wanted)
    )
    if kind == PLATE:
        return INSTANCE.c.root_id.in_(hashed)
    # A case number is usually its business key, which is no personal value.
    return or_(INSTANCE.c.root_id.in_(hashed), INSTANCE.c.business_key.startswith(text, autoescape=True))


def _searchable(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields (kind, text) of what is searched for, also inside the rows of a list."""
    for name, given in values.items():
        value = plain(given)
        if isinstance(value, str) and name in NAMES:
            text = normalised(value)
            if MIN_LENGTH <= len(text) <= MAX_LENGTH:
                yield NAMES[name], text
        elif isinstance(value, Mapping):
            yield from _searchable(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _searchable(item)


def _digests(key: bytes, kind: str, text: str) -> Iterator[bytes]:
    """Yields the hash of a text; of a plate also those of its beginnings."""
    shortest = MIN_LENGTH if kind == PLATE else len(text)
    for length in range(shortest, len(text) + 1):
        yield _digest(key, kind, text[:length])


def _digest(key: bytes, kind: str, text: str) -> bytes:
    return hmac.new(key, f"{kind}\x00{text}".encode(), hashlib.sha256).digest()
