"""What a deployment warns of, and what it refuses, where a file names what the house does not know."""

from __future__ import annotations

import pytest

from engine import deployments
from engine.context import SYSTEM_ACTOR
from engine.errors import ParseFailed
from engine.process_engine import ProcessEngine
from tests.engine.diagrams import diagram, flows, user_task

CLASSES = (
    '<extensionElements><camunda:properties><camunda:property name="variable.reason" value="FREE"/>'
    "</camunda:properties></extensionElements>"
)
DOUBTFUL = diagram(
    CLASSES
    + '<startEvent id="begin"/>'
    + user_task("check", group="CRS", attributes='camunda:assignee="=reason"')
    + '<endEvent id="done"/>'
    + flows("begin>check", "check>done")
)
NOBODY_APPROVES = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="file" name="t" namespace="https://marque.app/test">
  <decision id="dt_98" name="审批"><variable id="v" name="dt_98" /><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="ie" typeRef="boolean"><text>large</text></inputExpression></input>
    <output id="o" name="role" typeRef="string" />
    <rule id="any"><inputEntry id="a"><text>-</text></inputEntry><outputEntry id="b"><text>"CDS"</text></outputEntry>
    </rule></decisionTable></decision></definitions>"""


def test_a_deployment_warns_of_unknown_roles_and_of_personal_data_in_expressions(engine: ProcessEngine) -> None:
    resources = {"case.bpmn": DOUBTFUL.encode()}

    made = engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=resources)

    warned = {(found.code, found.element_id) for found in made.warnings["case.bpmn"]}
    assert warned >= {("unknown-role", "check"), ("personal-in-expression", "check")}


def test_a_table_with_an_unknown_role_is_refused(engine: ProcessEngine) -> None:
    resources = {"dt_98.dmn": NOBODY_APPROVES.encode()}

    with pytest.raises(ParseFailed) as refused:
        engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=resources)

    assert [found.code for found in refused.value.findings["dt_98.dmn"]] == ["unknown-role"]
