"""Messages: from outside to exactly one receiver, and between instances as deliveries of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select

from engine import authorizations, models, process_instances, releases, variables
from engine.bpmn.specs.conversations import Standing
from engine.context import CommandContext
from engine.errors import FormInvalid, NotCorrelated, StaleRevision
from engine.ids import new_id
from engine.process_instances import ProcessInstance, Running
from engine.values import dump


@dataclass(frozen=True, slots=True)
class Correlated:
    """Who received a message: a waiting execution, or a process that it started."""

    kind: Literal["Execution", "ProcessDefinition"]
    instance: ProcessInstance


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what its receiver must match (Camunda 7: /message)."""

    name: str
    business_key: str | None = None
    process_instance_id: str | None = None
    correlation_keys: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] | None = None
    sender: str | None = None  # the instance that sent it, if one did
    on_behalf_of: str | None = None  # the person whose step sent it
    is_sent: bool = False  # by an instance, not from outside


def correlate(ctx: CommandContext, message: Message, *, to_all: bool = False) -> list[Correlated]:
    """Brings a message to whoever waits for it, else to the process that it starts.

    Exactly one receiver is asked for unless `to_all`; otherwise nothing happens and NotCorrelated is raised.
    Correlation keys (BPMN 8.4.2) leave out whose conversation it is not, and prefer whose it is; a message that names
    its instance reaches it whatever it carries. Of several waits of one instance, a message that another instance sent
    goes to the oldest.
    """
    waiting = _of_the_conversation(ctx, _waiting(ctx, message), message, to_all=to_all)
    if message.is_sent and len({row.root_id for row in waiting}) == 1:
        waiting = waiting[:1]
    starting = [] if message.process_instance_id or (waiting and not to_all) else _starting(ctx, message)
    found = len(waiting) + len(starting)
    if not to_all and found != 1:
        reason = "nobody waits for it" if found == 0 else f"{found} receivers match; name a business key"
        raise NotCorrelated(f"the message {message.name} was not correlated: {reason}")
    received = [_deliver(ctx, row, message) for row in waiting]
    return received + [_start(ctx, row, message) for row in starting]


def deliver_later(ctx: CommandContext, name: str, *, root_id: str, element_id: str | None) -> None:
    """Plans a message to one case, in a transaction of its own; it is lost if nothing waits for it then."""
    payload: dict[str, Any] = {
        "event": "message",
        "name": name,
        "businessKey": None,
        "processInstanceId": root_id,
        "variables": {},
        "optional": True,
        "sender": None,
        "onBehalfOf": None,
    }
    row = {
        "id": new_id(),
        "process_instance_id": root_id,
        "root_id": root_id,
        "element_id": element_id,
        "type": "delivery",
        "due_at": ctx.now_micros,
        "payload": dump(payload),
        "created_at": ctx.now_micros,
    }
    ctx.connection.execute(insert(models.job).values(**row))


def _waiting(ctx: CommandContext, message: Message) -> list[Any]:
    table = models.event_subscription
    query = select(table).where(
        table.c.event_type == "message", table.c.event_name == message.name, table.c.root_id.is_not(None)
    )
    if message.business_key is not None:
        query = query.where(table.c.business_key == message.business_key)
    if message.process_instance_id is not None:
        query = query.where(table.c.process_instance_id == message.process_instance_id)
    else:
        query = query.where(releases.outside_sandboxes(table.c.root_id))
    rows = list(ctx.connection.execute(query.order_by(table.c.created_at, table.c.id)))
    return [row for row in rows if _keys_match(ctx, row, message.correlation_keys)]


def _of_the_conversation(ctx: CommandContext, rows: list[Any], message: Message, *, to_all: bool) -> list[Any]:
    """Returns who may receive the message by the correlation keys of their diagrams."""
    if message.process_instance_id is not None:
        return rows
    found = [(row, _standing(ctx, row, message)) for row in rows]
    held = [row for row, standing in found if standing == "held"]
    return held if held and not to_all else [row for row, standing in found if standing != "foreign"]


def _standing(ctx: CommandContext, row: Any, message: Message) -> Standing:
    if not _has_keys(ctx, row, message):
        return "open"
    return _standing_in(ctx, process_instances.running_from(ctx, process_instances.get(ctx, row.root_id)), row, message)


def _has_keys(ctx: CommandContext, row: Any, message: Message) -> bool:
    return message.name in ctx.engine.definitions.process(ctx, row.definition_id).correlated


def _standing_in(ctx: CommandContext, running: Running, row: Any, message: Message) -> Standing:
    try:
        values = variables.typed_for(ctx, running, message.variables or {})
    except FormInvalid:
        return "foreign"
    return running.instance.standing(row.wait_id, values)


def _keys_match(ctx: CommandContext, row: Any, keys: Mapping[str, Any] | None) -> bool:
    if not keys:
        return True
    values = variables.of_instance(ctx, row.root_id)
    return all(name in values and values[name] == value for name, value in keys.items())


def _starting(ctx: CommandContext, message: Message) -> list[Any]:
    if message.correlation_keys:
        return []
    table = models.event_subscription
    return list(
        ctx.connection.execute(
            select(table).where(
                table.c.event_type == "message", table.c.event_name == message.name, table.c.root_id.is_(None)
            )
        )
    )


def _deliver(ctx: CommandContext, row: Any, message: Message) -> Correlated:
    running = process_instances.load(ctx, row.root_id)
    # Its conversation may have begun since it was asked: only now is it held by this transaction.
    asks_again = message.process_instance_id is None and _has_keys(ctx, row, message)
    if asks_again and _standing_in(ctx, running, row, message) == "foreign":
        raise StaleRevision(f"process instance {row.root_id} was changed meanwhile")
    if not (running.row.sandbox and running.row.started_by == ctx.actor.user_id):
        authorizations.require_message(ctx, message.name, running.deployed)
    values = message.variables or {}
    return Correlated("Execution", receive(ctx, running, row.wait_id, values, name=message.name, sender=message.sender))


def receive(
    ctx: CommandContext,
    running: Running,
    wait_id: str,
    values: Mapping[str, Any],
    *,
    name: str,
    sender: str | None = None,
) -> ProcessInstance:
    """Lets one waiting event of an instance catch a message or signal; `sender` is the instance that sent it."""
    accepted = variables.accept_into(ctx, running, values)
    running.reported = accepted
    outcome = running.instance.correlate(wait_id, accepted)
    body = {"event": name, "wait": wait_id} | ({"sender": sender} if sender else {})
    return process_instances.apply(ctx, running, outcome, kind="event.received", body=body)


def _start(ctx: CommandContext, row: Any, message: Message) -> Correlated:
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    authorizations.require_start(ctx, deployed)
    instance = process_instances.start(
        ctx,
        deployed,
        values=message.variables,
        business_key=message.business_key,
        start_event_id=row.element_id,
        cause="started_by_message",
        sender=message.sender,
        opened_by=message.on_behalf_of,
    )
    return Correlated("ProcessDefinition", instance)
