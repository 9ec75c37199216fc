"""User tasks: who may complete them, once, and at what cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from engine import user_tasks
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import Conflict, Forbidden, NotFound
from engine.process_engine import ProcessEngine
from engine.user_tasks import TaskQuery
from tests.conftest import ROOT, Deploy
from tests.engine.commands import CSS, CSS2, TECH, complete, instance, open_tasks, start
from tests.engine.diagrams import LOOP, ONE_TASK, PARALLEL, diagram, flows, user_task


@contextmanager
def counted(engine: ProcessEngine) -> Iterator[list[str]]:
    """Collects the statements between BEGIN and COMMIT; an executemany counts as one."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.startswith(("BEGIN", "COMMIT")):
            statements.append(sql)

    event.listen(engine.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", note)


def test_completing_the_last_task_ends_the_case(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)

    after = complete(engine, case.id, "check")

    assert (after.state, after.end_event) == ("COMPLETED", "done")
    assert open_tasks(engine, case.id) == {}


def test_a_person_without_the_role_is_refused_and_nothing_changes(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)

    with pytest.raises(Forbidden) as refused:
        complete(engine, case.id, "check", TECH)

    assert refused.value.operation == "complete"
    assert instance(engine, case.id).revision == case.revision


def test_a_task_completed_twice_is_a_conflict(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    task_id = open_tasks(engine, case.id)["check"]
    engine.run(CSS, user_tasks.complete, task_id, {})

    with pytest.raises(Conflict) as conflict:
        engine.run(CSS2, user_tasks.complete, task_id, {})

    assert conflict.value.holder == "css"


def test_the_second_to_claim_learns_who_has_it(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    task_id = open_tasks(engine, case.id)["check"]
    engine.run(CSS, user_tasks.claim, task_id)

    with pytest.raises(Conflict) as conflict:
        engine.run(CSS2, user_tasks.claim, task_id)

    assert conflict.value.holder == "css"
    with pytest.raises(Conflict):
        engine.run(CSS2, user_tasks.complete, task_id, {})


def test_a_task_given_back_may_be_taken_by_another(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    task_id = open_tasks(engine, start(engine).id)["check"]
    engine.run(CSS, user_tasks.claim, task_id)

    engine.run(CSS, user_tasks.unclaim, task_id)

    assert engine.run(CSS2, user_tasks.claim, task_id).assignee == "css2"


def test_an_unknown_task_is_not_found(engine: ProcessEngine) -> None:
    with pytest.raises(NotFound):
        engine.run(CSS, user_tasks.complete, "0197a000-0000-7000-8000-000000000000", {})


def test_a_list_shows_own_tasks_and_those_of_own_groups_only(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    first, second = start(engine), start(engine)
    engine.run(CSS, user_tasks.claim, open_tasks(engine, first.id)["check"])

    def seen(actor: Actor) -> set[str]:
        query = TaskQuery(visible_to=actor)
        return {task.process_instance_id for task in engine.read(SYSTEM_ACTOR, user_tasks.find, query)}

    assert seen(CSS) == {first.id, second.id}
    assert seen(TECH) == set()


def test_a_completion_costs_at_most_eight_statements(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(benchmark__bpmn=(ROOT / "bench" / "benchmark.bpmn").read_bytes())
    warm, case = start(engine, "benchmark", amount=250), start(engine, "benchmark", amount=250)
    complete(engine, warm.id, "first", amount=250)
    task_id = open_tasks(engine, case.id)["first"]

    with counted(engine) as statements:
        engine.run(CSS, user_tasks.complete, task_id, {"amount": 250})

    assert len(statements) <= 8, "\n".join(statements)


def test_the_number_of_statements_does_not_grow_with_the_steps(engine: ProcessEngine, deploy: Deploy) -> None:
    long_way = "".join(f'<task id="pass_{number}"/>' for number in range(30))
    flows = "".join(
        f'<sequenceFlow id="p{number}" sourceRef="pass_{number}" targetRef="pass_{number + 1}"/>'
        for number in range(29)
    )
    body = ONE_TASK.replace('targetRef="done"', 'targetRef="pass_0"').replace(
        "</process>",
        f'{long_way}{flows}<sequenceFlow id="last" sourceRef="pass_29" targetRef="done"/></process>',
    )
    deploy(case__bpmn=body.replace('id="case"', 'id="long"', 1), short__bpmn=ONE_TASK)
    counts = {}
    for key in ("case", "long"):
        warm, case = start(engine, key), start(engine, key)
        complete(engine, warm.id, "check")
        task_id = open_tasks(engine, case.id)["check"]
        with counted(engine) as statements:
            engine.run(CSS, user_tasks.complete, task_id, {})
        counts[key] = len(statements)

    assert counts["long"] == counts["case"]


def test_sixteen_people_on_parallel_tasks_never_get_a_conflict(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=PARALLEL)
    case = start(engine)
    tasks = list(open_tasks(engine, case.id).values())
    failures: list[Exception] = []
    together = threading.Barrier(len(tasks))

    def work(number: int, task_id: str) -> None:
        together.wait()
        try:
            engine.run(Actor(f"person{number}", frozenset({"CSS"})), user_tasks.complete, task_id, {})
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert instance(engine, case.id).end_event == "done"


def test_only_open_tasks_have_candidates(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=PARALLEL)
    case = start(engine)
    tasks = open_tasks(engine, case.id)
    done = tasks.popitem()[1]
    engine.run(CSS, user_tasks.complete, done, {})

    with engine.reading(SYSTEM_ACTOR) as ctx:
        assert set(user_tasks.candidates_of(ctx, [done, *tasks.values()])) == set(tasks.values())


def test_a_loop_keeps_its_state_small(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=LOOP)
    case = start(engine, stop=False)
    sizes = []
    for _ in range(40):
        after = complete(engine, case.id, "check", stop=False)
        sizes.append(len(after.state_body or b""))

    assert sizes[-1] <= sizes[2] + 32
    assert sizes[-1] < 20_000


SEPARATED = diagram(
    '<startEvent id="begin"/>'
    + user_task("propose")
    + user_task(
        "approve",
        inner='<extensionElements><camunda:properties><camunda:property name="separation.from" value="propose"/>'
        "</camunda:properties></extensionElements>",
    )
    + '<endEvent id="done"/>'
    + flows("begin>propose", "propose>approve", "approve>done")
)


def test_whoever_did_the_work_neither_takes_nor_completes_the_task_that_judges_it(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    deploy(case__bpmn=SEPARATED)
    case = start(engine)
    complete(engine, case.id, "propose", CSS)
    approve = open_tasks(engine, case.id)["approve"]

    for command in (user_tasks.claim, user_tasks.complete):
        with pytest.raises(Forbidden, match="somebody else does"):
            engine.run(CSS, command, approve)

    assert complete(engine, case.id, "approve", CSS2).end_event == "done"
