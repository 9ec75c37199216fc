"""Retry cycles of elements: how often their jobs are tried, when again, and what is said of a cycle that is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import deployments, incidents, models
from engine.bpmn.parser import examine
from engine.bpmn.retries import MAX_TRIES, NotARetryCycle, parse_retry_cycle
from engine.clock import VirtualClock, from_micros
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import ExecutionFailed
from engine.external_tasks import HandlerTask
from engine.job_executor import advance, run_due
from engine.process_engine import ProcessEngine
from tests.conftest import NOW, Deploy
from tests.engine.commands import instance, start
from tests.engine.diagrams import diagram, flows


def cycle(text: str) -> str:
    return (
        f"<extensionElements><camunda:failedJobRetryTimeCycle>{text}</camunda:failedJobRetryTimeCycle>"
        "</extensionElements>"
    )


def fork(text: str) -> str:
    """A gateway in a job of its own that fails as long as nobody says what the amount is."""
    return diagram(
        f'<startEvent id="begin"/><exclusiveGateway id="large" camunda:asyncBefore="true">{cycle(text)}'
        '</exclusiveGateway><endEvent id="yes"/><endEvent id="no"/>'
        + flows("begin>large", "large>yes:amount &gt; 100", "large>no:amount &lt;= 100")
    )


def only_job(engine: ProcessEngine) -> Any:
    with engine.database.read() as connection:
        return connection.execute(select(models.job)).one()


def tries(engine: ProcessEngine, clock: VirtualClock) -> list[datetime]:
    """Runs a job whenever it is due until its tries are used up; returns when it was run."""
    seen = []
    while (job := only_job(engine)).retries > 0:
        seen.append(from_micros(job.due_at))
        assert len(seen) < 10
        advance(engine, clock, from_micros(job.due_at))
    return seen


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("R3/PT10M", [0, 10, 20]),
        ("R1/PT10M", [0]),
        (" R2/P1D ", [0, 1440]),
        ("PT5M,PT10M, PT1H", [0, 5, 15, 75]),
        ("PT7M", [0, 7]),
        ("${'R2/PT3M'}", [0, 3]),
    ],
)
def test_a_continuation_is_tried_as_often_and_as_late_as_its_element_says(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock, text: str, minutes: list[int]
) -> None:
    deploy(case__bpmn=fork(text))
    case = start(engine)
    assert only_job(engine).retries == len(minutes)

    assert tries(engine, clock) == [NOW + timedelta(minutes=late) for late in minutes]

    (incident,) = engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)
    assert (incident.type, incident.element_id) == ("failedJob", "large")


def test_a_timer_is_tried_as_its_event_says(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> None:
    body = (
        f'<startEvent id="begin"/><intermediateCatchEvent id="later">{cycle("R2/PT30M")}<timerEventDefinition id="t">'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        '<exclusiveGateway id="large"/><endEvent id="yes"/><endEvent id="no"/>'
        + flows("begin>later", "later>large", "large>yes:amount &gt; 100", "large>no:amount &lt;= 100")
    )
    deploy(case__bpmn=diagram(body))
    start(engine)

    assert tries(engine, clock) == [NOW + timedelta(hours=1), NOW + timedelta(hours=1, minutes=30)]


def test_a_handler_of_the_house_is_tried_as_its_task_says_and_its_incident_closes_when_it_goes_through(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    tried = []

    def handler(_ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
        tried.append(task.id)
        if len(tried) < 5:
            raise ExecutionFailed("the line is busy", element_id=task.element_id)
        return {}

    engine.handlers["busy.line"] = handler
    body = (
        f'<startEvent id="begin"/><serviceTask id="call" camunda:type="external" camunda:topic="busy.line">'
        f'{cycle("R5/PT2M")}</serviceTask><endEvent id="done"/>' + flows("begin>call", "call>done")
    )
    deploy(case__bpmn=diagram(body))
    case = start(engine)

    advance(engine, clock, NOW + timedelta(minutes=7))
    assert (len(tried), only_job(engine).retries) == (4, 1)
    advance(engine, clock, NOW + timedelta(minutes=8))

    assert instance(engine, case.id).end_event == "done"
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, case.id) == []


def test_each_instance_of_a_loop_is_tried_as_its_activity_says(engine: ProcessEngine, deploy: Deploy) -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true" camunda:asyncBefore="true">'
        f"{cycle('R7/PT1M')}<loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    )
    body = (
        f'<startEvent id="begin"/><manualTask id="look" camunda:asyncBefore="true">{loop}</manualTask>'
        '<endEvent id="done"/>' + flows("begin>look", "look>done")
    )
    deploy(case__bpmn=diagram(body))
    case = start(engine)

    assert only_job(engine).retries == 7
    run_due(engine)
    assert instance(engine, case.id).end_event == "done"


def test_an_element_without_a_cycle_is_tried_three_times(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=fork("R3/PT10M").replace(cycle("R3/PT10M"), ""))
    start(engine)

    assert only_job(engine).retries == 3


@pytest.mark.parametrize(
    "text",
    [
        *("", "three times", "R/PT10M", "R0/PT10M", "R101/PT1M", "R3/10", "PT5M,,PT1H", "-PT5M", "R2/P2Y"),
        *("R3/PT1M/PT2M", "${retries}", "=retries", "R2/P99999999999999Y", "R2/-P1M"),
        ",".join(["PT1M"] * MAX_TRIES),
    ],
)
def test_what_is_no_cycle_is_refused_with_its_place_in_both_languages(text: str) -> None:
    with pytest.raises(NotARetryCycle):
        parse_retry_cycle(text)
    body = fork(text).replace("<camunda:failedJob", "\n<camunda:failedJob")

    line = body[: body.index("<camunda:failedJob")].count("\n") + 1

    found, _ = examine(body.encode(), name="case.bpmn")

    (wrong,) = [finding for finding in found if finding.code == "bad-retry-cycle"]
    assert (wrong.severity, wrong.element_id, wrong.line) == ("error", "large", line)
    assert "large" in wrong.zh
    assert "large" in wrong.en


def test_a_cycle_that_is_one_is_not_warned_of() -> None:
    found, _ = examine(fork("R3/PT10M").encode(), name="case.bpmn")

    assert [finding.code for finding in found if finding.code in ("extension-ignored", "bad-retry-cycle")] == []


TIMED = '<timerEventDefinition id="t"><timeDuration>PT1H</timeDuration></timerEventDefinition>'
TOPIC = 'camunda:type="external" camunda:topic="their.line"'


@pytest.mark.parametrize(
    ("element", "warned"),
    [
        ('<exclusiveGateway id="it">{}</exclusiveGateway>', True),
        ('<userTask id="it" camunda:candidateGroups="CSS">{}</userTask>', True),
        ('<scriptTask id="it" camunda:resultVariable="x" scriptFormat="feel">{}<script>1</script></scriptTask>', True),
        ('<manualTask id="it" camunda:asyncBefore="true">{}</manualTask>', False),
        ('<manualTask id="it" camunda:asyncAfter="true">{}</manualTask>', False),
        ('<manualTask id="it" camunda:asyncAfter="false">{}</manualTask>', True),
        (f'<intermediateCatchEvent id="it">{{}}{TIMED}</intermediateCatchEvent>', False),
        (f'<serviceTask id="it" {TOPIC}>{{}}</serviceTask>', True),
        (f'<serviceTask id="it" {TOPIC.replace("their", "own")}>{{}}</serviceTask>', False),
        (f'<serviceTask id="it" {TOPIC} camunda:asyncBefore="true">{{}}</serviceTask>', False),
        (
            '<manualTask id="it"><multiInstanceLoopCharacteristics camunda:asyncBefore="true">{}'
            "<loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></manualTask>",
            False,
        ),
    ],
)
def test_a_cycle_at_what_makes_no_job_is_warned_of_with_its_place(
    engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch, element: str, warned: bool
) -> None:
    monkeypatch.setitem(engine.handlers, "own.line", lambda _ctx, _task: {})
    body = '<startEvent id="begin"/>\n' + element.format("\n" + cycle("R5/PT2M")) + '<endEvent id="done"/>'
    files = {"case.bpmn": diagram(body + flows("begin>it", "it>done")).encode()}

    found = engine.read(SYSTEM_ACTOR, deployments.findings, files).get("case.bpmn", [])

    told = [one for one in found if one.code == "retry-cycle-without-job"]
    assert [(one.severity, one.element_id, one.line) for one in told] == [("warning", "it", 3)] * warned
    assert all("it" in one.zh and "it" in one.en for one in told)
