"""The naive application: an ORM row with the serialised workflow, read and written whole at every completion.

It keeps what any such application needs (open tasks for an inbox, an audit line per completion), but no chain, no
personal values apart, no deadlines and no form check, so the comparison favours it.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "naive_case"
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    completed: Mapped[bool] = mapped_column(default=False)


class OpenTask(Base):
    __tablename__ = "naive_task"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("naive_case.id"), index=True)
    name: Mapped[str]
    done: Mapped[bool] = mapped_column(default=False)


class AuditLine(Base):
    __tablename__ = "naive_audit"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    text: Mapped[str]


class NaiveApplication:
    """Starts cases and completes tasks on SQLite with the same durability as ours."""

    def __init__(self, url: str, diagram: bytes, key: str) -> None:
        self.engine = create_engine(url)

        @event.listens_for(self.engine, "connect")
        def configure(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        Base.metadata.create_all(self.engine)
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(diagram))
        self.spec = parser.get_spec(key)
        self.serializer = BpmnWorkflowSerializer()

    def start(self, data: dict[str, Any]) -> str:
        workflow = BpmnWorkflow(self.spec)
        workflow.task_tree.data.update(data)
        workflow.do_engine_steps()
        case_id = str(uuid.uuid4())
        with Session(self.engine) as session:
            session.add(Case(id=case_id, state=self._dump(workflow)))
            session.flush()
            self._sync_tasks(session, case_id, workflow)
            session.add(self._line(case_id, "started"))
            session.commit()
        return case_id

    def open_task(self, case_id: str) -> str:
        with Session(self.engine) as session:
            query = select(OpenTask.id).where(OpenTask.case_id == case_id, OpenTask.done.is_(False))
            return session.execute(query).scalars().first() or ""

    def complete(self, case_id: str, task_id: str, data: dict[str, Any]) -> None:
        with Session(self.engine) as session:
            case = session.get_one(Case, case_id)
            workflow = self._load(case.state)
            task = workflow.get_task_from_id(uuid.UUID(task_id))
            task.data.update(data)
            task.run()
            workflow.do_engine_steps()
            case.state = self._dump(workflow)
            case.completed = workflow.is_completed()
            self._sync_tasks(session, case_id, workflow)
            session.add(self._line(case_id, f"completed {task.task_spec.name}"))
            session.commit()

    def _dump(self, workflow: BpmnWorkflow) -> str:
        return json.dumps(self.serializer.to_dict(workflow))

    def _load(self, state: str) -> BpmnWorkflow:
        return self.serializer.from_dict(json.loads(state))

    def _sync_tasks(self, session: Session, case_id: str, workflow: BpmnWorkflow) -> None:
        ready = {str(task.id): task for task in workflow.get_tasks(state=TaskState.READY, manual=True)}
        for row in session.execute(select(OpenTask).where(OpenTask.case_id == case_id)).scalars():
            row.done = row.id not in ready
            ready.pop(row.id, None)
        for task_id, task in ready.items():
            session.add(OpenTask(id=task_id, case_id=case_id, name=task.task_spec.name))

    def _line(self, case_id: str, text: str) -> AuditLine:
        return AuditLine(id=str(uuid.uuid4()), case_id=case_id, at=datetime.now(UTC), text=text)
