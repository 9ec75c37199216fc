"""A running instance moves to another version of its diagram and loses nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.bpmn.instance import Instance
from engine.bpmn.migration import Instruction, Migrated, generate, migrate, validate
from engine.bpmn.outcome import SubscriptionWait, TimerWait, UserTaskWait
from engine.bpmn.parser import parse
from engine.errors import MigrationRefused
from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    ERROR,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    catch,
    condition,
    definitions,
    diagram,
    end,
    event_sub,
    exclusive,
    inclusive,
    multi,
    parallel,
    process,
    script,
    sub,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

ONE = diagram(START + user("A") + END, "S>A A>E")
TWO = diagram(START + user("A") + user("B") + END, "S>A A>B B>E")

INSIDE = diagram(START + sub("X", '<startEvent id="S2"/>' + user("A") + end("E2"), "S2>A A>E2") + END, "S>X X>E")


def move(
    player: Player, after: bytes, changes: Mapping[str, str] | None = None, *, update: bool = False, key: str = "P"
) -> Migrated:
    """Moves what plays to another diagram, by the generated plan and some changed ids."""
    old = player.services.definitions[key]
    new = next(one for one in parse(after, name="new") if one.key == key)
    changes = changes or {}
    plan = [one for one in generate(old, new, update_event_triggers=update) if one.source not in changes]
    plan += [Instruction(source, target) for source, target in changes.items()]
    stored = player.instance.store()
    process_id = player.instance._workflow.process_id
    services = player.services
    moved = migrate(
        stored, root=old, source=old, target=new, target_id=f"{key}:2", process_id=process_id,
        instructions=plan, services=services,
    )  # fmt: skip
    services.definitions = {**services.definitions, key: new}
    player.instance = Instance.restore(moved.instance.store(), definition=new, services=services)
    player.steps += moved.outcome.steps
    return moved


def test_a_task_keeps_its_id_and_goes_on_over_the_flows_of_the_new_diagram() -> None:
    player = Player(ONE, mode="plain")
    before = player.instance.waits()[0].wait_id

    move(player, TWO)

    assert player.instance.waits()[0].wait_id == before
    assert player.do("A").open == ["B"]
    assert player.do("B").done


def test_a_renamed_element_needs_an_instruction_and_takes_the_name_of_the_new_diagram() -> None:
    renamed = diagram(START + user("Z", attributes='name="neu"') + END, "S>Z Z>E")
    player = Player(ONE, mode="plain")

    with pytest.raises(MigrationRefused) as refused:
        move(player, renamed)
    assert [found.element_id for found in refused.value.findings] == ["A"]

    move(player, renamed, {"A": "Z"})
    (wait,) = player.instance.waits()
    assert isinstance(wait.details, UserTaskWait)
    assert (wait.element_id, wait.details.name) == ("Z", "neu")


def test_a_refused_migration_changes_nothing() -> None:
    player = Player(ONE, mode="plain")
    before = player.instance.store()
    with pytest.raises(MigrationRefused):
        move(player, diagram(START + script("A", "1") + END, "S>A A>E"))
    assert player.instance.store() == before
    assert player.do("A").done


@pytest.mark.parametrize(
    ("after", "changes", "code"),
    [
        (diagram(START + script("A", "1") + END, "S>A A>E"), {"A": "A"}, "other-kind"),
        (INSIDE, {"A": "A"}, "other-scope"),
        (ONE, {"A": "nowhere"}, "unknown-target"),
        (ONE, {"nothing": "A"}, "unknown-source"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_by_code(after: bytes, changes: Mapping[str, str], code: str) -> None:
    old, new = parse(ONE, name="old")[0], parse(after, name="new")[0]
    found = validate(old, new, [Instruction(source, target) for source, target in changes.items()])
    assert [finding.code for findings in found for finding in findings] == [code]
    with pytest.raises(MigrationRefused):
        move(Player(ONE, mode="plain"), after, changes)


def test_a_timer_keeps_its_due_time_even_if_the_new_diagram_waits_longer() -> None:
    body = diagram(START + user("A") + boundary("T", "A", timer("PT1H")) + END + end("X"), "S>A A>E T>X")
    longer = body.replace(b"PT1H", b"PT9H")
    player = Player(body, mode="plain")
    due = [wait.details for wait in player.instance.waits() if isinstance(wait.details, TimerWait)]

    move(player, longer)

    assert [wait.details for wait in player.instance.waits() if isinstance(wait.details, TimerWait)] == due
    assert player.wait_until(1 * 3600).done


def test_a_timer_is_reckoned_anew_where_the_plan_says_so() -> None:
    body = diagram(START + user("A") + boundary("T", "A", timer("PT1H")) + END + end("X"), "S>A A>E T>X")
    player = Player(body, mode="plain")

    move(player, body.replace(b"PT1H", b"PT9H"), update=True)

    assert not player.wait_until(8 * 3600).done
    assert player.wait_until(2 * 3600).done


def test_a_message_keeps_its_name_unless_the_plan_updates_it() -> None:
    body = diagram(START + catch("M", MESSAGE) + END, "S>M M>E")
    other = body.replace(b'messageRef="m1"', b'messageRef="m2"')
    for update, name in ((False, "msg1"), (True, "msg2")):
        player = Player(body, mode="plain")
        move(player, other, update=update)
        (wait,) = player.instance.waits()
        assert wait.details == SubscriptionWait("message", name)


def test_a_guard_that_only_the_new_diagram_has_begins_to_wait() -> None:
    guarded = diagram(START + user("A") + boundary("T", "A", timer("PT1H")) + END + end("X"), "S>A A>E T>X")
    player = Player(ONE, mode="plain")
    moved = move(player, guarded)
    assert [step.element_id for step in moved.outcome.of(type(player.instance.waits()[0]))] == ["T"]
    assert player.wait_until(1 * 3600).done


def test_a_guard_that_fired_already_does_not_wait_again() -> None:
    body = diagram(
        START + user("A") + boundary("T", "A", timer("PT1H"), interrupting=False) + user("B") + END + end("X"),
        "S>A A>E T>B B>X",
    )
    player = Player(body, mode="plain").wait_until(1 * 3600)
    assert player.open == ["A", "B"]
    move(player, body)
    assert player.waiting == ["A", "B"]


def test_a_guard_that_the_new_diagram_lacks_is_named() -> None:
    body = diagram(START + user("A") + boundary("T", "A", timer("PT1H")) + END + end("X"), "S>A A>E T>X")
    with pytest.raises(MigrationRefused) as refused:
        move(Player(body, mode="plain"), ONE)
    assert [found.element_id for found in refused.value.findings] == ["T"]


def test_a_guard_may_not_move_to_another_task() -> None:
    parts = START + user("A") + user("B") + END + end("X")
    body = diagram(parts + boundary("T", "A", timer("PT1H")), "S>A A>B B>E T>X")
    moved = diagram(parts + boundary("T", "B", timer("PT1H")), "S>A A>B B>E T>X")
    with pytest.raises(MigrationRefused) as refused:
        move(Player(body, mode="plain"), moved)
    assert [(found.element_id, found.code) for found in refused.value.findings] == [("T", "not-attached")]


def test_a_token_that_waits_at_a_join_is_kept_over_renamed_flows() -> None:
    nodes = START + parallel("G") + user("A") + user("B") + parallel("J") + END
    body = diagram(nodes, "S>G G>A G>B A>J B>J J>E")
    player = Player(body, mode="plain").do("A")
    move(player, body.replace(b"f_A_J", b"renamed"))
    assert player.do("B").done


def test_a_token_that_came_over_a_flow_that_is_gone_is_named() -> None:
    nodes = START + parallel("G") + user("A") + user("B") + parallel("J") + END
    player = Player(diagram(nodes, "S>G G>A G>B A>J B>J J>E"), mode="plain").do("A")
    other = diagram(nodes + user("C"), "S>G G>A G>B A>C C>J B>J J>E")
    with pytest.raises(MigrationRefused) as refused:
        move(player, other)
    assert [(found.element_id, found.code) for found in refused.value.findings] == [("J", "no-flow")]


def test_a_join_that_waits_for_fewer_flows_goes_on() -> None:
    nodes = START + parallel("G") + user("A") + user("B") + parallel("J") + user("D") + END
    player = Player(diagram(nodes, "S>G G>A G>B A>J B>J J>D D>E"), mode="plain").do("A")
    move(player, diagram(nodes + end("E2"), "S>G G>A G>B A>J B>E2 J>D D>E"))
    assert player.open == ["B", "D"]


@pytest.mark.parametrize("mode", ["parallel", "sequential"])
def test_instances_of_a_loop_keep_their_items(mode: str) -> None:
    loop = multi(COLLECTION, sequential=mode == "sequential")
    body = diagram(START + user("A", loop) + END, "S>A A>E")
    player = Player(body, {"items": [1, 2, 3]}, mode="plain").do("A", out=10)
    move(player, diagram(START + user("A", loop) + user("B") + END, "S>A A>B B>E"))
    player.do("A", out=20).do("A", out=30)
    assert player.open == ["B"]
    assert sorted(player.variables["outs"]) == [10, 20, 30]


def test_a_loop_that_turns_from_parallel_to_sequential_is_another_kind() -> None:
    body = diagram(START + user("A", multi(COLLECTION)) + END, "S>A A>E")
    with pytest.raises(MigrationRefused):
        move(Player(body, {"items": [1, 2]}, mode="plain"), body.replace(b'"false"', b'"true"'))


def test_scopes_move_with_what_waits_in_them() -> None:
    inner = '<startEvent id="S2"/>' + user("A") + '<endEvent id="E2"/>'
    body = diagram(START + sub("X", inner, "S2>A A>E2") + END, "S>X X>E")
    after = diagram(START + sub("Y", inner + user("B"), "S2>A A>B B>E2") + END, "S>Y Y>E")
    player = Player(body, mode="plain")
    with pytest.raises(MigrationRefused):
        move(player, after)
    move(player, after, {"X": "Y", "A": "A"})
    assert player.do("A").do("B").done


def test_listeners_of_a_scope_move_and_new_ones_begin_to_listen() -> None:
    old = event_sub("V", MESSAGE, user("C") + end("E2"), "Vs>C C>E2")
    new = event_sub("W", SIGNAL, user("D") + end("E3"), "Ws>D D>E3", interrupting=False)
    player = Player(diagram(START + user("A") + END + old, "S>A A>E"), mode="plain")
    move(player, diagram(START + user("A") + END + old + new, "S>A A>E"))
    assert player.waiting == ["A", "Vs", "Ws"]
    assert player.signal("sig1").open == ["A", "D"]
    assert player.message("msg1").open == ["C"]


def test_events_of_a_gateway_move_and_the_new_one_counts() -> None:
    nodes = START + '<eventBasedGateway id="G"/>' + catch("M", MESSAGE) + catch("T", timer("PT1H")) + END
    player = Player(diagram(nodes, "S>G G>M G>T M>E T>E"), mode="plain")
    move(player, diagram(nodes + catch("Z", SIGNAL), "S>G G>M G>T G>Z M>E T>E Z>E"))
    assert player.waiting == ["M", "T", "Z"]
    assert player.signal("sig1").done


def test_what_can_be_undone_still_can() -> None:
    def body(handler: str) -> bytes:
        undo = '<boundaryEvent id="C" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>'
        link = f'<association id="as" sourceRef="C" targetRef="{handler}"/>'
        nodes = START + user("A") + undo + user(handler, attributes='isForCompensation="true"') + link + user("B")
        return diagram(nodes + throw("X", "<compensateEventDefinition/>") + END, "S>A A>B B>X X>E")

    player = Player(body("H"), mode="plain").do("A")
    move(player, body("K"))
    assert player.do("B").open == ["K"]

    player = Player(body("H"), mode="plain").do("A")
    without = START + user("A") + user("B") + throw("X", "<compensateEventDefinition/>") + END
    with pytest.raises(MigrationRefused) as refused:
        move(player, diagram(without, "S>A A>B B>X X>E"))
    assert [(found.element_id, found.code) for found in refused.value.findings] == [("A", "no-compensation")]


def test_a_handler_that_nobody_would_call_may_go() -> None:
    undo = '<boundaryEvent id="C" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>'
    link = '<association id="as" sourceRef="C" targetRef="H"/>'
    nodes = START + user("A") + undo + user("H", attributes='isForCompensation="true"') + link + user("B")
    player = Player(diagram(nodes + throw("X", "<compensateEventDefinition/>") + END, "S>A A>B B>X X>E"), mode="plain")
    player.do("A")
    move(player, diagram(START + user("A") + user("B") + END, "S>A A>B B>E"))
    assert player.do("B").done


def test_a_condition_that_was_true_does_not_fire_again() -> None:
    nodes = START + user("A") + boundary("C", "A", condition("n > 1"), interrupting=False) + user("B") + END + end("X")
    body = diagram(nodes, "S>A A>E C>B B>X")
    player = Player(body, {"n": 2}, mode="plain")
    assert player.open == ["A", "B"]
    move(player, body)
    player.instance.set_variables({"n": 3})
    assert player.open == ["A", "B"]


def test_candidates_change_only_where_they_are_drawn_differently() -> None:
    def body(groups: str) -> bytes:
        return diagram(START + user("A", attributes=f'camunda:candidateGroups="{groups}"') + END, "S>A A>E")

    player = Player(body("CSR"), mode="plain")
    assert move(player, body("CSR")).reassigned == ()
    (changed,) = move(player, body("CSS,OPSD")).reassigned
    assert (changed.element_id, changed.groups_before, changed.groups) == ("A", ("CSR",), ("CSS", "OPSD"))
    (wait,) = player.instance.waits()
    assert isinstance(wait.details, UserTaskWait)
    assert wait.details.candidate_groups == ("CSS", "OPSD")


def test_a_called_instance_stays_on_its_own_diagram_and_can_move_by_itself() -> None:
    call = '<callActivity id="K" calledElement="Q"/>'
    child = process('<startEvent id="S2"/>' + user("A") + '<endEvent id="E2"/>', "S2>A A>E2", key="Q")
    parent = process(START + call + END, "S>K K>E")
    player = Player(definitions(parent, child), mode="plain")
    (wait,) = player.instance.waits()

    move(player, definitions(process(START + call + user("B") + END, "S>K K>B B>E"), child))
    assert player.instance.waits()[0].process_id == wait.process_id

    wider = process(
        '<startEvent id="S2"/>' + user("A") + user("A2") + '<endEvent id="E2"/>', "S2>A A>A2 A2>E2", key="Q"
    )
    old, new = player.services.definitions["Q"], parse(definitions(wider), name="q")[0]
    versions = {"Q:1": old, "Q:2": new}
    player.services.definition_by_id = lambda version: versions[version]  # type: ignore[method-assign]
    moved = migrate(
        player.instance.store(), root=player.services.definitions["P"], source=old, target=new, target_id="Q:2",
        process_id=wait.process_id, instructions=generate(old, new), services=player.services,
    )  # fmt: skip
    player.instance = moved.instance
    player.do("A").do("A2")
    assert player.open == ["B"]


def test_inclusive_joins_and_errors_survive() -> None:
    nodes = START + inclusive("G", "f_G_B") + user("A") + user("B") + inclusive("J") + END + end("X", ERROR)
    body = diagram(nodes + exclusive("Q", "f_Q_E"), "S>G G>A[n>0] G>B A>J B>J J>Q Q>X[n>1] Q>E")
    player = Player(body, {"n": 1}, mode="plain")
    move(player, body)
    assert player.do("A").done
