"""Batches: one operation on many instances, a job and a transaction for each.

An instance that is refused stays as it is and stops no other: its job stands with the reason and an incident, and can
be tried again. The events of the chains carry the name of whoever asked for the batch, not that of the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update

from engine import authorizations, history, migration_plans, models, modifications, process_instances
from engine.bpmn.migration import Instruction
from engine.bpmn.modification import Change
from engine.context import Actor, CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.ids import new_id
from engine.migration_plans import Plan
from engine.process_engine import jobs_changed
from engine.queries import Selection, equal, filtering
from engine.values import PersonalRef, dump, from_json, load, to_json

BATCH = models.batch
JOB = "batch"  # type of its jobs
LEFT = exists().where(models.job.c.type == JOB, models.job.c.wait_id == BATCH.c.id)
MAX_INSTANCES = 100_000
MIGRATION, DELETION, MODIFICATION = "instance-migration", "instance-deletion", "instance-modification"
RESTART, SUSPENSION = "instance-restart", "instance-update-suspension-state"
# type -> what whoever asks for it has to be allowed
OPERATIONS: Mapping[str, str] = {
    MIGRATION: "migrate",
    DELETION: "cancel",
    MODIFICATION: "modify",
    RESTART: "modify",
    SUSPENSION: "suspend",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """How far a batch is. `failed` instances stay as they were until somebody tries their jobs again."""

    id: str
    type: str
    total: int
    remaining: int
    failed: int
    suspended: bool
    created_at: int
    created_by: str

    @property
    def completed(self) -> int:
        return self.total - self.remaining - self.failed


def create(
    ctx: CommandContext,
    type: str,
    operation: Mapping[str, Any],
    instance_ids: Sequence[str],
    *,
    changes: Sequence[Change] = (),
    reason: str | None = None,
) -> Batch:
    """Makes one job per instance; they run in the background. `operation` is JSON-able, `changes` its instructions.

    The reason and the variables of instructions wait in the vault, because they may be personal, until each instance
    has them under the key of its own person.
    """
    authorizations.require(ctx, "ProcessInstance", OPERATIONS[type])
    ids = list(dict.fromkeys(instance_ids))
    if not ids:
        raise InvalidRequest("the batch has no process instances")
    if len(ids) > MAX_INSTANCES:
        raise InvalidRequest(f"a batch has at most {MAX_INSTANCES} process instances")
    roots = _roots(ctx, ids)
    batch_id = new_id()
    told = {**operation, "instructions": _written(changes)} if changes else operation
    body = {"roles": sorted(ctx.actor.roles), "operation": told, "reason": None, "values": None}
    if reason:
        body["reason"] = _kept(ctx, batch_id, reason)
    if any(change.variables or change.local for change in changes):
        given = [[dict(change.variables), dict(change.local)] for change in changes]
        body["values"] = _kept(ctx, batch_id, given)
    values = {"id": batch_id, "type": type, "total": len(ids), "suspended": False}
    values |= {"created_at": ctx.now_micros, "created_by": ctx.actor.user_id, "body": dump(body)}
    ctx.connection.execute(insert(models.batch).values(**values))
    ctx.connection.execute(insert(models.job), [_job(ctx, batch_id, one, roots[one]) for one in ids])
    history.record(ctx, history.ADMIN_CHAIN, "batch.created", {"batch": batch_id, "type": type, "total": len(ids)})
    jobs_changed(ctx)
    return Batch(batch_id, type, len(ids), len(ids), 0, False, ctx.now_micros, ctx.actor.user_id)


def _kept(ctx: CommandContext, batch_id: str, value: Any) -> Any:
    return to_json(ctx.engine.vault.put(ctx, subject=f"batch:{batch_id}", data_class="FREE", value=value))


def _roots(ctx: CommandContext, ids: Sequence[str]) -> dict[str, str]:
    table = models.process_instance
    found: dict[str, str] = {}
    for first in range(0, len(ids), 500):
        part = ids[first : first + 500]
        rows = ctx.connection.execute(select(table.c.id, table.c.root_id).where(table.c.id.in_(part)))
        found |= {row.id: row.root_id for row in rows}
    missing = [one for one in ids if one not in found]
    if missing:
        raise NotFound(f"there is no process instance {missing[0]}")
    return found


def _job(ctx: CommandContext, batch_id: str, instance_id: str, root_id: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": JOB,
        "process_instance_id": instance_id,
        "root_id": root_id,
        "wait_id": batch_id,
        "due_at": ctx.now_micros,
        "retries": 1,  # what refuses an instance once refuses it again until somebody has changed something
        "payload": dump({"batch": batch_id, "instance": instance_id}),
        "created_at": ctx.now_micros,
        "suspended": False,
    }


# ------------------------------------------------------------ one instance of a batch


def run(ctx: CommandContext, job: Any, payload: Mapping[str, Any]) -> None:
    """Does the operation on one instance, in the name of whoever asked for it."""
    row = _row(ctx, payload["batch"])
    body = load(row.body)
    ctx.actor = Actor(row.created_by, frozenset(body["roles"]))
    reason = _fetched(ctx, body["reason"])
    order = Order(row.id, body["operation"], reason, _fetched(ctx, body.get("values")) or ())
    RUNNERS[row.type](ctx, order, payload["instance"])


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done to one instance."""

    batch_id: str
    operation: Mapping[str, Any]
    reason: str | None
    values: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]] = ()  # per instruction: its variables, local ones


def _fetched(ctx: CommandContext, kept: Any) -> Any:
    """Returns what waits in the vault for the instances of a batch, None if nothing does."""
    if kept is None:
        return None
    ref = from_json(kept)
    return ctx.engine.vault.get_many(ctx, [ref])[ref.ref] if isinstance(ref, PersonalRef) else None


def _migrate(ctx: CommandContext, order: Order, instance_id: str) -> None:
    operation = order.operation
    plan = Plan(operation["source"], operation["target"], tuple(Instruction(*one) for one in operation["instructions"]))
    migration_plans.migrate_one(ctx, plan, instance_id, batch=order.batch_id, reason=order.reason)


def migration_of(plan: Plan) -> dict[str, Any]:
    """Returns a plan as the operation of a batch."""
    instructions = [[one.source, one.target, one.update_event_trigger] for one in plan.instructions]
    return {"source": plan.source_id, "target": plan.target_id, "instructions": instructions}


def _delete(ctx: CommandContext, order: Order, instance_id: str) -> None:
    process_instances.cancel(ctx, instance_id, reason=order.reason)


def _modify(ctx: CommandContext, order: Order, instance_id: str) -> None:
    modifications.modify(ctx, instance_id, _changes(order), annotation=order.reason)


def _restart(ctx: CommandContext, order: Order, instance_id: str) -> None:
    operation = order.operation
    modifications.restart(
        ctx,
        operation["definition"],
        instance_id,
        changes=_changes(order) if "instructions" in operation else (),
        initial_variables=operation["initial"],
        with_business_key=operation["key"],
        annotation=order.reason,
    )


def _suspend(ctx: CommandContext, order: Order, instance_id: str) -> None:
    modifications.suspend_instances(ctx, [instance_id], suspended=order.operation["suspended"])


RUNNERS: Mapping[str, Callable[[CommandContext, Order, str], None]] = {
    MIGRATION: _migrate,
    DELETION: _delete,
    MODIFICATION: _modify,
    RESTART: _restart,
    SUSPENSION: _suspend,
}


def _written(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [{"kind": change.kind, "element": change.element_id, "ancestor": change.ancestor_id} for change in changes]


def _changes(order: Order) -> list[Change]:
    """Returns the instructions of a batch with their variables."""
    given = order.values or [({}, {})] * len(order.operation["instructions"])
    return [
        Change(one["kind"], one["element"], ancestor_id=one["ancestor"], variables=variables, local=local)
        for one, (variables, local) in zip(order.operation["instructions"], given, strict=True)
    ]


# ------------------------------------------------------------ how far it is


def get(ctx: CommandContext, batch_id: str) -> Batch:
    """Returns a batch; raises NotFound."""
    authorizations.require(ctx, "Job", "read")
    return _counted(ctx, _row(ctx, batch_id))


def _row(ctx: CommandContext, batch_id: str) -> Any:
    row = ctx.connection.execute(select(models.batch).where(models.batch.c.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return row


def _counted(ctx: CommandContext, row: Any) -> Batch:
    table = models.job
    of_it = (table.c.type == JOB, table.c.wait_id == row.id)
    left = ctx.connection.execute(select(func.count()).where(*of_it, table.c.retries > 0)).scalar_one()
    failed = ctx.connection.execute(select(func.count()).where(*of_it, table.c.retries == 0)).scalar_one()
    return Batch(row.id, row.type, row.total, left, failed, row.suspended, row.created_at, row.created_by)


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """Filters of batches. One is completed once none of its jobs is left, failed ones included."""

    id: str | None = equal(BATCH.c.id)
    type: str | None = equal(BATCH.c.type)
    suspended: bool | None = equal(BATCH.c.suspended)
    completed: bool | None = filtering(lambda completed: ~LEFT if completed else LEFT)


# Newest first.
BATCHES: Selection[BatchQuery, Batch] = Selection(
    columns=(BATCH,),
    source=BATCH,
    sorts={"batchId": BATCH.c.id, "startTime": BATCH.c.created_at},
    last=(BATCH.c.id.desc(),),
    show=_counted,
    right=("Job", "read"),
)
find, count = BATCHES.find, BATCHES.count


def set_suspended(ctx: CommandContext, batch_id: str, *, suspended: bool) -> None:
    """Holds the jobs of a batch that have not run yet, or lets them go on."""
    row = _row(ctx, batch_id)
    authorizations.require(ctx, "ProcessInstance", OPERATIONS[row.type])
    table = models.job
    held = update(table).where(table.c.type == JOB, table.c.wait_id == batch_id).values(suspended=suspended)
    ctx.connection.execute(held)
    ctx.connection.execute(update(models.batch).where(models.batch.c.id == batch_id).values(suspended=suspended))
    kind = "batch.suspended" if suspended else "batch.activated"
    history.record(ctx, history.ADMIN_CHAIN, kind, {"batch": batch_id})
    jobs_changed(ctx)


def remove(ctx: CommandContext, batch_id: str) -> None:
    """Drops a batch and what of it has not run; what is done stays done."""
    row = _row(ctx, batch_id)
    authorizations.require(ctx, "ProcessInstance", OPERATIONS[row.type])
    table = models.job
    gone = ctx.connection.execute(delete(table).where(table.c.type == JOB, table.c.wait_id == batch_id))
    ctx.connection.execute(delete(models.batch).where(models.batch.c.id == batch_id))
    history.record(ctx, history.ADMIN_CHAIN, "batch.removed", {"batch": batch_id, "not_run": gone.rowcount})
