"""Diagrams whose structure means harm: loops of references, wrong ends, sizes, names that programs trip over."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

from functools import partial

from tests.engine.diagrams import HEAD, ONE_TASK, diagram, flows, user_task
from tests.hostile.attack import CONTAINED, RAN, REFUSED, Attack, Seen, World

START, END = '<startEvent id="begin"/>', '<endEvent id="done"/>'


def _play(body: str, key: str, world: World) -> Seen:
    return world.play({"case.bpmn": body.encode()}, key=key)


def one(id_: str, body: str, named: str = "", expected: tuple[str, ...] = (REFUSED,), key: str = "case") -> Attack:
    return Attack(id_, partial(_play, body, key), named, expected)


def nested(levels: int) -> str:
    opened = "".join(f'<subProcess id="s{n}">' for n in range(levels))
    return diagram(START + opened + "</subProcess>" * levels + END)


def line(count: int) -> str:
    tasks = "".join(f'<task id="t{n}"/>' for n in range(count))
    pairs = [f"t{n}>t{n + 1}" for n in range(count - 1)]
    return diagram(START + tasks + END + flows("begin>t0", *pairs, f"t{count - 1}>done"))


def call(called: str, key: str) -> str:
    return diagram(
        START + f'<callActivity id="call" calledElement="{called}"/>' + END + flows("begin>call", "call>done"), key=key
    )


def mutual(world: World) -> Seen:
    return world.play({"a.bpmn": call("pong", "ping").encode(), "b.bpmn": call("ping", "pong").encode()}, key="ping")


def twice(world: World) -> Seen:
    return world.upload({"a.bpmn": ONE_TASK.encode(), "b.bpmn": ONE_TASK.encode()})


NAMES = ("__class__", "__proto__", "constructor", "root", "None", "Start", "End", "typename", "self")
PLAIN = START + user_task("check") + END

ATTACKS = [
    one("endless_gateways", diagram(START + '<exclusiveGateway id="a"/><exclusiveGateway id="b"/>' + flows("begin>a", "a>b", "b>a")), "", (REFUSED, CONTAINED)),
    one("flow_to_itself", diagram(PLAIN + flows("begin>check", "check>check")), "", (REFUSED, RAN)),
    one("flow_into_the_start", diagram(PLAIN + flows("begin>check", "check>begin")), "begin"),
    one("flow_out_of_the_end", diagram(PLAIN + flows("begin>check", "check>done", "done>check")), "done"),
    one("flow_to_nowhere", diagram(PLAIN + flows("begin>nowhere")), "nowhere"),
    one("flow_out_of_a_sub_process", diagram(START + f'<subProcess id="sub"><startEvent id="s2"/>{user_task("inner")}{flows("s2>inner", "inner>done")}</subProcess>' + END + flows("begin>sub", "sub>done")), "inner_done"),
    one("calls_itself", call("case", "case"), "call", (CONTAINED,)),
    Attack("call_each_other", mutual, "call", (CONTAINED,)),
    one("calls_what_is_not_there", call("nowhere", "case"), "nowhere", (REFUSED, CONTAINED)),
    one("duplicate_ids", diagram(START + user_task("check") * 2 + END + flows("begin>check", "check>done")), "check"),
    Attack("duplicate_process", twice, "case"),
    one("ten_thousand_elements", line(10_000), "", (REFUSED, CONTAINED, RAN)),
    one("two_hundred_levels", nested(200), "case.bpmn"),
    one("ninety_levels", nested(90), "", (REFUSED, CONTAINED, RAN)),
    one("no_start", diagram(user_task("check") + END + flows("check>done")), "", (REFUSED, RAN)),
    one("nothing", diagram(""), ""),
    one("guard_on_nothing", diagram(PLAIN + '<boundaryEvent id="guard" attachedToRef="nowhere"/>' + flows("begin>check", "check>done")), "guard"),
    one("guard_on_itself", diagram(PLAIN + '<boundaryEvent id="guard" attachedToRef="guard"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>' + flows("begin>check", "check>done")), "guard"),
    one("message_that_is_not_there", diagram(START + '<receiveTask id="wait" messageRef="nowhere"/>' + END + flows("begin>wait", "wait>done")), "wait"),
    one("five_thousand_flows_between_two", diagram(START + user_task("check") + END + flows("begin>check") + "".join(f'<sequenceFlow id="f{n}" sourceRef="check" targetRef="done"/>' for n in range(5_000))), "", (REFUSED, RAN)),
    one("thousand_processes", HEAD + "".join(ONE_TASK.partition('<process id="case"')[2].replace("</definitions>", "").join((f'<process id="p{n}"', "")) for n in range(1_000)) + "</definitions>", ""),
    one("id_that_is_a_path", ONE_TASK.replace('id="case"', 'id="../../etc/passwd"'), "etc/passwd", (REFUSED,)),
    one("id_that_is_a_query", ONE_TASK.replace('id="check"', 'id="check\' OR 1=1 --"'), "", (REFUSED,)),
    *(one(f"id_{name}", ONE_TASK.replace('"check"', f'"{name}"').replace("check", name), "", (RAN, REFUSED)) for name in NAMES),
    one("java_class", diagram(START + '<serviceTask id="evil" camunda:class="java.lang.Runtime"/>' + END + flows("begin>evil", "evil>done")), "evil"),
    one("java_delegate", diagram(START + '<serviceTask id="evil" camunda:delegateExpression="${evil}"/>' + END + flows("begin>evil", "evil>done")), "evil"),
    one("listener", diagram(START + user_task("evil", inner='<extensionElements><camunda:executionListener event="start"><camunda:script scriptFormat="python">import os</camunda:script></camunda:executionListener></extensionElements>') + END + flows("begin>evil", "evil>done")), "evil"),
    one("connector", diagram(START + '<serviceTask id="evil"><extensionElements><camunda:connector><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector></extensionElements></serviceTask>' + END + flows("begin>evil", "evil>done")), "evil"),
]  # fmt: skip
