"""Four eyes: what is controlled comes into force by a second person, after its checks, on its day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import (
    audit,
    deployments,
    examinations,
    history,
    history_queries,
    job_executor,
    messages,
    models,
    process_definitions,
    process_instances,
    proposals,
    releases,
    signals,
    start_forms,
    user_tasks,
    variable_queries,
    variables,
)
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, Actor
from engine.deployments import Deployment
from engine.errors import Conflict, Forbidden, InvalidRequest, ParseFailed
from engine.history_queries import InstanceQuery
from engine.process_definitions import DefinitionQuery
from engine.process_engine import ProcessEngine
from engine.process_instances import ProcessInstance
from engine.settings import Limits
from engine.user_tasks import TaskQuery
from engine.values import load
from engine.variable_queries import VariableQuery
from tests.engine.commands import CSS, open_tasks, start
from tests.engine.diagrams import ERRANDS, RECEIVER, SENDER, diagram, flows, user_task

OWNER = Actor("owner", frozenset({"OWNER"}))
OWNER2 = Actor("owner2", frozenset({"OWNER"}))
SMD = Actor("smd", frozenset({"SMD"}))
OPERATOR = Actor("operator", frozenset({"ADMIN"}))

ONE = diagram(
    '<startEvent id="begin"/>' + user_task("check") + '<endEvent id="done"/>' + flows("begin>check", "check>done")
)
TWO = diagram(
    '<startEvent id="begin"/>' + user_task("look") + '<endEvent id="done"/>' + flows("begin>look", "look>done")
)
DECLARED = ONE.replace(
    'isExecutable="true">',
    'isExecutable="true"><extensionElements><camunda:properties><camunda:property name="controlled" value="true"/>'
    "</camunda:properties></extensionElements>",
)


def table(limit: int = 100, *, key: str = "dt_99") -> str:
    """A table that says whether an amount may be approved."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:marque="https://marque.app/dmn"
  id="{key}_file" name="t" namespace="https://marque.app/test">
  <decision id="{key}" name="上限"><variable id="v" name="{key}" />
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i" label="金额"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
      <output id="o" name="approved" typeRef="boolean" />
      <rule id="small"><inputEntry id="c1"><text>&lt;= {limit}</text></inputEntry>
        <outputEntry id="c2"><text>true</text></outputEntry></rule>
      <rule id="large"><inputEntry id="c3"><text>&gt; {limit}</text></inputEntry>
        <outputEntry id="c4"><text>false</text></outputEntry></rule>
      <rule id="unknown"><inputEntry id="c5"><text>null</text></inputEntry>
        <outputEntry id="c6"><text>false</text></outputEntry></rule>
    </decisionTable></decision></definitions>"""


def cases(amount: int = 100, *, key: str = "dt_99") -> str:
    return f"cases:\n  - {{name: at the limit, decision: {key}, inputs: {{amount: {amount}}}, expect: true}}\n"


@pytest.fixture
def put(engine: ProcessEngine) -> Callable[..., Deployment]:
    """Deploys name -> text as somebody."""

    def run(actor: Actor, files: dict[str, str], **more: Any) -> Deployment:
        resources = {name: body.encode() for name, body in files.items()}
        return engine.run(actor, deployments.create, name="test", resources=resources, **more)

    return run


@pytest.fixture
def proposed(put: Callable[..., Deployment]) -> str:
    """A proposal of OWNER that replaces the task `check` by `look`; returns its id."""
    put(OPERATOR, {"case.bpmn": ONE}, controlled=True)
    made = put(OWNER, {"case.bpmn": TWO}).proposal_id
    assert made is not None
    return made


def approve(engine: ProcessEngine, actor: Actor, proposal_id: str, **more: Any) -> proposals.Proposal:
    dossier = engine.read(actor, examinations.read_dossier, proposal_id)
    examined = examinations.examine(dossier, limits=Limits())
    return engine.run(actor, proposals.approve, proposal_id, examination=examined, **more)


def try_out(engine: ProcessEngine, actor: Actor, made: Deployment, **values: Any) -> ProcessInstance:
    return engine.run(actor, start_forms.start_instance, made.definitions[0], values)


def in_force(engine: ProcessEngine, key: str = "case") -> int:
    return engine.read(SYSTEM_ACTOR, process_definitions.latest, key).version


def events(engine: ProcessEngine, chain: str = history.ADMIN_CHAIN) -> list[dict[str, Any]]:
    return [load(body) for body in engine.read(SYSTEM_ACTOR, audit.bodies, chain)]


# ------------------------------------------------------------ what is controlled, and what is not


def test_a_key_of_ones_own_deploys_and_starts_at_once(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(OWNER, {"case.bpmn": ONE})
    second = put(OWNER, {"case.bpmn": TWO})

    assert second.proposal_id is None
    assert in_force(engine) == 2


def test_the_operator_puts_the_first_release_of_a_controlled_key_into_force(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    first = put(OPERATOR, {"case.bpmn": ONE}, controlled=True)
    second = put(OPERATOR, {"case.bpmn": TWO}, controlled=True)

    assert first.proposal_id is None
    assert second.proposal_id is not None
    assert in_force(engine) == 1


def test_a_person_who_declares_a_new_key_controlled_needs_a_second_person_for_its_first_release(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    made = put(OWNER, {"case.bpmn": DECLARED})
    assert made.proposal_id is not None
    assert engine.read(SYSTEM_ACTOR, process_definitions.find, DefinitionQuery(key="case")) == []

    approve(engine, OWNER2, made.proposal_id)

    assert in_force(engine) == 1
    assert put(OWNER, {"case.bpmn": ONE}).proposal_id is not None


def test_the_system_approves_what_it_deploys_itself(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(SYSTEM_ACTOR, {"case.bpmn": DECLARED})
    put(SYSTEM_ACTOR, {"case.bpmn": TWO})
    assert in_force(engine) == 2

    assert put(OWNER, {"case.bpmn": ONE}).proposal_id is not None


def test_one_controlled_key_makes_the_whole_deployment_a_proposal(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    put(OPERATOR, {"t.dmn": table()}, controlled=True)
    made = put(OWNER, {"t.dmn": table(200), "case.bpmn": ONE})

    assert made.proposal_id is not None
    assert engine.read(SYSTEM_ACTOR, releases.current) == 1
    proposal = engine.read(OWNER, proposals.get, made.proposal_id)
    assert {kind: set(keys) for kind, keys in proposal.brought.items()} == {"decision": {"dt_99"}, "process": {"case"}}


def test_a_broken_draft_is_refused_before_anything_is_kept(
    engine: ProcessEngine, put: Callable[..., Deployment], proposed: str
) -> None:
    with pytest.raises(ParseFailed):
        put(OWNER, {"case.bpmn": TWO.replace('targetRef="done"', 'targetRef="nowhere"')})
    with pytest.raises(ParseFailed):
        put(OWNER, {"rules/dt_99/tests.yaml": "cases: []"})

    assert len(engine.read(OWNER, proposals.find)) == 1


# ------------------------------------------------------------ deciding


def test_a_proposal_is_not_in_force_until_a_second_person_approves(engine: ProcessEngine, proposed: str) -> None:
    assert in_force(engine) == 1

    approved = approve(engine, OWNER2, proposed, comment="checked with Wang")

    assert in_force(engine) == 2
    assert (approved.state, approved.author, approved.decided_by) == ("released", "owner", "owner2")
    assert list(open_tasks(engine, start(engine).id)) == ["look"]


def test_the_author_cannot_approve_or_reject(engine: ProcessEngine, proposed: str) -> None:
    with pytest.raises(Forbidden, match="a second person decides"):
        approve(engine, OWNER, proposed)
    with pytest.raises(Forbidden, match="a second person decides"):
        engine.run(OWNER, proposals.reject, proposed)

    assert in_force(engine) == 1


@pytest.mark.parametrize("actor", [CSS, OPERATOR], ids=["a supervisor", "an administrator"])
def test_who_has_no_right_to_approve_cannot(engine: ProcessEngine, proposed: str, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        approve(engine, actor, proposed)


def test_the_sales_classes_are_published_by_the_sales_director_alone(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    put(OPERATOR, {"t.dmn": table(key="dt_12")}, controlled=True)
    made = put(OWNER, {"t.dmn": table(200, key="dt_12")}).proposal_id
    assert made is not None

    with pytest.raises(Forbidden, match="approve dt 12"):
        approve(engine, OWNER2, made)
    assert approve(engine, SMD, made).state == "released"


def test_a_decision_is_made_once(engine: ProcessEngine, proposed: str) -> None:
    approve(engine, OWNER2, proposed)

    with pytest.raises(Conflict, match="released already by owner2"):
        approve(engine, SMD, proposed)
    with pytest.raises(Conflict):
        engine.run(SMD, proposals.reject, proposed)


def test_what_was_rejected_never_runs_and_may_be_proposed_again(
    engine: ProcessEngine, put: Callable[..., Deployment], proposed: str
) -> None:
    engine.run(OWNER2, proposals.reject, proposed, comment="no")
    rejected = engine.read(OWNER, proposals.get, proposed)
    assert rejected.state == "rejected"
    draft = rejected.brought["process"]["case"]
    deployed = engine.read(OWNER, process_definitions.get, draft)
    with pytest.raises(Conflict, match="rejected and cannot be started"):
        engine.run(OWNER, start_forms.start_instance, deployed)

    again = put(OWNER, {"case.bpmn": TWO}, duplicate_filtering=True)
    assert again.proposal_id is not None


def test_running_cases_keep_the_release_under_which_they_started(engine: ProcessEngine, proposed: str) -> None:
    before = start(engine)
    approve(engine, OWNER2, proposed)

    assert list(open_tasks(engine, before.id)) == ["check"]
    assert before.release == 1


def test_a_proposal_on_an_older_version_does_not_undo_what_came_in_between(
    engine: ProcessEngine, put: Callable[..., Deployment], proposed: str
) -> None:
    other = put(OWNER2, {"case.bpmn": TWO.replace("look", "listen")}).proposal_id
    assert other is not None
    approve(engine, OWNER, other)

    with pytest.raises(Conflict, match="changed meanwhile"):
        approve(engine, OWNER2, proposed)


def test_an_examination_of_an_older_release_does_not_count(
    engine: ProcessEngine, put: Callable[..., Deployment], proposed: str
) -> None:
    dossier = engine.read(OWNER2, examinations.read_dossier, proposed)
    examined = examinations.examine(dossier, limits=Limits())
    put(OWNER, {"other.bpmn": diagram('<startEvent id="a"/><endEvent id="b"/>' + flows("a>b"), key="other")})

    with pytest.raises(Conflict, match="examine it again"):
        engine.run(OWNER2, proposals.approve, proposed, examination=examined)


# ------------------------------------------------------------ checks


def test_cases_that_fail_keep_a_table_out_of_force(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(OPERATOR, {"dt/t.dmn": table(), "dt/tests.yaml": cases()}, controlled=True)
    red = put(OWNER, {"dt/t.dmn": table(50)}).proposal_id
    assert red is not None

    with pytest.raises(InvalidRequest, match=r"does not pass its checks: dt/t\.dmn: at the limit"):
        approve(engine, OWNER2, red)

    green = put(OWNER, {"dt/t.dmn": table(50), "dt/tests.yaml": cases(50)}).proposal_id
    assert green is not None
    approved = approve(engine, OWNER2, green)
    assert approved.examination is not None
    assert (approved.examination["cases"], approved.examination["passed"]) == (1, True)


def test_scenarios_that_nobody_played_keep_a_diagram_out_of_force(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    put(OPERATOR, {"case/case.bpmn": ONE, "case/scenarios/one.yaml": "scenario: one"}, controlled=True)
    made = put(OWNER, {"case/case.bpmn": TWO}).proposal_id
    assert made is not None
    with pytest.raises(InvalidRequest, match="the scenarios were not played"):
        approve(engine, OWNER2, made)

    dossier = engine.read(OWNER2, examinations.read_dossier, made)
    seen: list[str] = []

    def play(files: Any, scenarios: Any) -> list[str]:
        assert b'name="look"' in next(iter(files.values()))
        seen.extend(scenarios)
        return []

    examined = examinations.examine(dossier, limits=Limits(), play=play)
    assert engine.run(OWNER2, proposals.approve, made, examination=examined).state == "released"
    assert seen == ["case/scenarios/one.yaml"]


# ------------------------------------------------------------ dates


def test_a_date_in_the_past_is_refused(engine: ProcessEngine, clock: VirtualClock, proposed: str) -> None:
    with pytest.raises(InvalidRequest, match="in the past"):
        approve(engine, OWNER2, proposed, effective_at=clock.now() - timedelta(seconds=1))


def test_a_scheduled_proposal_comes_into_force_on_its_day(
    engine: ProcessEngine, clock: VirtualClock, proposed: str
) -> None:
    day = clock.now() + timedelta(days=3)
    assert approve(engine, OWNER2, proposed, effective_at=day).state == "scheduled"

    job_executor.advance(engine, clock, day - timedelta(seconds=1))
    assert in_force(engine) == 1
    job_executor.advance(engine, clock, day)
    assert in_force(engine) == 2
    released = engine.read(OWNER, proposals.get, proposed)
    assert (released.state, released.release) == ("released", 2)
    assert proposals.effective_date(released) == day


def test_a_scheduled_proposal_can_still_be_turned_down(
    engine: ProcessEngine, clock: VirtualClock, proposed: str
) -> None:
    day = clock.now() + timedelta(days=3)
    approve(engine, OWNER2, proposed, effective_at=day)
    engine.run(SMD, proposals.reject, proposed)

    job_executor.advance(engine, clock, day)

    assert in_force(engine) == 1
    assert engine.read(OWNER, proposals.get, proposed).state == "rejected"


def test_a_scheduled_proposal_that_was_overtaken_says_so(
    engine: ProcessEngine, clock: VirtualClock, put: Callable[..., Deployment], proposed: str
) -> None:
    day = clock.now() + timedelta(days=3)
    approve(engine, OWNER2, proposed, effective_at=day)
    urgent = put(OWNER, {"case.bpmn": TWO.replace("look", "listen")}).proposal_id
    assert urgent is not None
    approve(engine, OWNER2, urgent)

    job_executor.advance(engine, clock, day)

    assert in_force(engine) == 3
    assert engine.read(OWNER, proposals.get, proposed).state == "overtaken"
    assert events(engine)[-1]["kind"] == "proposal.overtaken"


# ------------------------------------------------------------ the sandbox


def test_the_author_tries_the_draft_in_a_sandbox(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(OPERATOR, {"case.bpmn": ONE}, controlled=True)
    made = put(OWNER, {"case.bpmn": TWO})

    trial = try_out(engine, OWNER, made)

    assert trial.sandbox
    tasks = open_tasks(engine, trial.id)
    assert list(tasks) == ["look"]
    done = engine.run(OWNER, user_tasks.complete, tasks["look"], {})
    assert done.state == "COMPLETED"


def test_nobody_else_starts_a_draft_or_sees_its_tasks(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(OPERATOR, {"case.bpmn": ONE}, controlled=True)
    made = put(OWNER, {"case.bpmn": TWO})
    with pytest.raises(Forbidden, match="only proposed"):
        try_out(engine, CSS, made)

    trial = try_out(engine, OWNER, made)
    task_id = open_tasks(engine, trial.id)["look"]

    with pytest.raises(Forbidden):
        engine.run(CSS, user_tasks.complete, task_id, {})
    assert engine.read(CSS, user_tasks.find, TaskQuery(free_for=("css", ("CSS",)))) == []
    assert engine.read(SYSTEM_ACTOR, user_tasks.find, TaskQuery()) == []
    assert len(engine.read(OWNER, user_tasks.find, TaskQuery(sandbox=True))) == 1
    assert engine.read(SYSTEM_ACTOR, history_queries.find_instances, InstanceQuery()) == []
    assert engine.read(SYSTEM_ACTOR, variable_queries.find_variables, VariableQuery()) == []
    assert engine.read(SYSTEM_ACTOR, variable_queries.find_variables, VariableQuery(process_instance_id=trial.id))
    found = engine.read(SYSTEM_ACTOR, history_queries.find_instances, InstanceQuery(sandbox=True))
    assert [one.id for one in found] == [trial.id]


def test_a_draft_sees_the_tables_that_were_proposed_with_it(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    rule = (
        '<businessRuleTask id="ask" camunda:decisionRef="dt_99" camunda:resultVariable="approved" '
        'camunda:mapDecisionResult="singleEntry"/>'
    )
    asking = diagram(
        '<startEvent id="begin"/>'
        + rule
        + user_task("look")
        + '<endEvent id="done"/>'
        + flows("begin>ask", "ask>look", "look>done")
    )
    put(OPERATOR, {"case.bpmn": asking, "t.dmn": table(100)}, controlled=True)
    made = put(OWNER, {"case.bpmn": asking, "t.dmn": table(500)})
    process = next(one for one in made.definitions if one.kind == "process")

    real = start(engine, amount=200)
    trial = engine.run(OWNER, process_instances.start, process, values={"amount": 200})

    def approved(instance: ProcessInstance) -> Any:
        return engine.read(SYSTEM_ACTOR, variables.of_instance, instance.id)["approved"]

    assert (approved(real), approved(trial)) == (False, True)


def test_a_sandbox_reaches_no_other_case(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    put(OPERATOR, {"sender.bpmn": SENDER, "receiver.bpmn": RECEIVER}, controlled=True)
    made = put(OWNER, {"sender.bpmn": SENDER.replace('id="sent"', 'id="sent" name="told"')})

    trial = try_out(engine, OWNER, made, amount=5)
    job_executor.run_due(engine)

    assert engine.read(SYSTEM_ACTOR, process_instances.get, trial.id).state == "COMPLETED"
    assert engine.read(SYSTEM_ACTOR, history_queries.find_instances, InstanceQuery(definition_key="receiver")) == []
    with engine.database.read() as connection:
        assert connection.execute(select(models.incident.c.id)).all() == []


WAITING = diagram(
    '<startEvent id="begin"/><intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m_in"/>'
    '</intermediateCatchEvent><intermediateCatchEvent id="hear"><signalEventDefinition signalRef="s"/>'
    '</intermediateCatchEvent><endEvent id="done"/>' + flows("begin>wait", "wait>hear", "hear>done"),
    extra=ERRANDS + '<signal id="s" name="bell"/>',
)


def test_messages_and_signals_of_the_house_pass_a_sandbox_by(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    put(OPERATOR, {"case.bpmn": WAITING}, controlled=True)
    made = put(OWNER, {"case.bpmn": WAITING.replace('id="done"', 'id="done" name="over"')})
    real = start(engine)
    trial = try_out(engine, OWNER, made)

    (received,) = engine.run(SYSTEM_ACTOR, messages.correlate, messages.Message("errand"))
    assert received.instance.id == real.id

    engine.run(OWNER, messages.correlate, messages.Message("errand", process_instance_id=trial.id))
    assert engine.run(SYSTEM_ACTOR, signals.broadcast, "bell") == 1
    job_executor.run_due(engine)
    assert engine.read(SYSTEM_ACTOR, process_instances.get, real.id).state == "COMPLETED"
    assert engine.read(SYSTEM_ACTOR, process_instances.get, trial.id).state == "ACTIVE"


def test_nothing_is_sent_or_archived_from_a_sandbox(engine: ProcessEngine, put: Callable[..., Deployment]) -> None:
    service = '<serviceTask id="file" camunda:type="external" camunda:topic="{}"/>'
    filing = diagram(
        '<startEvent id="begin"/>'
        + service.format("archive")
        + '<endEvent id="done"/>'
        + flows("begin>file", "file>done")
    )
    put(OPERATOR, {"case.bpmn": filing}, controlled=True)
    made = put(OWNER, {"case.bpmn": filing.replace("archive", "outside")})

    trial = try_out(engine, OWNER, made)
    job_executor.run_due(engine)

    assert engine.read(SYSTEM_ACTOR, process_instances.get, trial.id).state == "COMPLETED"
    with engine.database.read() as connection:
        assert connection.execute(select(models.external_task.c.id)).all() == []


def test_drafts_are_not_listed_among_the_versions_in_force(
    engine: ProcessEngine, put: Callable[..., Deployment], proposed: str
) -> None:
    def versions(**query: Any) -> list[int]:
        return [one.version for one in engine.read(OWNER, process_definitions.find, DefinitionQuery(**query))]

    assert versions(key="case") == [1]
    assert versions(key="case", latest=True) == [1]
    assert versions(key="case", released=False) == [2]
    approve(engine, OWNER2, proposed)
    assert versions(key="case") == [2, 1]
    assert versions(key="case", latest=True) == [2]


# ------------------------------------------------------------ what is written down


def test_every_step_stands_in_the_administration_chain(engine: ProcessEngine, proposed: str) -> None:
    approve(engine, OWNER2, proposed, comment="林晓彤 agreed")

    told = [(event["kind"], event["actor"]) for event in events(engine)]
    assert told == [
        ("deployment.created", "operator"),
        ("proposal.made", "owner"),
        ("deployment.created", "owner"),
        ("proposal.approved", "owner2"),
        ("release.made", "owner2"),
    ]
    assert all("林晓彤".encode() not in body for body in engine.read(SYSTEM_ACTOR, audit.bodies, history.ADMIN_CHAIN))
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_a_comment_is_read_by_those_concerned_and_the_reading_recorded(engine: ProcessEngine, proposed: str) -> None:
    engine.run(OWNER2, proposals.reject, proposed, comment="林晓彤 disagrees")

    assert engine.run(OWNER, proposals.read_comment, proposed) == "林晓彤 disagrees"
    assert engine.run(CSS, proposals.read_comment, proposed) is None
    assert [event["actor"] for event in events(engine, history.ACCESS_CHAIN)] == ["owner"]


def test_releases_say_what_they_changed(engine: ProcessEngine, proposed: str) -> None:
    approve(engine, OWNER2, proposed)

    newest, first = engine.read(OWNER, releases.find)

    assert (newest.number, newest.made_by, set(newest.brought["process"])) == (2, "owner2", {"case"})
    assert (first.number, first.made_by) == (1, "operator")


# ------------------------------------------------------------ several at once


def test_of_two_who_approve_at_once_one_decides(engine: ProcessEngine, proposed: str) -> None:
    def decide(actor: Actor) -> str:
        try:
            return approve(engine, actor, proposed).state
        except Conflict:
            return "too late"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(decide, [OWNER2, SMD, OWNER2, SMD]))

    assert sorted(told) == ["released", "too late", "too late", "too late"]
    assert engine.read(OWNER, releases.current) == 2
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_deployments_at_once_take_versions_and_releases_in_turn(
    engine: ProcessEngine, put: Callable[..., Deployment]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: put(OWNER, {"case.bpmn": ONE.replace("check", f"t{number}")}), range(4)))

    assert sorted(one.definitions[0].version for one in made) == [1, 2, 3, 4]
    assert engine.read(OWNER, releases.current) == 4
