"""An instance that was worked on is used again as long as nobody else changed the case, and only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api.composition import build_engine
from engine import process_instances, user_tasks, variables
from engine.bpmn.instance import Instance
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import ExecutionFailed
from engine.live_instances import LiveInstances
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.engine.commands import open_tasks, start
from tests.engine.diagrams import LOOP

CLERK = Actor("clerk", frozenset({"CSS"}))


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each time that an instance is restored from its state."""
    noted: list[str] = []
    real = Instance.restore

    def restore(stored: bytes, **options: Any) -> Instance:
        noted.append("restored")
        return real(stored, **options)

    monkeypatch.setattr(Instance, "restore", restore)
    return noted


@pytest.fixture
def case_id(engine: ProcessEngine, deploy: Deploy) -> str:
    deploy(case__bpmn=LOOP)
    return start(engine, "case").id


def work(engine: ProcessEngine, case_id: str, **values: Any) -> None:
    (task_id,) = open_tasks(engine, case_id).values()
    engine.run(CLERK, user_tasks.complete, task_id, {"again": True, **values})


def test_work_goes_on_without_restoring(engine: ProcessEngine, case_id: str, restored: list[str]) -> None:
    for _ in range(3):
        work(engine, case_id)
    assert restored == []


def test_what_another_process_did_counts(engine: ProcessEngine, case_id: str, restored: list[str]) -> None:
    work(engine, case_id)
    other = build_engine(replace(engine.settings), engine.clock)
    work(other, case_id, seen=1)
    work(engine, case_id)
    assert restored == ["restored", "restored"]
    assert engine.read(SYSTEM_ACTOR, variables.of_instance, case_id)["seen"] == 1
    other.close()


def test_what_failed_is_not_used_again(engine: ProcessEngine, case_id: str, restored: list[str]) -> None:
    work(engine, case_id)

    def spoil(ctx: CommandContext) -> None:
        running = process_instances.load(ctx, case_id)
        running.instance.set_variables({"spoilt": True})
        raise ExecutionFailed("no")

    with pytest.raises(ExecutionFailed):
        engine.run(SYSTEM_ACTOR, spoil)
    work(engine, case_id)
    assert restored == ["restored"]
    assert "spoilt" not in engine.read(SYSTEM_ACTOR, variables.of_instance, case_id)


def test_a_list_that_was_read_and_changed_is_not_what_is_kept(engine: ProcessEngine, case_id: str) -> None:
    work(engine, case_id, items=[1])

    def read(ctx: CommandContext) -> Any:
        running = process_instances.load(ctx, case_id)
        running.instance.variables()["items"].append(2)
        return process_instances.apply(ctx, running, kind="test.read")

    engine.run(SYSTEM_ACTOR, read)
    seen: Callable[[CommandContext], Any] = lambda ctx: process_instances.load(ctx, case_id).instance.variables()  # noqa: E731
    assert engine.run(SYSTEM_ACTOR, seen)["items"] == [1]


def test_only_so_many_are_kept_and_each_is_handed_out_once() -> None:
    kept = LiveInstances(most=2)

    class Resting:
        def rest(self) -> None: ...

    first, second, third = Resting(), Resting(), Resting()
    for name, instance in (("a", first), ("b", second), ("c", third)):
        kept.keep(name, 1, instance)  # type: ignore[arg-type]
    assert kept.take("a", 1) is None
    assert kept.take("b", 2) is None
    assert kept.take("b", 1) is None
    assert kept.take("c", 1) is third
    assert kept.take("c", 1) is None
