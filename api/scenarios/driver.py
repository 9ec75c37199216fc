"""How a scenario touches the system. One driver calls the engine's commands; tests have another over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import select

from api.scenarios.runs import Office
from crm import attachments
from crm.vault import PersonVault
from engine import (
    incidents,
    messages,
    models,
    process_definitions,
    process_instances,
    user_tasks,
    variables,
)
from engine.clock import VirtualClock, from_micros
from engine.context import SYSTEM_ACTOR, Actor
from engine.job_executor import advance
from engine.process_engine import ProcessEngine
from engine.values import load


@dataclass(frozen=True, slots=True)
class TaskView:
    """An open task as a scenario sees it."""

    id: str
    element_id: str
    due: datetime | None
    assignee: str | None
    candidates: tuple[str, ...]
    escalated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A deadline as a scenario sees it."""

    code: str
    state: str
    due: datetime | None
    stopped: datetime | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """What is known of a case. `events` are the chained events, `end` the end event id once it is over."""

    end: str | None
    over: bool
    events: tuple[Mapping[str, Any], ...]


class Driver(Protocol):
    """Everything that steps and expectations need."""

    def now(self) -> datetime: ...
    def advance(self, to: datetime) -> None: ...
    def message(self, name: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str | None: ...
    def start(self, key: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str: ...
    def complete(self, task_id: str, by: str, values: Mapping[str, Any]) -> None: ...
    def attempt(self, task_id: str, by: str, values: Mapping[str, Any]) -> None: ...
    def upload(self, case_id: str, by: str, body: bytes) -> Mapping[str, Any]: ...
    def claim(self, task_id: str, by: str) -> None: ...
    def unclaim(self, task_id: str, by: str) -> None: ...
    def cancel(self, case_id: str, by: str, reason: str) -> None: ...
    def tasks(self, case_id: str) -> list[TaskView]: ...
    def closed_task(self, case_id: str, element_id: str) -> str | None: ...
    def deadlines(self, case_id: str) -> list[DeadlineView]: ...
    def case(self, case_id: str) -> CaseView: ...
    def variables(self, case_id: str, task_id: str | None = None) -> Mapping[str, Any]: ...
    def incidents(self, case_id: str) -> int: ...
    def started_by(self, case_id: str) -> list[tuple[str, str]]: ...
    def newest(self, process_key: str, customer_ref: str | None) -> str | None: ...
    def run(self, name: str, by: str, values: Mapping[str, Any]) -> None: ...
    def see(self, view: str, subject: str) -> Mapping[str, Any] | None: ...


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


class EngineDriver:
    """Calls the engine's commands as the people of the scenario."""

    def __init__(self, engine: ProcessEngine, clock: VirtualClock, people: Mapping[str, tuple[str, ...]]) -> None:
        self.engine = engine
        self.clock = clock
        self._people = people
        self._office = Office(engine)

    def _actor(self, user_id: str) -> Actor:
        return SYSTEM_ACTOR if user_id == "system" else Actor(user_id, frozenset(self._people.get(user_id, ())))

    def now(self) -> datetime:
        return self.clock.now()

    def advance(self, to: datetime) -> None:
        advance(self.engine, self.clock, to)

    def _settle(self) -> None:
        """Deliveries and handlers run at once, as the executor of a living system does."""
        advance(self.engine, self.clock, self.clock.now())

    def message(self, name: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str | None:
        message = messages.Message(name, business_key=business_key, variables=dict(values))
        received = self.engine.run(self._actor(by), messages.correlate, message)
        self._settle()
        return received[0].instance.root_id

    def start(self, key: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str:
        deployed = self.engine.read(SYSTEM_ACTOR, process_definitions.latest, key)
        instance = self.engine.run(
            self._actor(by), process_instances.start, deployed, values=dict(values), business_key=business_key
        )
        self._settle()
        return instance.id

    def complete(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self.engine.run(self._actor(by), user_tasks.complete, task_id, dict(values))
        self._settle()

    def attempt(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self.engine.run(self._actor(by), user_tasks.record_attempt, task_id, dict(values))

    def upload(self, case_id: str, by: str, body: bytes) -> Mapping[str, Any]:
        """Uploads a file to the case; returns what a form's file field holds."""
        vault = cast(PersonVault, self.engine.vault)
        store = attachments.open_attachments(self.engine.settings, vault)
        root_id, key = self.engine.read(self._actor(by), attachments.key_for_case, vault, case_id)
        stored = store.store(key, [body])
        return self.engine.run(self._actor(by), attachments.add, stored, process_instance_id=root_id).reference

    def claim(self, task_id: str, by: str) -> None:
        self.engine.run(self._actor(by), user_tasks.claim, task_id)

    def unclaim(self, task_id: str, by: str) -> None:
        self.engine.run(self._actor(by), user_tasks.unclaim, task_id)

    def cancel(self, case_id: str, by: str, reason: str) -> None:
        self.engine.run(self._actor(by), process_instances.cancel, case_id, reason=reason)

    def tasks(self, case_id: str) -> list[TaskView]:
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            query = select(*user_tasks.TASK_COLUMNS).where(
                user_tasks.TASK.c.root_id == case_id, user_tasks.TASK.c.state == "open"
            )
            rows = [user_tasks.UserTask(*row) for row in ctx.connection.execute(query.order_by(user_tasks.TASK.c.id))]
            known = user_tasks.candidates_of(ctx, [row.id for row in rows])
        empty = user_tasks.Candidates()
        return [
            TaskView(
                id=row.id,
                element_id=row.element_id,
                due=_instant(row.due_at),
                assignee=row.assignee,
                candidates=known.get(row.id, empty).groups + known.get(row.id, empty).users,
                escalated=known.get(row.id, empty).escalations,
            )
            for row in rows
        ]

    def closed_task(self, case_id: str, element_id: str) -> str | None:
        table = models.user_task
        query = select(table.c.id).where(table.c.root_id == case_id, table.c.element_id == element_id)
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            return ctx.connection.execute(query.order_by(table.c.id.desc()).limit(1)).scalar_one_or_none()

    def deadlines(self, case_id: str) -> list[DeadlineView]:
        table = models.deadline
        query = select(table).where(table.c.root_id == case_id).order_by(table.c.opened_at, table.c.id)
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            return [
                DeadlineView(row.code, row.state, _instant(row.due_at), _instant(row.stopped_at))
                for row in ctx.connection.execute(query)
            ]

    def case(self, case_id: str) -> CaseView:
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            row = process_instances.get(ctx, case_id)
            table = models.history_event
            query = select(table.c.body).where(table.c.chain_id == case_id).order_by(table.c.seq)
            events = tuple(load(event.body) for event in ctx.connection.execute(query))
        return CaseView(row.end_event, row.ended_at is not None, events)

    def variables(self, case_id: str, task_id: str | None = None) -> Mapping[str, Any]:
        """Returns the variables of the case, or those that a task of it (or of a part that it called) sees."""
        if task_id is None:
            return self.engine.read(SYSTEM_ACTOR, variables.of_instance, case_id)
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            task = user_tasks.get(ctx, task_id)
            running = process_instances.running_from(ctx, process_instances.get(ctx, task.root_id))
            return running.instance.variables(task.scope_id)

    def incidents(self, case_id: str) -> int:
        return len(self.engine.read(SYSTEM_ACTOR, incidents.open_of, case_id))

    def started_by(self, case_id: str) -> list[tuple[str, str]]:
        """Returns (process key, instance id) of cases that messages of this case started."""
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            table = models.history_event
            rows = ctx.connection.execute(
                select(table.c.chain_id, table.c.body).where(table.c.kind == "instance.started_by_message")
            )
            found = [row.chain_id for row in rows if load(row.body).get("sender") == case_id]
            return [(process_instances.get(ctx, chain).definition_key, chain) for chain in found]

    def newest(self, process_key: str, customer_ref: str | None) -> str | None:
        """Returns the case of a process, about a customer or about none, that was opened last."""
        table = models.process_instance
        here = (table.c.definition_key == process_key, table.c.customer_ref == customer_ref)
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            query = select(table.c.id).where(*here).order_by(table.c.id.desc()).limit(1)
            return ctx.connection.execute(query).scalar_one_or_none()

    def run(self, name: str, by: str, values: Mapping[str, Any]) -> None:
        self._office.run(name, self._actor(by), values)
        self._settle()

    def see(self, view: str, subject: str) -> Mapping[str, Any] | None:
        return self._office.see(view, subject)
