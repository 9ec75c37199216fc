"""A desk in front of the interface: people who send requests, and a small process for them to work on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from falcon import testing

PASSWORD = "marque-demo"
ON_BOTH_DATABASES = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests with HTTP Basic."""

    client: testing.TestClient
    name: str

    def get(self, path: str, **more: Any) -> testing.Result:
        return self.send("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> testing.Result:
        return self.send("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> testing.Result:
        return self.send("PUT", path, body, **more)

    def delete(self, path: str, **more: Any) -> testing.Result:
        return self.send("DELETE", path, **more)

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> testing.Result:
        headers = {"Authorization": basic(self.name), **more.pop("headers", {})}
        if isinstance(body, bytes):
            more["body"] = body
        elif body is not None:
            more["body"] = json.dumps(body)
            headers["Content-Type"] = "application/json"
        return self.client.simulate_request(method, path, headers=headers, **more)

    def deploy(self, files: Mapping[str, str], **fields: str) -> testing.Result:
        kind, body = multipart(files, {"deployment-name": "test", **fields})
        return self.send("POST", "/engine-rest/deployment/create", body, headers={"Content-Type": kind})


def basic(name: str, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def multipart(files: Mapping[str, str], fields: Mapping[str, str]) -> tuple[str, bytes]:
    """Returns content type and body as the Modeler sends them."""
    boundary = "----desk"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts += [
        f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n{body}"
        for name, body in files.items()
    ]
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", body.encode()


# Reception writes down who called; a supervisor looks at it. The caller's name is personal, the amount is not.
CALLS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions" targetNamespace="https://marque.app/test">
  <bpmn:process id="calls" name="来电" isExecutable="true" camunda:historyTimeToLive="P30D">
    <bpmn:extensionElements><camunda:properties>
      <camunda:property name="name.en" value="Calls" />
      <camunda:property name="variable.note" value="none" />
    </camunda:properties></bpmn:extensionElements>
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="lane_csr" name="客服"><bpmn:extensionElements><camunda:properties>
        <camunda:property name="role" value="CSR" /></camunda:properties></bpmn:extensionElements>
        <bpmn:flowNodeRef>called</bpmn:flowNodeRef><bpmn:flowNodeRef>write_down</bpmn:flowNodeRef>
      </bpmn:lane>
      <bpmn:lane id="lane_css" name="主管"><bpmn:extensionElements><camunda:properties>
        <camunda:property name="role" value="CSS" /></camunda:properties></bpmn:extensionElements>
        <bpmn:flowNodeRef>look</bpmn:flowNodeRef><bpmn:flowNodeRef>done</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="called" camunda:formRef="calls_start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="called" targetRef="write_down" />
    <bpmn:userTask id="write_down" name="登记来电" camunda:formRef="calls_write_down">
      <bpmn:documentation>记下来电人。</bpmn:documentation>
      <bpmn:extensionElements><camunda:properties>
        <camunda:property name="name.en" value="Write the call down" />
      </camunda:properties></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="write_down" targetRef="look" />
    <bpmn:userTask id="look" name="复核"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="look" targetRef="done" />
    <bpmn:endEvent id="done"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>"""


def form(form_id: str, *components: Mapping[str, Any], rules: tuple[Mapping[str, str], ...] = ()) -> str:
    properties = {"rules": list(rules)} if rules else {}
    return json.dumps({"type": "default", "id": form_id, "components": components, "properties": properties})


def field(key: str, kind: str = "textfield", **more: Any) -> dict[str, Any]:
    properties = {"label.en": key.capitalize(), **more.pop("properties", {})}
    return {"type": kind, "id": key, "key": key, "label": f"字段{key}", "properties": properties, **more}


START_FORM = form("calls_start", field("subject", properties={"dataClass": "none"}, validate={"required": True}))
TASK_FORM = form(
    "calls_write_down",
    field("caller", properties={"dataClass": "BASIC"}, validate={"required": True}),
    field("id_number", properties={"dataClass": "ID"}),
    field("amount", "number", decimalDigits=0, validate={"min": 1}),
    rules=({"feel": "amount = null or amount < 1000", "field": "amount", "zh": "金额过大", "en": "too much"},),
)
FILES = {"calls.bpmn": CALLS, "calls_start.form": START_FORM, "calls_write_down.form": TASK_FORM}
