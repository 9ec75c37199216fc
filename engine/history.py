"""History: append-only, one event per command, chained so that nobody can alter it unseen.

Each event's bytes are stored as they were hashed. `hash` = SHA-256(previous hash ‖ body); the first link is the hash
of the chain's id. The instance row carries count, head and a MAC over both and over the stored state, made with a
key that the database does not hold: who rewrites the rows can recompute the links, but not the MAC.

Events without an instance, and reads of personal data, have chains of their own (`chain_head`), so that reading does
not contend with working.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from engine import models
from engine.context import CommandContext
from engine.errors import StaleRevision
from engine.sql import insert_unless_present
from engine.values import dump

FORMAT = 1
ACCESS_CHAIN = "access"
ADMIN_CHAIN = "administration"
# Two may begin the same chain at once; the slower one is told and runs again.
BEGIN_CHAIN = insert_unless_present(models.chain_head)


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: how many events, and the hash of the last."""

    count: int
    head: bytes


class Link(msgspec.Struct, frozen=True):
    """One event, ready to be inserted, and the head that it makes."""

    row: Mapping[str, Any]
    head: Head


def genesis(chain_id: str) -> Head:
    """Returns the head of a chain without events."""
    return Head(0, hashlib.sha256(b"marque:chain:" + chain_id.encode()).digest())


def link(ctx: CommandContext, chain_id: str, previous: Head, kind: str, body: Mapping[str, Any]) -> Link:
    """Makes the next event of a chain. `body` is JSON-able and holds references instead of personal values."""
    seq = previous.count + 1
    at = ctx.now_micros
    stored = dump(
        {
            "v": FORMAT,
            "chain": chain_id,
            "seq": seq,
            "at": at,
            "kind": kind,
            "actor": ctx.actor.user_id,
            **body,
        }
    )
    digest = chain_hash(previous.head, stored)
    row = {
        "chain_id": chain_id,
        "seq": seq,
        "at": at,
        "kind": kind,
        "actor": ctx.actor.user_id,
        "body": stored,
        "hash": digest,
    }
    return Link(row, Head(seq, digest))


def chain_hash(previous: bytes, body: bytes) -> bytes:
    """Returns the link of an event: anyone can check it, without a key."""
    return hashlib.sha256(previous + body).digest()


def seal(key: bytes, chain_id: str, head: Head, state: bytes | None) -> bytes:
    """Returns the MAC of a chain's end together with the state that it led to."""
    state_digest = hashlib.sha256(state or b"").digest()
    message = b"\x00".join([chain_id.encode(), str(head.count).encode(), head.head, state_digest])
    mac = _blank_mac(key).copy()
    mac.update(message)
    return mac.digest()


@lru_cache(maxsize=8)
def _blank_mac(key: bytes) -> hmac.HMAC:
    """Returns a MAC that knows its key and no message: copying it costs half of making it."""
    return hmac.new(key, digestmod="sha256")


def record(ctx: CommandContext, chain_id: str, kind: str, body: Mapping[str, Any]) -> None:
    """Adds an event to a chain that belongs to no instance. Raises StaleRevision if another was faster."""
    table = models.chain_head
    row = ctx.connection.execute(select(table).where(table.c.chain_id == chain_id)).one_or_none()
    previous = Head(row.events, row.head) if row else genesis(chain_id)
    made = link(ctx, chain_id, previous, kind, body)
    values = {
        "events": made.head.count,
        "head": made.head.head,
        "mac": seal(ctx.engine.chain_key, chain_id, made.head, None),
    }
    if row is None:
        written = BEGIN_CHAIN.run(ctx.connection, chain_id=chain_id, **values)
    else:
        grow = update(table).where(table.c.chain_id == chain_id, table.c.events == previous.count)
        written = ctx.connection.execute(grow.values(**values)).rowcount
    if written != 1:
        raise StaleRevision(f"the chain {chain_id} grew meanwhile")
    ctx.connection.execute(insert(models.history_event), [dict(made.row)])
