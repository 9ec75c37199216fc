"""Deadlines: which instant stops them, and what a form that leaves it empty says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import models, user_tasks
from engine.clock import VirtualClock, from_micros
from engine.job_executor import advance
from engine.process_engine import ProcessEngine
from tests.conftest import NOW, Deploy
from tests.engine.commands import CSS, complete, open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task

ROW = {
    "code": '"wait"',
    "action": '"open"',
    "limit": "20",
    "unit": '"minutes"',
    "stop_element": '"show"',
    "stop_on": '"started"',
    "stop_time": '"begun_at"',
    "responsible": '"CSS"',
    "escalate_to": '["OPS"]',
    "warn_at": "[]",
    "attempts": "null",
}


def limits(**cells: str) -> str:
    """Returns a table with one deadline row; `cells` replaces outputs of ROW."""
    row = ROW | cells
    outputs = "".join(f'<output id="o_{name}" name="{name}"/>' for name in row)
    entries = "".join(f'<outputEntry id="e_{name}"><text>{text}</text></outputEntry>' for name, text in row.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:marque="https://marque.app/dmn" '
        'id="limits" name="limits" namespace="https://marque.app/test"><decision id="limits" name="limits">'
        '<decisionTable id="t" hitPolicy="UNIQUE" marque:provenance="H"><input id="i"><inputExpression id="ie">'
        f"<text>business_line</text></inputExpression></input>{outputs}"
        f'<rule id="only"><inputEntry id="r"><text>-</text></inputEntry>{entries}</rule>'
        "</decisionTable></decision></definitions>"
    )


def open_limits(name: str) -> str:
    return (
        f'<businessRuleTask id="{name}" camunda:decisionRef="limits"><extensionElements><camunda:properties>'
        '<camunda:property name="deadline.anchor" value="=arrived_at"/></camunda:properties></extensionElements>'
        "</businessRuleTask>"
    )


TWO_STEPS = diagram(
    '<startEvent id="begin"/>'
    + user_task("checkin")
    + open_limits("limit")
    + user_task("show", attributes='camunda:formRef="show_form"')
    + '<exclusiveGateway id="shown" default="shown_done"/><endEvent id="done"/>'
    + user_task("swap")
    + flows("begin>checkin", "checkin>limit", "limit>show", "show>shown", "shown>done", "shown>swap:unfit = true")
    + flows("swap>show")
)

FORM = """{"type": "default", "id": "show_form", "schemaVersion": 17, "components": [
  {"type": "datetime", "subtype": "datetime", "id": "a", "key": "begun_at", "dateLabel": "开始", "label": "开始",
   "timeSerializingFormat": "utc_offset", "properties": {"label.en": "Begun"}},
  {"type": "checkbox", "id": "b", "key": "unfit", "label": "无法备好", "properties": {"label.en": "Unfit"}}
]}"""


def deadline(engine: ProcessEngine, case_id: str) -> Any:
    table = models.deadline
    with engine.database.read() as connection:
        return connection.execute(select(table).where(table.c.root_id == case_id)).one()


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def started_limit(deploy: Deploy) -> None:
    deploy(case__bpmn=TWO_STEPS, limits__dmn=limits(), show_form__form=FORM)


@pytest.fixture
def completed_limit(deploy: Deploy) -> None:
    deploy(case__bpmn=TWO_STEPS, limits__dmn=limits(stop_on='"completed"'), show_form__form=FORM)


@pytest.mark.usefixtures("started_limit")
def test_the_first_claim_stops_a_limit_on_the_start(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")

    advance(engine, clock, later(12))
    engine.run(CSS, user_tasks.claim, open_tasks(engine, case.id)["show"])

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("met", later(12))


@pytest.mark.usefixtures("started_limit")
def test_a_start_that_is_known_when_the_limit_opens_is_judged_by_its_instant(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    case = start(engine, arrived_at=NOW)
    advance(engine, clock, later(40))

    complete(engine, case.id, "checkin", begun_at=later(15))

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("met", later(15))
    assert found.breached_at is None


@pytest.mark.usefixtures("started_limit")
def test_a_start_that_is_known_to_be_late_is_late(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    advance(engine, clock, later(40))

    complete(engine, case.id, "checkin", begun_at=later(24))

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("late", later(24))


@pytest.mark.usefixtures("started_limit")
def test_a_start_that_lies_ahead_waits_for_the_claim(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin", begun_at=later(10))
    assert deadline(engine, case.id).state == "open"

    advance(engine, clock, later(18))
    engine.run(CSS, user_tasks.claim, open_tasks(engine, case.id)["show"])

    assert from_micros(deadline(engine, case.id).stopped_at) == later(10)


@pytest.mark.usefixtures("started_limit")
def test_who_completes_without_claiming_has_started(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    advance(engine, clock, later(25))

    complete(engine, case.id, "show")

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("late", later(25))


@pytest.mark.usefixtures("completed_limit")
def test_a_completion_is_judged_by_the_instant_that_its_form_reports(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    advance(engine, clock, later(15))

    complete(engine, case.id, "show", begun_at=later(9).isoformat())

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("met", later(9))


@pytest.mark.usefixtures("completed_limit")
def test_a_form_that_leaves_the_instant_empty_stops_nothing(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    advance(engine, clock, later(15))

    complete(engine, case.id, "show", unfit=True)

    assert deadline(engine, case.id).state == "open"
    assert "swap" in open_tasks(engine, case.id)
    advance(engine, clock, later(20))
    assert deadline(engine, case.id).state == "breached_open"


@pytest.mark.usefixtures("completed_limit")
def test_the_next_round_stops_what_the_first_left_running(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    complete(engine, case.id, "show", unfit=True)
    complete(engine, case.id, "swap")
    advance(engine, clock, later(19))

    complete(engine, case.id, "show", begun_at=later(18).isoformat())

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.stopped_at)) == ("met", later(18))


@pytest.mark.usefixtures("completed_limit")
def test_a_completion_takes_no_instant_from_the_variables_of_the_case(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    case = start(engine, arrived_at=NOW, begun_at=later(-30))
    complete(engine, case.id, "checkin")

    complete(engine, case.id, "show", unfit=True)

    assert deadline(engine, case.id).state == "open"
    assert deadline(engine, case.id).stopped_at is None


@pytest.mark.usefixtures("completed_limit")
def test_nothing_turns_a_breach_into_met(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    advance(engine, clock, later(30))

    complete(engine, case.id, "show", begun_at=later(19).isoformat())

    found = deadline(engine, case.id)
    assert (found.state, from_micros(found.breached_at)) == ("late", later(20))


@pytest.mark.usefixtures("completed_limit")
def test_at_the_exact_due_instant_it_is_met(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    clock.move_to(later(20))

    complete(engine, case.id, "show", begun_at=later(20).isoformat())

    assert deadline(engine, case.id).state == "met"


@pytest.mark.usefixtures("completed_limit")
def test_at_the_exact_due_instant_it_is_met_even_if_the_escalation_was_quicker(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")
    advance(engine, clock, later(20))
    assert deadline(engine, case.id).state == "breached_open"

    complete(engine, case.id, "show", begun_at=later(20).isoformat())

    found = deadline(engine, case.id)
    assert (found.state, found.breached_at) == ("met", None)


@pytest.mark.usefixtures("completed_limit")
def test_the_end_of_the_case_cancels_what_nobody_stops(engine: ProcessEngine, clock: VirtualClock) -> None:
    case = start(engine, arrived_at=NOW)
    complete(engine, case.id, "checkin")

    complete(engine, case.id, "show")

    assert deadline(engine, case.id).state == "cancelled"


WITHDRAWN = diagram(
    '<startEvent id="begin"/>'
    + open_limits("limit")
    + user_task("check")
    + user_task(
        "note_why",
        inner='<extensionElements><camunda:properties><camunda:property name="deadline.cancel" value="true"/>'
        "</camunda:properties></extensionElements>",
    )
    + '<endEvent id="done"/>'
    + flows("begin>limit", "limit>check", "check>note_why", "note_why>done")
)


def test_an_element_that_cancels_deadlines_does_so_when_it_is_reached(
    engine: ProcessEngine, clock: VirtualClock, deploy: Deploy
) -> None:
    deploy(case__bpmn=WITHDRAWN, limits__dmn=limits(), show_form__form=FORM)
    case = start(engine, arrived_at=NOW)
    assert deadline(engine, case.id).state == "open"

    complete(engine, case.id, "check")
    advance(engine, clock, later(30))

    found = deadline(engine, case.id)
    assert (found.state, found.breached_at, found.next_at) == ("cancelled", None, None)
    assert open_tasks(engine, case.id).keys() == {"note_why"}


APOLOGY = diagram(
    '<startEvent id="begin"/>'
    + open_limits("limit")
    + user_task("show")
    + '<endEvent id="done"><terminateEventDefinition id="over"/></endEvent>'
    + '<subProcess id="aside" triggeredByEvent="true"><startEvent id="told" isInterrupting="false">'
    + '<messageEventDefinition id="told_by" messageRef="m"/></startEvent>'
    + user_task("apologise")
    + '<endEvent id="apologised"/>'
    + flows("told>apologise", "apologise>apologised")
    + "</subProcess>"
    + flows("begin>limit", "limit>show", "show>done"),
    extra='<message id="m" name="wait_exceeded"/>',
)


def test_a_breach_sends_the_case_the_message_that_the_table_names(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=APOLOGY, limits__dmn=limits(on_breach='"wait_exceeded"'))
    case = start(engine, arrived_at=NOW)
    advance(engine, clock, later(19))
    assert set(open_tasks(engine, case.id)) == {"show"}

    advance(engine, clock, later(20))
    assert set(open_tasks(engine, case.id)) == {"show", "apologise"}

    # Once the customer has gone nobody is asked any more.
    assert complete(engine, case.id, "show").end_event == "done"
    assert open_tasks(engine, case.id) == {}


def test_a_limit_that_was_kept_sends_nothing(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> None:
    deploy(case__bpmn=APOLOGY, limits__dmn=limits(on_breach='"wait_exceeded"'))
    case = start(engine, arrived_at=NOW)
    clock.move_to(later(15))
    engine.run(CSS, user_tasks.claim, open_tasks(engine, case.id)["show"])

    advance(engine, clock, later(40))

    assert set(open_tasks(engine, case.id)) == {"show"}
