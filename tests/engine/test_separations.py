"""Who proposed does not approve: separation of duties as the diagram declares it, on every way to a task."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import separations, user_tasks
from engine.bpmn.parser import parse
from engine.context import SYSTEM_ACTOR, Actor, Cover
from engine.errors import Forbidden, ParseFailed
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.crm.cases import ADMIN, actor
from tests.engine.commands import open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task

ANN, BEN, EVA = actor("ann", "CSS"), actor("ben", "CSS"), actor("eva", "CSS")


def apart(value: str) -> str:
    return (
        '<extensionElements><camunda:properties><camunda:property name="separation.from" '
        f'value="{value}"/></camunda:properties></extensionElements>'
    )


def proposal(separation: str = apart("propose")) -> str:
    return diagram(
        '<startEvent id="begin"/>'
        + user_task("propose")
        + user_task("approve", inner=separation)
        + '<endEvent id="done"/>'
        + flows("begin>propose", "propose>approve", "approve>done")
    )


@pytest.fixture
def approval(engine: ProcessEngine, deploy: Deploy) -> str:
    """An approval that waits after Ann proposed; returns its task."""
    deploy(case__bpmn=proposal())
    case = start(engine).id
    engine.run(ANN, user_tasks.complete, open_tasks(engine, case)["propose"])
    return open_tasks(engine, case)["approve"]


WAYS: list[tuple[str, Actor, Callable[..., object], tuple[str, ...]]] = [
    ("claims", ANN, user_tasks.claim, ()),
    ("completes", ANN, user_tasks.complete, ()),
    ("tries", ANN, user_tasks.record_attempt, ()),
    ("is assigned by an administrator", ADMIN, user_tasks.assign, ("ann",)),
    ("has it delegated", ADMIN, user_tasks.delegate, ("ann",)),
]


@pytest.mark.parametrize(("way", "who", "command", "more"), WAYS, ids=[way[0] for way in WAYS])
def test_who_proposed_gets_the_approval_on_no_way(
    engine: ProcessEngine, approval: str, way: str, who: Actor, command: Callable[..., object], more: tuple[str, ...]
) -> None:
    arguments = (*more, {}) if command is user_tasks.record_attempt else more

    with pytest.raises(Forbidden) as refused:
        engine.run(who, command, approval, *arguments)

    assert refused.value.operation == "separation_of_duties"
    assert "ann did propose in this case" in str(refused.value)
    assert "须由他人办理" in (refused.value.zh or "")
    assert engine.read(SYSTEM_ACTOR, user_tasks.get, approval).assignee is None


def test_changing_the_assignee_is_assigning(engine: ProcessEngine, approval: str) -> None:
    with pytest.raises(Forbidden):
        engine.run(ADMIN, lambda ctx: user_tasks.change(ctx, approval, assignee="ann"))


def test_somebody_else_approves(engine: ProcessEngine, approval: str) -> None:
    engine.run(BEN, user_tasks.claim, approval)
    ended = engine.run(BEN, user_tasks.complete, approval)

    assert ended.state == "COMPLETED"


def test_who_proposed_in_another_case_approves_this_one(engine: ProcessEngine, approval: str) -> None:
    other = start(engine).id
    engine.run(BEN, user_tasks.complete, open_tasks(engine, other)["propose"])

    assert engine.run(ANN, user_tasks.complete, open_tasks(engine, other)["approve"]).state == "COMPLETED"


def test_whoever_did_it_in_any_round_is_refused(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(
        case__bpmn=diagram(
            '<startEvent id="begin"/><exclusiveGateway id="again"/>'
            + user_task("propose")
            + '<exclusiveGateway id="enough" default="enough_approve"/>'
            + user_task("approve", inner=apart("propose"))
            + '<endEvent id="done"/>'
            + flows(
                "begin>again",
                "again>propose",
                "propose>enough",
                "enough>again:more = true",
                "enough>approve",
                "approve>done",
            )
        )
    )
    case = start(engine, more=True).id
    engine.run(ANN, user_tasks.complete, open_tasks(engine, case)["propose"], {"more": True})
    engine.run(BEN, user_tasks.complete, open_tasks(engine, case)["propose"], {"more": False})
    approve = open_tasks(engine, case)["approve"]

    for who in (ANN, BEN):
        with pytest.raises(Forbidden):
            engine.run(who, user_tasks.claim, approve)
    assert engine.run(EVA, user_tasks.claim, approve).assignee == "eva"


# ------------------------------------------------------------ substitutes


def covering(who: Actor, *people: Actor) -> Actor:
    return Actor(who.user_id, who.roles, tuple(Cover(one.user_id, one.roles) for one in people))


def test_a_substitute_does_not_approve_what_the_absent_person_proposed(engine: ProcessEngine, approval: str) -> None:
    engine.run(ADMIN, user_tasks.assign, approval, "ben")
    with pytest.raises(Forbidden):
        engine.run(covering(ANN, BEN), user_tasks.complete, approval)


def test_a_substitute_does_not_act_for_both(engine: ProcessEngine, deploy: Deploy) -> None:
    """Eva, of another department, proposes for Ann: neither of them approves, nor Eva for Ben, nor anybody for Ann."""
    deploy(case__bpmn=proposal())
    case = start(engine).id
    outside = Actor("eva", frozenset({"TECH"}), (Cover("ann", ANN.roles),))
    engine.run(outside, user_tasks.complete, open_tasks(engine, case)["propose"])
    approve = open_tasks(engine, case)["approve"]

    for who in (
        ANN,
        outside,
        Actor("eva", frozenset({"CSS"})),
        Actor("eva", frozenset({"TECH"}), (Cover("ben", BEN.roles),)),
        Actor("tom", frozenset({"TECH"}), (Cover("ann", ANN.roles),)),
    ):
        with pytest.raises(Forbidden) as refused:
            engine.run(who, user_tasks.complete, approve)
        assert refused.value.operation == "separation_of_duties", who
    assert engine.run(BEN, user_tasks.complete, approve).state == "COMPLETED"


def test_a_task_that_is_separated_from_none_costs_no_statement(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=proposal(separation=""))
    case = start(engine).id
    task_id = open_tasks(engine, case)["propose"]

    with engine.reading(ANN) as ctx:
        task = user_tasks.get(ctx, task_id)
        ctx.engine.definitions.process(ctx, task.definition_id)
        seen: list[str] = []
        from sqlalchemy import event

        event.listen(ctx.connection, "before_cursor_execute", lambda *told: seen.append(told[2]))
        separations.require(ctx, task, "ann")
        assert seen == []


# ------------------------------------------------------------ checked when it is deployed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (proposal(apart("propse")), "separation-unknown"),
        (proposal(apart("propose|begin")), "separation-unknown"),
        (proposal(apart("approve")), "separation-from-itself"),
        (proposal(apart(" | ")), "separation-empty"),
        (
            proposal().replace('<endEvent id="done"/>', f'<endEvent id="done">{apart("propose")}</endEvent>'),
            "separation-without-task",
        ),
    ],
)
def test_a_separation_that_could_never_hold_is_refused(body: str, code: str) -> None:
    with pytest.raises(ParseFailed) as refused:
        parse(body.encode(), name="case.bpmn")

    (finding,) = refused.value.findings["case.bpmn"]
    assert (finding.code, finding.severity) == (code, "error")
    assert finding.element_id in {"approve", "done"}
    if "propse" in body:
        assert "Is propose meant?" in finding.en
