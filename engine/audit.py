"""Verifies the chains: any changed, missing, added or reordered event is found, and so is a changed state.

What it cannot see before a seal outside the house exists: a whole instance that was removed together with its row,
and a whole database put back to an older copy. The report says so.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine import models
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.history import Head, chain_hash, genesis, seal
from engine.values import load

# What is said of it in English -> in Chinese.
BLIND_SPOTS: Mapping[str, str] = {
    "a whole instance removed together with its row": "整个流程实例连同其记录行一起被删除",
    "the whole database put back to an older copy": "整个数据库被换回较早的备份",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a chain, in English and Chinese. `seq` is None where the head itself is wrong."""

    chain_id: str
    seq: int | None
    reason: str
    zh: str


@dataclass(slots=True)
class Verification:
    """How many chains and events were read, and what is wrong with them."""

    chains: int = 0
    events: int = 0
    faults: list[Fault] = field(default_factory=list)
    blind_spots: tuple[str, ...] = tuple(BLIND_SPOTS)

    @property
    def intact(self) -> bool:
        return not self.faults


def verify(ctx: CommandContext, chain_id: str | None = None) -> Verification:
    """Checks one chain, or all of them, and events that belong to no chain."""
    result = Verification()
    heads = {head_id: (head, mac, state) for head_id, head, mac, state in _heads(ctx, chain_id)}
    seen: set[str] = set()
    for current, events in _chains(ctx, chain_id):
        seen.add(current)
        result.chains += 1
        end = _verify_events(current, events, result)
        if current not in heads:
            result.faults.append(Fault(current, None, "events without an instance", "有事件而没有实例"))
        else:
            _verify_head(ctx, current, end, heads[current], result)
    for missing in heads.keys() - seen:
        result.faults.append(Fault(missing, None, "all events are missing", "全部事件缺失"))
    return result


def _heads(ctx: CommandContext, chain_id: str | None) -> Iterator[tuple[str, Head, bytes, bytes | None]]:
    table = models.process_instance
    query = select(table.c.id, table.c.chain_count, table.c.chain_head, table.c.chain_mac, table.c.state_body)
    query = query.where(table.c.id == table.c.root_id)
    if chain_id is not None:
        query = query.where(table.c.id == chain_id)
    for row in ctx.connection.execute(query):
        yield row.id, Head(row.chain_count, row.chain_head or b""), row.chain_mac or b"", row.state_body
    others = models.chain_head
    query = select(others) if chain_id is None else select(others).where(others.c.chain_id == chain_id)
    for row in ctx.connection.execute(query):
        yield row.chain_id, Head(row.events, row.head), row.mac, None


def _chains(ctx: CommandContext, chain_id: str | None) -> Iterator[tuple[str, list[Any]]]:
    table = models.history_event
    query = select(table).order_by(table.c.chain_id, table.c.seq)
    if chain_id is not None:
        query = query.where(table.c.chain_id == chain_id)
    current: str | None = None
    events: list[Any] = []
    for row in ctx.connection.execute(query.execution_options(yield_per=1000)):
        if row.chain_id != current:
            if current is not None:
                yield current, events
            current, events = row.chain_id, []
        events.append(row)
    if current is not None:
        yield current, events


def _verify_events(chain_id: str, events: list[Any], result: Verification) -> Head:
    head = genesis(chain_id)
    for row in events:
        result.events += 1
        if row.seq != head.count + 1:
            number = head.count + 1
            result.faults.append(Fault(chain_id, row.seq, f"event {number} is missing", f"第 {number} 个事件缺失"))
        if chain_hash(head.head, row.body) != row.hash:
            result.faults.append(
                Fault(chain_id, row.seq, "the event or its predecessor was changed", "该事件或其前一事件被改动")
            )
        elif not _columns_agree(row):
            result.faults.append(
                Fault(chain_id, row.seq, "the columns disagree with the chained body", "数据列与链中内容不一致")
            )
        head = Head(row.seq, row.hash)
    return head


def _columns_agree(row: Any) -> bool:
    try:
        body = load(row.body)
    except InvalidRequest:
        return False
    columns = (row.chain_id, row.seq, row.at, row.kind, row.actor)
    return columns == tuple(body.get(name) for name in ("chain", "seq", "at", "kind", "actor"))


def _verify_head(
    ctx: CommandContext,
    chain_id: str,
    end: Head,
    stored: tuple[Head, bytes, bytes | None],
    result: Verification,
) -> None:
    head, mac, state = stored
    if head.count > end.count:
        number = head.count - end.count
        said = f"the last {number} events are missing"
        result.faults.append(Fault(chain_id, None, said, f"最后 {number} 个事件缺失"))
    elif head != end:
        result.faults.append(
            Fault(chain_id, None, "the last event is not the one that the head names", "最后一个事件不是链头所指的事件")
        )
    if not hmac.compare_digest(mac, seal(ctx.engine.chain_key, chain_id, head, state)):
        result.faults.append(
            Fault(chain_id, None, "head or state were changed without the key", "链头或状态在没有密钥的情况下被改动")
        )


def bodies(ctx: CommandContext, chain_id: str) -> list[bytes]:
    """Returns the stored bytes of a chain's events, in order, for an export that anyone can check."""
    table = models.history_event
    query = select(table.c.body).where(table.c.chain_id == chain_id).order_by(table.c.seq)
    return [bytes(row.body) for row in ctx.connection.execute(query)]
