"""Process instances: started, loaded, changed and written down, always as a whole and under their revision.

`load` brings one root instance into memory; an operation of `engine.bpmn.instance` returns an Outcome; `apply` writes
it: one guarded UPDATE of the instance row, one statement per other table, history included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import bindparam, select, update

from engine import (
    authorizations,
    branches,
    history,
    incidents,
    models,
    outcome_rows,
    outcomes,
    parked_messages,
    releases,
    variables,
)
from engine.bpmn.definition import Definition, Element
from engine.bpmn.instance import Instance
from engine.bpmn.modification import Change, start_at
from engine.bpmn.outcome import InstanceEnded, Outcome, Stalled
from engine.context import CommandContext
from engine.deadlines_ledger import Ledger
from engine.definitions import Deployed
from engine.errors import Conflict, LimitReached, NotFound, StaleRevision
from engine.history import Head
from engine.ids import new_id
from engine.services import InstanceServices
from engine.sql import Statement, insert_into

ACTIVE = "ACTIVE"
SUSPENDED = "SUSPENDED"
END_STATES = {
    "completed": "COMPLETED",
    "terminated": "COMPLETED",
    "cancelled": "EXTERNALLY_TERMINATED",
    "failed": "INTERNALLY_TERMINATED",
}
STALLED = "stalled"
NOTHING = Outcome(())


class ProcessInstance(msgspec.Struct, frozen=True):
    """One row of the list of instances. `id` equals `root_id` unless a call activity started it."""

    id: str
    root_id: str
    parent_id: str | None
    definition_id: str
    definition_key: str
    release: int
    business_key: str | None
    customer_ref: str | None
    branch_id: str | None
    state: str
    started_at: int
    started_by: str
    ended_at: int | None
    end_event: str | None
    delete_reason: str | None
    revision: int
    state_body: bytes | None
    deadlines_body: bytes | None
    chain_count: int
    chain_head: bytes | None
    chain_mac: bytes | None = None

    @property
    def sandbox(self) -> bool:
        """Tells whether it tries what is only proposed: nobody else sees its tasks, and nothing leaves it."""
        return self.release < 0


INSTANCE = models.process_instance
FIELDS = ProcessInstance.__struct_fields__
COLUMNS = [models.process_instance.c[name] for name in FIELDS]


# What every operation changes, and what few do: an index whose column is named in an UPDATE is written again.
USUAL = ("revision", "state_body", "deadlines_body", "chain_count", "chain_head", "chain_mac")
SELDOM = ("customer_ref", "branch_id", "state", "ended_at", "end_event", "delete_reason")
SELDOM_OF = attrgetter(*SELDOM)
INSERT_EVENT = insert_into(models.history_event)
INSERT_INSTANCE = insert_into(INSTANCE)


def _update(columns: Sequence[str]) -> Statement:
    return Statement(
        update(INSTANCE)
        .where(INSTANCE.c.id == bindparam("id"), INSTANCE.c.revision == bindparam("old_revision"))
        .values({name: bindparam(name, type_=INSTANCE.c[name].type) for name in columns})
    )


UPDATE_USUAL, UPDATE_ALL = _update(USUAL), _update(USUAL + SELDOM)
SELECT_INSTANCE = Statement(select(*COLUMNS).where(INSTANCE.c.id == bindparam("instance_id")))
LOCK_INSTANCE = Statement(select(*COLUMNS).where(INSTANCE.c.id == bindparam("instance_id")).with_for_update())


@dataclass(slots=True)
class Running:
    """One root instance inside a transaction. The instance is restored from its state when it is first asked for."""

    ctx: CommandContext
    row: ProcessInstance
    deployed: Deployed
    services: InstanceServices
    ledger: Ledger
    definition_or_none: Definition | None = None
    instance_or_none: Instance | None = None
    reported: Mapping[str, Any] = field(default_factory=dict)  # what the completing form says, for stop_time
    called: dict[str, str] = field(default_factory=dict)  # called instance id -> definition id
    open_before: frozenset[str] = frozenset()
    customer_ref: str | None = None
    branch_id: str | None = None
    acting_for: str | None = None  # the absent person in whose place the actor works on a task of it
    task_id: str | None = None  # the user task that the actor works on

    @property
    def root_id(self) -> str:
        return self.row.id

    @property
    def definition(self) -> Definition:
        if self.definition_or_none is None:
            self.definition_or_none = self.ctx.engine.definitions.process(self.ctx, self.deployed.id)
        return self.definition_or_none

    @property
    def instance(self) -> Instance:
        """Returns the live instance; an operation on it must be followed by `apply`."""
        if self.instance_or_none is None:
            if self.row.state_body is None:
                raise Conflict(f"process instance {self.row.id} is over")
            self.instance_or_none = self._taken() or Instance.restore(
                self.row.state_body,
                definition=self.definition,
                services=self.services,
                limits=self.ctx.engine.settings.limits.running,
            )
            self.open_before = self.instance_or_none.waiting_at()
        return self.instance_or_none

    def _taken(self) -> Instance | None:
        live = self.ctx.engine.live.take(self.row.id, self.row.revision)
        if live is not None:
            live.wake(self.services)
        return live

    def definition_of(self, process_id: str) -> Definition:
        """Returns the diagram of the root or of an instance that it called."""
        if process_id == self.row.id:
            return self.definition
        return self.ctx.engine.definitions.process(self.ctx, self.definition_id_of(process_id))

    def definition_id_of(self, process_id: str) -> str:
        """Returns the definition of the root or of an instance that it called."""
        if process_id == self.row.id:
            return self.deployed.id
        if process_id not in self.called:
            table = models.process_instance
            found = self.ctx.connection.execute(select(table.c.definition_id).where(table.c.id == process_id))
            self.called[process_id] = found.scalar_one()
        return self.called[process_id]

    def definition_key_of(self, process_id: str) -> str:
        if process_id == self.row.id:
            return self.deployed.key
        return self.ctx.engine.definitions.deployed(self.ctx, self.definition_id_of(process_id)).key

    def element(self, process_id: str, element_id: str) -> Element | None:
        """Returns what the diagram says of an element."""
        return self.definition_of(process_id).elements.get(element_id)


def running_from(ctx: CommandContext, row: ProcessInstance) -> Running:
    """Makes an instance of a row ready for an operation."""
    ctx.instance_id = row.id
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    services = InstanceServices(ctx, release=row.release, deployment_id=deployed.deployment_id)
    ledger = Ledger(row.deadlines_body)
    return Running(ctx, row, deployed, services, ledger, customer_ref=row.customer_ref, branch_id=row.branch_id)


def load(ctx: CommandContext, instance_id: str) -> Running:
    """Returns a running root instance (also by the id of one that it called); raises NotFound, Conflict if it is over
    or suspended."""
    row = get(ctx, instance_id, lock=True)
    if row.root_id != row.id:
        row = get(ctx, row.root_id, lock=True)
    require_active(row)
    return running_from(ctx, row)


def require_active(row: ProcessInstance) -> None:
    """Raises Conflict unless an operation may change the instance."""
    if row.state == SUSPENDED:
        raise Conflict(f"process instance {row.id} is suspended; activate it first")
    if row.state != ACTIVE:
        raise Conflict(f"process instance {row.id} is over")


def get(ctx: CommandContext, instance_id: str, *, lock: bool = False) -> ProcessInstance:
    """Returns an instance, running or over; raises NotFound. `lock` lets others who would change it wait in line."""
    found = (LOCK_INSTANCE if lock else SELECT_INSTANCE).first(ctx.connection, instance_id=instance_id)
    if found is None:
        raise NotFound(f"there is no process instance {instance_id}")
    return ProcessInstance(*found)


def start(
    ctx: CommandContext,
    deployed: Deployed,
    *,
    values: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    start_event_id: str | None = None,
    cause: str = "started",
    sender: str | None = None,
    opened_by: str | None = None,
    changes: Sequence[Change] = (),
    because: Mapping[str, Any] | None = None,
) -> ProcessInstance:
    """Starts an instance of a definition under the current release and runs it to its first waits.

    A version that is only proposed runs in a sandbox, under the draft of its proposal.

    The case header (requirements 3.0) is completed: `case_no`, `opened_by`, `received_at`, `rule_set_version` and
    `bpmn_version` get values where the starter gave none. `sender` is the instance whose message started this one.
    `changes` put it down at other elements than a start event. `because` adds to the first event what made it start.
    """
    release = releases.under(ctx, deployed)
    instance_id = new_id()
    accepted = variables.accept(ctx, deployed, release, dict(values or {}), instance_id=instance_id)
    header = {
        "case_no": _case_no(ctx, instance_id),
        "opened_by": opened_by or ctx.actor.user_id,
        "received_at": ctx.now,
    }
    if (branch := branches.default_of(ctx.actor)) is not None:
        header[branches.VARIABLE] = branch
    given = {**header, **{name: value for name, value in accepted.items() if value is not None or name not in header}}
    given |= {"rule_set_version": release, "bpmn_version": deployed.version}
    given |= dict.fromkeys(_initiators(ctx, deployed, start_event_id), header["opened_by"])
    if business_key and "case_no" not in accepted:
        # A number of our own that is no business key is found by its hash, like one that the starter gave.
        made = {"case_no": given["case_no"]}
        ctx.engine.vault.index(ctx, subject=f"case:{instance_id}", root_id=instance_id, values=made)
    business_key = business_key or str(given["case_no"])
    services = InstanceServices(ctx, release=release, deployment_id=deployed.deployment_id)
    row = _new_row(ctx, deployed, release, instance_id, business_key, given)
    running = Running(
        ctx, row, deployed, services, Ledger(None), customer_ref=row.customer_ref, branch_id=row.branch_id
    )
    begin = partial(start_at, changes=changes) if changes else partial(Instance.start, start_event_id=start_event_id)
    running.instance_or_none, outcome = begin(
        running.definition,
        instance_id=instance_id,
        definition_id=deployed.id,
        services=services,
        variables=given,
        business_key=business_key,
        limits=ctx.engine.settings.limits.running,
    )
    body = {"sha256": deployed.sha256, **(because or {})} | ({"sender": sender} if sender else {})
    return apply(ctx, running, outcome, kind=f"instance.{cause}", body=body, is_new=True)


def _new_row(
    ctx: CommandContext,
    deployed: Deployed,
    release: int,
    instance_id: str,
    business_key: str,
    given: Mapping[str, Any],
) -> ProcessInstance:
    return ProcessInstance(
        id=instance_id,
        root_id=instance_id,
        parent_id=None,
        definition_id=deployed.id,
        definition_key=deployed.key,
        release=release,
        business_key=business_key,
        customer_ref=_text(given.get("customer_ref")),
        branch_id=branches.of_value(given.get(branches.VARIABLE)),
        state=ACTIVE,
        started_at=ctx.now_micros,
        started_by=ctx.actor.user_id,
        ended_at=None,
        end_event=None,
        delete_reason=None,
        revision=0,
        state_body=None,
        deadlines_body=None,
        chain_count=0,
        chain_head=None,
    )


def _initiators(ctx: CommandContext, deployed: Deployed, start_event_id: str | None) -> frozenset[str]:
    """Returns the variables in which the start event used keeps who started the instance (camunda:initiator)."""
    events = ctx.engine.definitions.process(ctx, deployed.id).start_events
    used = (
        event for event in events if event.element_id == start_event_id or (not start_event_id and event.kind == "none")
    )
    return frozenset(event.initiator for event in used if event.initiator)


def _case_no(ctx: CommandContext, instance_id: str) -> str:
    day = ctx.now.astimezone(ctx.engine.calendar.zone).strftime("%Y%m%d")
    return f"{day}-{instance_id[-8:]}"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def apply(
    ctx: CommandContext,
    running: Running,
    outcome: Outcome = NOTHING,
    *,
    kind: str,
    body: Mapping[str, Any] | None = None,
    is_new: bool = False,
    **columns: Any,
) -> ProcessInstance:
    """Writes what an operation changed, as one event of the chain; returns the instance as it is now.

    `columns` are further columns of the instance row (state, delete_reason). Raises StaleRevision if another command
    changed the instance meanwhile: the caller's transaction rolls back and runs again.
    """
    rows = outcomes.gather(ctx, running, outcome)
    values = _instance_values(ctx, running, rows.ended, columns)
    head = Head(running.row.chain_count, running.row.chain_head or history.genesis(running.root_id).head)
    event = {
        "definition": running.deployed.id,
        "version": running.deployed.version,
        "release": running.row.release,
        **(body or {}),
        "steps": rows.steps,
        "deadlines": running.ledger.events,
    }
    link = history.link(ctx, running.root_id, head, kind, event)
    values |= {
        "chain_count": link.head.count,
        "chain_head": link.head.head,
        "chain_mac": history.seal(ctx.engine.chain_key, running.root_id, link.head, values["state_body"]),
        "revision": running.row.revision + 1,
    }
    row = structs.replace(running.row, **values)
    _write_row(ctx, running.row, row, is_new=is_new)
    INSERT_EVENT.run(ctx.connection, **link.row)
    outcome_rows.write(ctx, running, rows)
    _watch_stall(ctx, running, rows.stalled)
    if rows.ended:
        incidents.resolve_of_instance(ctx, running.root_id)
    if running.instance_or_none is not None and not rows.ended:
        keep = ctx.engine.live.keep
        ctx.after_commit.append(partial(keep, row.id, row.revision, running.instance_or_none))
    return _refresh(running, row)


def _watch_stall(ctx: CommandContext, running: Running, stalled: list[Stalled]) -> None:
    """Opens an incident when nothing can go on any more: what was done is kept, somebody has to look at it."""
    for step in stalled:
        places = ", ".join(step.element_ids)
        incidents.open_incident(
            ctx,
            type=STALLED,
            message=f"nothing can go on: tokens wait for ever at {places}",
            process_instance_id=running.root_id,
            definition_id=running.deployed.id,
            element_id=step.element_ids[0] if step.element_ids else None,
        )


def _stored(ctx: CommandContext, live: Instance) -> bytes:
    """Returns the state of an instance; raises LimitReached if it has grown too large to be worked with."""
    limit = ctx.engine.settings.limits.state_bytes
    body = live.store()
    if len(body) > limit:
        raise LimitReached(f"the state of the instance is larger than {limit} bytes", code="stateTooLarge")
    return body


def _instance_values(
    ctx: CommandContext, running: Running, ended: InstanceEnded | None, columns: Mapping[str, Any]
) -> dict[str, Any]:
    live = running.instance_or_none
    state_body = running.row.state_body if live is None else _stored(ctx, live)
    values: dict[str, Any] = {
        "state": running.row.state,
        "customer_ref": running.customer_ref,
        "branch_id": running.branch_id,
        "state_body": None if ended else state_body,
        "deadlines_body": running.ledger.body(),
        **columns,
    }
    if ended:
        values |= {
            "state": END_STATES[ended.state],
            "ended_at": ctx.now_micros,
            "end_event": ended.end_event_id,
            "deadlines_body": None,
        }
    return values


def _write_row(ctx: CommandContext, before: ProcessInstance, after: ProcessInstance, *, is_new: bool) -> None:
    if is_new:
        INSERT_INSTANCE.run(ctx.connection, **structs.asdict(after))
        return
    write = UPDATE_USUAL if SELDOM_OF(before) == SELDOM_OF(after) else UPDATE_ALL
    if write.run(ctx.connection, old_revision=before.revision, **structs.asdict(after)) != 1:
        raise StaleRevision(f"process instance {before.id} was changed meanwhile")


def _refresh(running: Running, row: ProcessInstance) -> ProcessInstance:
    """Makes the row agree with what was written, so that a second operation in the same transaction can follow."""
    running.row = row
    running.ledger = Ledger(row.deadlines_body)
    running.reported = {}
    return row


def set_suspended(ctx: CommandContext, instance_id: str, *, suspended: bool) -> ProcessInstance:
    """Holds an instance: nobody can complete its tasks and its timers do not fire until it is activated."""
    authorizations.require(ctx, "ProcessInstance", "suspend")
    row = get(ctx, instance_id, lock=True)
    wanted = SUSPENDED if suspended else ACTIVE
    if row.state not in {ACTIVE, SUSPENDED}:
        raise Conflict(f"process instance {row.id} is over")
    if row.state == wanted:
        return row
    running = running_from(ctx, row)
    kind = "instance.suspended" if suspended else "instance.activated"
    ctx.connection.execute(update(models.job).where(models.job.c.root_id == row.id).values(suspended=suspended))
    if not suspended:
        parked_messages.wake_for(ctx, row.id)
    return apply(ctx, running, kind=kind, state=wanted)


def cancel(ctx: CommandContext, instance_id: str, *, reason: str | None) -> ProcessInstance:
    """Ends an instance from outside. The reason is kept by reference, because people write names into it."""
    authorizations.require(ctx, "ProcessInstance", "cancel")
    running = load(ctx, instance_id)
    kept = variables.keep_text(ctx, running, "delete_reason", reason)
    outcome = running.instance.cancel("deleted")
    return apply(ctx, running, outcome, kind="instance.cancelled", body={"reason": kept}, delete_reason=kept)
