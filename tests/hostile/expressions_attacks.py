"""Code where an expression or a text is expected: nothing of it may run, and the refusal names the element."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

from functools import partial
from html import escape

from tests.engine.diagrams import diagram, flows, user_task
from tests.hostile.attack import CONTAINED, RAN, REFUSED, SECRET_NAME, Attack, Seen, World

START, END = '<startEvent id="begin"/>', '<endEvent id="done"/>'
SYSTEM = "__import__('os').system('touch canary')"
LINE = flows("begin>evil", "evil>done")


def in_line(element: str, extra: str = "") -> str:
    return diagram(START + element + END + LINE, extra=extra)


def task(attributes: str = "", inner: str = "") -> str:
    return in_line(user_task("evil", attributes=attributes, inner=inner))


def script(text: str, language: str = "feel") -> str:
    return in_line(
        f'<scriptTask id="evil" scriptFormat="{language}" camunda:resultVariable="x"><script>{text}</script></scriptTask>'
    )


def condition(text: str) -> str:
    gate = '<exclusiveGateway id="gate" default="gate_done"/>'
    return diagram(
        START + gate + user_task("evil") + END + flows("begin>gate", "gate>done", f"gate>evil:{text}", "evil>done")
    )


def timer(text: str, kind: str = "timeDuration") -> str:
    return in_line(
        f'<intermediateCatchEvent id="evil"><timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition></intermediateCatchEvent>'
    )


def mapping(tag: str, text: str) -> str:
    return task(
        inner=f'<extensionElements><camunda:inputOutput><camunda:{tag} name="x">{text}</camunda:{tag}></camunda:inputOutput></extensionElements>'
    )


def instances(attribute: str, text: str) -> str:
    if attribute == "collection":
        return task(
            inner=f'<multiInstanceLoopCharacteristics camunda:collection="{text}" camunda:elementVariable="i"/>'
        )
    return task(
        inner=f"<multiInstanceLoopCharacteristics><{attribute}>{text}</{attribute}></multiInstanceLoopCharacteristics>"
    )


def message(name: str) -> str:
    return in_line('<receiveTask id="evil" messageRef="m"/>', f'<message id="m" name="{name}"/>')


def business_key(text: str) -> str:
    return in_line(
        '<sendTask id="evil" messageRef="m"><extensionElements><camunda:properties>'
        f'<camunda:property name="message.businessKey" value="{text}"/></camunda:properties></extensionElements></sendTask>',
        '<message id="m" name="m"/>',
    )


def rule(attribute: str, text: str) -> str:
    return in_line(f'<businessRuleTask id="evil" camunda:{attribute}="{text}" camunda:resultVariable="x"/>')


def conditional(text: str) -> str:
    return in_line(
        f'<intermediateCatchEvent id="evil"><conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition></intermediateCatchEvent>'
    )


def _play(body: str, world: World) -> Seen:
    return world.play({"case.bpmn": body.encode()})


def _post(body: str, world: World) -> Seen:
    """The same over POST /deployment/create, as the Modeler sends it."""
    from tests.api.desk import multipart

    kind, sent = multipart({"case.bpmn": body}, {"deployment-name": "evil"})
    return world.request("POST", "/engine-rest/deployment/create", sent, headers={"Content-Type": kind})


TEXT = escape(SYSTEM)
PLACES = {
    "script": script(TEXT),
    "script_python": script(TEXT, "python"),
    "script_javascript": script("require('child_process').execSync('touch canary')", "javascript"),
    "script_groovy": script("'touch canary'.execute()", "groovy"),
    "script_without_language": in_line(f'<scriptTask id="evil"><script>{TEXT}</script></scriptTask>'),
    "condition": condition(TEXT),
    "timer": timer(TEXT),
    "timer_expression": timer(f"={TEXT}"),
    "timer_date": timer(TEXT, "timeDate"),
    "timer_cycle": timer(TEXT, "timeCycle"),
    "input": mapping("inputParameter", f"={TEXT}"),
    "input_juel": mapping("inputParameter", f"${{{TEXT}}}"),
    "output": mapping("outputParameter", f"={TEXT}"),
    "assignee": task(f'camunda:assignee="{TEXT}"'),
    "assignee_expression": task(f'camunda:assignee="={TEXT}"'),
    "assignee_juel": task(f'camunda:assignee="${{{TEXT}}}"'),
    "candidate_users": task(f'camunda:candidateUsers="={TEXT}"'),
    "due_date": task(f'camunda:dueDate="={TEXT}"'),
    "due_date_literal": task(f'camunda:dueDate="{TEXT}"'),
    "follow_up_date": task(f'camunda:followUpDate="={TEXT}"'),
    "priority": task(f'camunda:priority="={TEXT}"'),
    "cardinality": instances("loopCardinality", TEXT),
    "collection": instances("collection", f"={TEXT}"),
    "completion_condition": task(inner=f"<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality><completionCondition>{TEXT}</completionCondition></multiInstanceLoopCharacteristics>"),
    "decision_ref": rule("decisionRef", TEXT),
    "decision_ref_expression": rule("decisionRef", f"={TEXT}"),
    "rule_expression": rule("expression", f"${{{TEXT}}}"),
    "called_element": in_line(f'<callActivity id="evil" calledElement="={TEXT}"/>'),
    "called_element_literal": in_line(f'<callActivity id="evil" calledElement="{TEXT}"/>'),
    "topic": in_line(f'<serviceTask id="evil" camunda:type="external" camunda:topic="={TEXT}"/>'),
    "service_expression": in_line(f'<serviceTask id="evil" camunda:expression="${{{TEXT}}}"/>'),
    "message_name": message(TEXT),
    "message_name_expression": message(f"${{{TEXT}}}"),
    "business_key": business_key(f"={TEXT}"),
    "business_key_literal": business_key(TEXT),
    "conditional_event": conditional(TEXT),
    "form_key": task(f'camunda:formKey="${{{TEXT}}}"'),
}  # fmt: skip
SPELLINGS = {
    "open": f"open('{SECRET_NAME}').read()",
    "subclasses": "().__class__.__mro__[1].__subclasses__()",
    "class_of_text": '"".__class__',
    "class_of_variable": "case_no.__class__.__init__.__globals__",
    "eval": f'eval("{SYSTEM}")',
    "exec": "exec('import os')",
    "environ": f"os.environ['{SECRET_NAME}']",
    "environ_of_feel": SECRET_NAME,
    "lambda": "(lambda: 0)()",
    "java": "T(java.lang.Runtime).getRuntime().exec('touch canary')",
    "juel": "${''.getClass().forName('java.lang.Runtime')}",
    "juel_hash": "#{execution.engineServices}",
    "template": "{{7*7}}",
    "f_string": f"f'{{{SYSTEM}}}'",
    "comprehension": "[x for x in ().__class__.__bases__]",
    "import": "import os; os.system('touch canary')",
    "walrus": "(y := 1)",
    "external_java": 'function(x) external {java: {class: "java.lang.Runtime", "method signature": "exec(String)"}}',
    "getattr": "getattr(case_no, '__class__')",
    "format": "'{0.__class__}'.format(1)",
    "backticks": "`touch canary`",
    "unicode": "ｅｖａｌ('1')",
}
HARMLESS = (REFUSED, CONTAINED, RAN)

ATTACKS = [
    Attack(
        f"system_in_{place}",
        partial(_play, body),
        "evil",
    )
    for place, body in PLACES.items()
]
ATTACKS += [Attack(f"system_in_{place}_posted", partial(_post, PLACES[place]), "evil") for place in ("script", "script_python", "condition", "timer", "input", "assignee_expression", "decision_ref", "message_name")]  # fmt: skip
ATTACKS += [Attack(f"script_{name}", partial(_play, script(escape(text))), "", HARMLESS) for name, text in SPELLINGS.items()]  # fmt: skip
ATTACKS += [Attack(f"condition_{name}", partial(_play, condition(escape(text))), "", HARMLESS) for name, text in SPELLINGS.items()]  # fmt: skip
