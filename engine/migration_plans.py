"""Migration of running instances to another version of their definition: plan, check, try, execute.

A plan says which element becomes which. It is made from equal ids, changed by hand, checked as a whole, and tried on
the instances (`preview`) before it is executed. Each instance is a transaction of its own: one that would lose
something stays where it is, and the refusal names the element. The migrated instance pins the newest release that
holds its new definition, because the forms and tables of the new diagram stand there; that is a deliberate change of
rules for a running case and is written into its chain with who and why (A-46).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs
from sqlalchemy import delete, insert, select, update

from engine import authorizations, models, process_definitions, process_instances, variables
from engine.bpmn import migration
from engine.bpmn.migration import Instruction, Migrated
from engine.bpmn.outcome import ExternalTaskWait, JobWait, SubscriptionWait, TimerWait, UserTaskWait, WaitOpened
from engine.context import Actor, CommandContext
from engine.deadlines_ledger import Ledger
from engine.definitions import Deployed
from engine.errors import Conflict, MarqueError, MigrationRefused
from engine.findings import Finding
from engine.outcome_rows import candidate
from engine.process_engine import ProcessEngine, jobs_changed
from engine.process_instances import ProcessInstance, Running
from engine.services import InstanceServices
from engine.values import dump, load

WAIT_TABLES = {
    UserTaskWait: models.user_task,
    ExternalTaskWait: models.external_task,
    TimerWait: models.job,
    JobWait: models.job,
    SubscriptionWait: models.event_subscription,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """From which definition to which, and what becomes what."""

    source_id: str
    target_id: str
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one instance. `findings` say per element why it stays where it is; none means that it moved."""

    instance_id: str
    findings: tuple[Finding, ...] = ()
    reassigned: int = 0

    @property
    def moved(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Preview:
    """What executing a plan would do, without doing it: how many instances, and what of them would change."""

    results: tuple[Result, ...]
    user_tasks: int
    timers: int
    subscriptions: int
    reassigned: int

    @property
    def movable(self) -> int:
        return sum(one.moved for one in self.results)


Progress = Callable[[int, int], None]

# ------------------------------------------------------------ plans


def generate(ctx: CommandContext, source_id: str, target_id: str, *, update_event_triggers: bool = False) -> Plan:
    """Returns the plan that maps every element to the one of the same id and kind."""
    source, target = _definitions(ctx, source_id, target_id)
    return Plan(source_id, target_id, migration.generate(source, target, update_event_triggers=update_event_triggers))


def validate(ctx: CommandContext, plan: Plan) -> list[list[Finding]]:
    """Returns per instruction why it cannot be followed."""
    source, target = _definitions(ctx, plan.source_id, plan.target_id)
    return migration.validate(source, target, plan.instructions)


def require_valid(ctx: CommandContext, plan: Plan) -> None:
    """Raises MigrationRefused with everything that is wrong with the plan itself."""
    wrong = [finding for found in validate(ctx, plan) for finding in found]
    if wrong:
        raise MigrationRefused(wrong)


def _definitions(ctx: CommandContext, source_id: str, target_id: str) -> tuple[Any, Any]:
    for definition_id in (source_id, target_id):
        process_definitions.get(ctx, definition_id)
    store = ctx.engine.definitions
    return store.process(ctx, source_id), store.process(ctx, target_id)


# ------------------------------------------------------------ several instances


def preview(ctx: CommandContext, plan: Plan, instance_ids: Iterable[str]) -> Preview:
    """Tries the plan on each instance and keeps nothing."""
    authorizations.require(ctx, "ProcessInstance", "migrate")
    require_valid(ctx, plan)
    results, waits = [], []
    for instance_id in dict.fromkeys(instance_ids):
        try:
            trial = _move(ctx, plan, process_instances.get(ctx, instance_id))
        except MarqueError as refused:
            results.append(Result(instance_id, _reasons(refused)))
            continue
        results.append(Result(instance_id, reassigned=len(trial.migrated.reassigned)))
        waits += [wait for wait in trial.migrated.instance.waits() if wait.process_id == instance_id]
    return Preview(
        tuple(results),
        user_tasks=_count(waits, UserTaskWait),
        timers=_count(waits, TimerWait),
        subscriptions=_count(waits, SubscriptionWait),
        reassigned=sum(one.reassigned for one in results),
    )


def _count(waits: Sequence[WaitOpened], kind: type[Any]) -> int:
    return sum(isinstance(wait.details, kind) for wait in waits)


def execute(
    engine: ProcessEngine,
    actor: Actor,
    plan: Plan,
    instance_ids: Iterable[str],
    *,
    reason: str | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """Migrates instances one after the other, each in a transaction of its own.

    One that is refused stays where it is and stops no other. `progress` is told (done, of how many).
    """
    engine.read(actor, require_valid, plan)
    ids = list(dict.fromkeys(instance_ids))
    results = []
    for done, instance_id in enumerate(ids, 1):
        try:
            results.append(engine.run(actor, migrate_one, plan, instance_id, reason=reason))
        except (MigrationRefused, Conflict) as refused:
            results.append(Result(instance_id, _reasons(refused)))
        if progress is not None:
            progress(done, len(ids))
    return results


def _reasons(refused: MarqueError) -> tuple[Finding, ...]:
    if isinstance(refused, MigrationRefused):
        return refused.findings
    return (Finding("error", "cannot-migrate", "实例现在不能迁移", str(refused), getattr(refused, "element_id", None)),)


# ------------------------------------------------------------ one instance


@dataclass(slots=True)
class _Move:
    """One instance on its way: as it was, on its new diagram, and what is written about it."""

    row: ProcessInstance
    running: Running
    target: Deployed
    release: int
    migrated: Migrated

    @property
    def is_root(self) -> bool:
        return self.row.id == self.row.root_id


def migrate_one(
    ctx: CommandContext, plan: Plan, instance_id: str, *, reason: str | None = None, batch: str | None = None
) -> Result:
    """Migrates one (called) instance. Raises MigrationRefused naming the elements, Conflict if it is over."""
    authorizations.require(ctx, "ProcessInstance", "migrate")
    row = process_instances.get(ctx, instance_id, lock=True)
    move = _move(ctx, plan, row, lock=True)
    kept = variables.keep_text(ctx, move.running, "migration_reason", reason)
    body = {
        "process": row.id,
        "from": plan.source_id,
        "to": plan.target_id,
        "release_before": row.release,
        "renamed": {old: new for old, new in move.migrated.elements.items() if old != new},
        "reassigned": [_reassigned(one) for one in move.migrated.reassigned],
        "reason": kept,
        "batch": batch,
    }
    process_instances.apply(ctx, move.running, move.migrated.outcome, kind="instance.migrated", body=body)
    _write(ctx, move)
    return Result(instance_id, reassigned=len(move.migrated.reassigned))


def _reassigned(one: migration.Reassigned) -> dict[str, Any]:
    return {
        "task": one.wait_id,
        "e": one.element_id,
        "groups": [list(one.groups_before), list(one.groups)],
        "users": [list(one.users_before), list(one.users)],
    }


def _move(ctx: CommandContext, plan: Plan, row: ProcessInstance, *, lock: bool = False) -> _Move:
    root = row if row.root_id == row.id else process_instances.get(ctx, row.root_id, lock=lock)
    if root.state_body is None or row.ended_at is not None:
        raise Conflict(f"process instance {row.id} is over")
    if row.definition_id != plan.source_id:
        raise MigrationRefused(
            [
                _finding(
                    "other-definition",
                    "实例不在计划的原版本上",
                    f"process instance {row.id} runs on another definition",
                )
            ]
        )
    target = process_definitions.get(ctx, plan.target_id)
    release = _release_of(ctx, target, row)
    source_definition, target_definition = _definitions(ctx, plan.source_id, plan.target_id)
    is_root = row.id == root.id
    root_release = release if is_root else root.release
    root_deployed = target if is_root else process_definitions.get(ctx, root.definition_id)
    services = InstanceServices(ctx, release=root_release, deployment_id=root_deployed.deployment_id)
    migrated = migration.migrate(
        root.state_body,
        root=ctx.engine.definitions.process(ctx, root.definition_id),
        source=source_definition,
        target=target_definition,
        target_id=plan.target_id,
        process_id=row.id,
        instructions=plan.instructions,
        services=services,
        limits=ctx.engine.settings.limits.running,
    )
    ledger = Ledger(_moved_deadlines(root.deadlines_body, migrated.elements, source_definition, target_definition))
    renewed = structs.replace(root, definition_id=target.id, definition_key=target.key, release=release)
    changed = renewed if is_root else root
    ctx.instance_id = root.id
    running = Running(ctx, changed, root_deployed, services, ledger, customer_ref=root.customer_ref)
    running.branch_id = root.branch_id
    running.instance_or_none = migrated.instance
    running.open_before = migrated.instance.waiting_at()
    if not is_root:
        running.called[row.id] = target.id
    return _Move(row, running, target, release, migrated)


def _release_of(ctx: CommandContext, target: Deployed, row: ProcessInstance) -> int:
    """Returns the newest release that holds the definition; what is only proposed holds no running case."""
    table = models.release
    if row.release < 0:
        raise MigrationRefused([_finding("sandbox", "沙箱实例不能迁移", "a sandbox is not migrated; start a new one")])
    numbers = ctx.connection.execute(select(table.c.number).where(table.c.number > 0).order_by(table.c.number.desc()))
    for number in numbers.scalars().all():
        if target.id in ctx.engine.definitions.contents(ctx, number).get("process", {}).values():
            return int(number)
    en = f"version {target.version} of {target.key} was never in force"
    raise MigrationRefused([_finding("not-in-force", "目标版本从未生效", en)])


def _moved_deadlines(body: bytes | None, elements: Mapping[str, str], source: Any, target: Any) -> bytes | None:
    """Returns the running deadlines with the new ids of the elements that stop them."""
    if body is None:
        return None
    entries = load(body)
    for entry in entries:
        element_id = entry.get("stop_element")
        if element_id is None or element_id not in source.elements:
            continue
        entry["stop_element"] = elements.get(element_id, element_id)
        if entry["stop_element"] not in target.elements:
            zh = f"期限 {entry['code']} 由 {element_id} 终止，新图没有该元素"
            en = f"the running deadline {entry['code']} is stopped by {element_id}, which has no target"
            raise MigrationRefused([_finding("no-target", zh, en, element_id)])
    return dump(entries)


def _finding(code: str, zh: str, en: str, element_id: str | None = None) -> Finding:
    return Finding("error", code, zh, en, element_id)


# ------------------------------------------------------------ what lists know of it


def _write(ctx: CommandContext, move: _Move) -> None:
    """Brings the rows of lists and jobs in line with the state."""
    _write_instance(ctx, move)
    _write_waits(ctx, move)
    _write_activities(ctx, move)
    _write_candidates(ctx, move)
    _write_deadlines(ctx, move)
    jobs_changed(ctx)


def _write_instance(ctx: CommandContext, move: _Move) -> None:
    table = models.process_instance
    changed = {"definition_id": move.target.id, "definition_key": move.target.key}
    ctx.connection.execute(update(table).where(table.c.id == move.row.id).values(**changed))
    if move.is_root:
        # Called instances live under the release of their root; one that moves alone stays under it.
        ctx.connection.execute(
            update(table).where(table.c.root_id == move.row.id, table.c.ended_at.is_(None)).values(release=move.release)
        )


def _write_waits(ctx: CommandContext, move: _Move) -> None:
    of_it = [wait for wait in move.migrated.instance.waits() if wait.process_id == move.row.id]
    for wait in of_it:
        table = WAIT_TABLES[type(wait.details)]
        values: dict[str, Any] = {"definition_id": move.target.id, "element_id": wait.element_id}
        if "definition_key" in table.c:
            values["definition_key"] = move.target.key
        if isinstance(wait.details, UserTaskWait):
            details = wait.details
            values |= {"name": details.name, "name_en": details.name_en}
            values |= {"form_ref": details.form_ref, "form_key": details.form_key}
        touched = ctx.connection.execute(update(table).where(table.c.id == wait.wait_id).values(**values))
        if touched.rowcount == 0 and isinstance(wait.details, ExternalTaskWait):
            # The house handles this topic itself: it is a job.
            ctx.connection.execute(
                update(models.job)
                .where(models.job.c.id == wait.wait_id)
                .values(definition_id=move.target.id, element_id=wait.element_id)
            )
    # What began to wait just now in an instance that is held is held, too.
    if move.running.row.state == process_instances.SUSPENDED:
        jobs = models.job
        ctx.connection.execute(update(jobs).where(jobs.c.root_id == move.row.root_id).values(suspended=True))


def _write_activities(ctx: CommandContext, move: _Move) -> None:
    """Open activities show the element of the new diagram; what is over stays as it was."""
    table = models.activity_instance
    mine = (table.c.process_instance_id == move.row.id, table.c.ended_at.is_(None))
    values: dict[str, Any] = {"definition_id": move.target.id, "definition_key": move.target.key}
    ctx.connection.execute(update(table).where(*mine).values(**values))
    elements = ctx.engine.definitions.process(ctx, move.target.id).elements
    rows = ctx.connection.execute(select(table.c.id, table.c.element_id, table.c.name).where(*mine)).all()
    for row in rows:
        base, mark, rest = row.element_id.partition("#")
        element_id = f"{move.migrated.elements.get(base, base)}{mark}{rest}"
        element = elements.get(element_id)
        name = row.name if element is None else element.name
        if (element_id, name) != (row.element_id, row.name):
            ctx.connection.execute(update(table).where(table.c.id == row.id).values(element_id=element_id, name=name))


def _write_candidates(ctx: CommandContext, move: _Move) -> None:
    table, tasks = models.task_candidate, models.user_task
    for one in move.migrated.reassigned:
        of_task = (table.c.task_id == one.wait_id, table.c.kind.in_(("group", "user")))
        due_at = ctx.connection.execute(select(tasks.c.due_at).where(tasks.c.id == one.wait_id)).scalar()
        ctx.connection.execute(delete(table).where(*of_task))
        named = [("group", name) for name in one.groups] + [("user", name) for name in one.users]
        rows = [candidate(one.wait_id, kind, name, due_at) for kind, name in dict.fromkeys(named)]
        if rows:
            ctx.connection.execute(insert(table), rows)


def _write_deadlines(ctx: CommandContext, move: _Move) -> None:
    table = models.deadline
    for old, new in move.migrated.elements.items():
        if old != new:
            ctx.connection.execute(
                update(table)
                .where(table.c.root_id == move.row.root_id, table.c.stop_element == old, table.c.stopped_at.is_(None))
                .values(stop_element=new)
            )
