"""Form fields drawn into a diagram of Camunda 7: shown, checked on the server and kept as any form is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.checking import check
from tests.api.desk import Person

FIELDS = """<camunda:formField id="remark" label="备注" type="string">
  <camunda:properties><camunda:property id="label.en" value="Remark"/></camunda:properties>
  <camunda:validation><camunda:constraint name="required"/><camunda:constraint name="minlength" config="3"/>
   <camunda:constraint name="maxlength" config="20"/></camunda:validation></camunda:formField>
 <camunda:formField id="count" label="数量" type="long" defaultValue="2">
  <camunda:validation><camunda:constraint name="min" config="1"/><camunda:constraint name="max" config="9"/>
  </camunda:validation></camunda:formField>
 <camunda:formField id="urgent" label="加急" type="boolean" defaultValue="true"/>
 <camunda:formField id="day" label="日期" type="date"/>
 <camunda:formField id="brand" label="品牌" type="enum"><camunda:value id="by" name="比亚迪"/>
  <camunda:value id="ge" name="吉利"/></camunda:formField>
 <camunda:formField id="code" label="编号" type="string">
  <camunda:properties><camunda:property id="dataClass" value="none"/></camunda:properties>
  <camunda:validation><camunda:constraint name="readonly"/></camunda:validation></camunda:formField>"""
START = '<camunda:formField id="amount" label="金额" type="long"/>'


def drawn(fields: str = FIELDS, *, task: str = "", data: str = "") -> str:
    """A process whose start event and whose task have fields of their own."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="https://marque.app/test">
 <process id="drawn" isExecutable="true">
  <laneSet id="lanes"><lane id="desk"><extensionElements><camunda:properties>
   <camunda:property name="role" value="CSR"/></camunda:properties></extensionElements>
   <flowNodeRef>begin</flowNodeRef><flowNodeRef>ask</flowNodeRef><flowNodeRef>done</flowNodeRef></lane></laneSet>
  <startEvent id="begin"><extensionElements><camunda:formData>{START}</camunda:formData></extensionElements>
  </startEvent>
  <userTask id="ask" name="询问" {task}><extensionElements><camunda:formData {data}>{fields}</camunda:formData>
  </extensionElements></userTask><endEvent id="done"/>
  <sequenceFlow id="f1" sourceRef="begin" targetRef="ask"/><sequenceFlow id="f2" sourceRef="ask" targetRef="done"/>
 </process></definitions>"""


@pytest.fixture
def task_id(owner: Person, csr: Person) -> str:
    made = owner.deploy({"drawn.bpmn": drawn()})
    assert made.status_code == 200, made.text
    started = csr.post("/api/start", {"processKey": "drawn", "data": {"amount": 5}})
    assert started.status_code in (200, 201), started.text
    (task,) = csr.get("/engine-rest/task?processDefinitionKey=drawn").json
    return str(task["id"])


def test_the_fields_are_a_form_of_the_deployment(task_id: str, csr: Person) -> None:
    assert csr.get(f"/engine-rest/task/{task_id}/form").json["camundaFormRef"]["key"] == "drawn.ask"
    form = csr.get(f"/engine-rest/task/{task_id}/deployed-form").json
    shown = {one["key"]: one for one in form["components"]}
    assert [(key, one["type"]) for key, one in shown.items()] == [
        ("remark", "textfield"),
        ("count", "number"),
        ("urgent", "checkbox"),
        ("day", "datetime"),
        ("brand", "select"),
        ("code", "textfield"),
    ]
    assert shown["remark"]["validate"] == {"required": True, "minLength": 3, "maxLength": 20}
    assert (shown["count"]["defaultValue"], shown["urgent"]["defaultValue"]) == (2, True)
    assert shown["brand"]["values"][0] == {"value": "by", "label": "比亚迪"}
    assert shown["code"]["readonly"] is True
    start = csr.get("/engine-rest/process-definition/key/drawn/deployed-start-form").json
    assert (start["id"], start["components"][0]["key"]) == ("drawn.begin", "amount")


def test_the_server_says_of_each_field_what_is_wrong_in_both_languages(task_id: str, csr: Person) -> None:
    wrong = {"remark": "x", "count": 10, "day": "tomorrow", "brand": "vw"}
    refused = csr.post(f"/api/tasks/{task_id}/complete", {"data": wrong})

    assert refused.status_code == 400, refused.text
    assert {fault["field"] for fault in refused.json["errors"]} == set(wrong)
    assert all(fault["zh"] != fault["en"] for fault in refused.json["errors"])
    assert csr.post(f"/api/tasks/{task_id}/complete", {"data": {}}).json["errors"][0]["field"] == "remark"
    bad_start = csr.post("/api/start", {"processKey": "drawn", "data": {"amount": "much"}})
    assert (bad_start.status_code, bad_start.json["errors"][0]["field"]) == (400, "amount")


def test_valid_values_complete_the_task_and_texts_of_unknown_meaning_are_personal(
    task_id: str, csr: Person, admin: Person
) -> None:
    right = {"remark": "左前门", "count": 3, "urgent": False, "day": "2026-10-08", "brand": "ge"}
    done = csr.post(f"/api/tasks/{task_id}/complete", {"data": right})

    assert done.status_code == 200, done.text
    values = {one["name"]: one for one in admin.get("/engine-rest/history/variable-instance").json}
    assert (values["remark"]["value"], values["remark"]["valueInfo"]) == ("***", {"dataClass": "FREE"})
    assert (values["count"]["value"], values["brand"]["value"], values["urgent"]["value"]) == (3, "ge", False)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fields": '<camunda:formField id="x" label="x" type="map"/>'}, "bad-form-field"),
        ({"fields": '<camunda:formField id="x" label="x" type="long" defaultValue="${y}"/>'}, "bad-form-field"),
        (
            {
                "fields": '<camunda:formField id="x" label="x" type="string"><camunda:validation>'
                '<camunda:constraint name="validator" config="org.x.V"/></camunda:validation></camunda:formField>'
            },
            "bad-form-field",
        ),
        ({"task": 'camunda:formKey="embedded:app:x.html"'}, "form-data-misplaced"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_element(
    owner: Person, tmp_path: Path, changed: dict[str, Any], code: str
) -> None:
    diagram = drawn(**changed)
    refused = owner.deploy({"drawn.bpmn": diagram})

    assert refused.status_code == 400, refused.text
    (fault,) = refused.json["details"]["drawn.bpmn"]["errors"]
    assert (fault["code"], fault["mainElementId"]) == (code, "ask")
    (tmp_path / "drawn.bpmn").write_text(diagram, encoding="utf-8")
    found = check([tmp_path]).findings
    assert code in {finding.code for told in found.values() for finding in told}


def test_what_has_no_effect_is_warned_of_and_the_same_upload_again_brings_nothing_new(owner: Person) -> None:
    diagram = drawn(data='businessKey="remark"')
    made = owner.deploy({"drawn.bpmn": diagram})
    again = owner.deploy({"drawn.bpmn": diagram}, **{"enable-duplicate-filtering": "true"})
    told = owner.post("/api/check", {"files": {"drawn.bpmn": diagram}}).json["findings"]["drawn.bpmn"]

    assert (made.status_code, again.status_code) == (200, 200)
    assert again.json["deployedProcessDefinitions"] is None
    assert [one["severity"] for one in told if one["code"] == "extension-ignored"] == ["warning"]
    assert [one for one in told if one["code"] == "unknown-form"] == []


@pytest.mark.parametrize(
    ("field", "code", "named"),
    [
        ('<camunda:formField id="bad key" label="x" type="string"/>', "bad-key", "bad key"),
        ('<camunda:formField id="x" label="x" type="enum"/>', "no-choices", "x"),
        (
            '<camunda:formField id="x" label="x" type="long"><camunda:validation><camunda:constraint name="min" '
            'config="9"/><camunda:constraint name="max" config="1"/></camunda:validation></camunda:formField>',
            "empty-limits",
            "x",
        ),
    ],
)
def test_what_is_wrong_with_the_form_is_told_at_the_element_of_the_diagram(
    owner: Person, tmp_path: Path, field: str, code: str, named: str
) -> None:
    diagram = drawn('<camunda:formField id="fine" label="好" type="string"/>\n   ' + field)
    line = diagram[: diagram.index(field)].count("\n") + 1

    refused = owner.deploy({"drawn.bpmn": diagram})

    assert refused.status_code == 400, refused.text
    assert list(refused.json["details"]) == ["drawn.bpmn"]
    fault = next(one for one in refused.json["details"]["drawn.bpmn"]["errors"] if one["code"] == code)
    assert (fault["mainElementId"], fault["line"], fault["column"]) == ("ask", line, 4)
    assert named in fault["message"]
    (tmp_path / "drawn.bpmn").write_text(diagram, encoding="utf-8")
    told = check([tmp_path]).findings
    assert [
        (Path(name).name, one.element_id, one.line, one.column)
        for name in told
        for one in told[name]
        if one.code == code
    ] == [("drawn.bpmn", "ask", line, 4)]


def test_warnings_of_the_form_stand_at_the_diagram_and_those_of_a_form_of_ones_own_stay_there(owner: Person) -> None:
    diagram = drawn('<camunda:formField id="x" label="好" type="string"/>')
    told = owner.post("/api/check", {"files": {"drawn.bpmn": diagram}}).json["findings"]
    assert [(one["code"], one["mainElementId"]) for one in told["drawn.bpmn"] if one["code"] == "no-english-label"] == [
        ("no-english-label", "begin"),
        ("no-english-label", "ask"),
    ]

    own = '{"type": "default", "id": "drawn.ask", "components": [{"type": "nothing", "key": "x"}]}'
    told = owner.post("/api/check", {"files": {"drawn.bpmn": diagram, "drawn.ask.form": own}}).json["findings"]
    assert [one["code"] for one in told["drawn.ask.form"]] == ["unknown-component"]
