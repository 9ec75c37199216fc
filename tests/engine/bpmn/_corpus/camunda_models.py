"""Diagrams as they were drawn for Camunda 7: what is translated, and what is refused at its element with an alternative."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.invalid_models import line

EXTERNAL = 'camunda:type="external" camunda:topic="t"'


def extended(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


def mapped(inner: str) -> str:
    return extended(f"<camunda:inputOutput>{inner}</camunda:inputOutput>")


def service(attributes: str = EXTERNAL, inner: str = "") -> bytes:
    return line(f'<serviceTask id="A" {attributes}>{inner}</serviceTask>')


def asked(text: str) -> bytes:
    """A gateway whose one answer is a condition."""
    return diagram(START + exclusive("X", "f_X_E") + task("A") + END, f"S>X X>A[{text.replace(' ', '~')}] X>E A>E")


def called(inner: str = "", attributes: str = "") -> bytes:
    return line(f'<callActivity id="A" calledElement="other" {attributes}>{inner}</callActivity>')


CONDITIONS = {
    "${amount > 100}": True,
    "#{amount > 100}": True,
    "${approved}": True,
    "${!approved}": False,
    "${not approved}": False,
    "${approved == true}": True,
    "${status == 'open' && amount > 3}": True,
    "${status eq 'open' and amount ge 120 or false}": True,
    "${status ne 'open'}": False,
    "${amount lt 10 || amount le 120}": True,
    "${empty missing}": True,
    "${not empty items}": True,
    "${order.amount gt 5}": True,
    "${order['amount'] > 5}": True,
    "${items[0] == 'first'}": True,
    "${amount > 100 ? approved : false}": True,
    "${missing == null}": True,
    "${execution.getVariable('amount') > 100}": True,
    '${execution.getVariable("status") == "open"}': True,
    "${execution.hasVariable('amount')}": True,
    "${items.size() > 1}": False,
    "${status.equals('open')}": True,
}
VARIABLES = {"amount": 120, "approved": True, "status": "open", "items": ["first"], "order": {"amount": 7}}

MODELS: dict[str, bytes] = {
    **{f"condition {text}": asked(text) for text in CONDITIONS},
    "assignee by a variable": line(user("A", attributes='camunda:assignee="${starter}"')),
    "candidates by a text with variables": line(user("A", attributes='camunda:candidateGroups="team-${region},CSS" camunda:candidateUsers="${boss}"')),
    "due date by a variable": line(user("A", attributes='camunda:dueDate="${due}" camunda:followUpDate="2030-01-01T09:00:00" camunda:priority="${urgent ? 80 : 20}"')),
    "form by reference": line(user("A", attributes='camunda:formRef="f" camunda:formRefBinding="latest"')),
    "form by key": line(user("A", attributes='camunda:formKey="embedded:app:forms/a.html"')),
    "external task": service(),
    "external task with a priority": service(EXTERNAL + ' camunda:taskPriority="${amount}"'),
    "topic by a variable": service('camunda:type="external" camunda:topic="${topic}"'),
    "in the background": line(user("A", attributes='camunda:asyncBefore="true" camunda:asyncAfter="true" camunda:exclusive="false"')),
    "inputs of all kinds": service(EXTERNAL, mapped('<camunda:inputParameter name="a">text</camunda:inputParameter><camunda:inputParameter name="b">${x + 1}</camunda:inputParameter>'
        '<camunda:inputParameter name="c"><camunda:list><camunda:value>1</camunda:value><camunda:value>${y}</camunda:value></camunda:list></camunda:inputParameter>'
        '<camunda:inputParameter name="d"><camunda:map><camunda:entry key="k">${z}</camunda:entry></camunda:map></camunda:inputParameter>'
        '<camunda:inputParameter name="e"><camunda:script scriptFormat="feel">x + y</camunda:script></camunda:inputParameter><camunda:inputParameter name="f"/>')),
    "inputs of a text with variables": service(EXTERNAL, mapped('<camunda:inputParameter name="url">https://x/${order.id}/${y}</camunda:inputParameter>')),
    "outputs": service(EXTERNAL, mapped('<camunda:outputParameter name="o">${result.ok}</camunda:outputParameter>')),
    "call with everything": called(extended('<camunda:in variables="all"/><camunda:out variables="all"/><camunda:in businessKey="#{execution.processBusinessKey}"/>').replace('<camunda:in businessKey="#{execution.processBusinessKey}"/>', "")),
    "call with mappings": called(extended('<camunda:in source="a" target="b"/><camunda:in sourceExpression="${a + 1}" target="c"/><camunda:in businessKey="${number}"/><camunda:out source="r" target="s"/>')),
    "call of a version": called(attributes='camunda:calledElementBinding="version" camunda:calledElementVersion="${v}"'),
    "called process by a variable": line('<callActivity id="A" calledElement="${which}"/>'),
    "decision": line('<businessRuleTask id="A" camunda:decisionRef="d" camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry" camunda:decisionRefBinding="deployment"/>'),
    "decision by a variable": line('<businessRuleTask id="A" camunda:decisionRef="${table}"/>'),
    "rule by a worker": line(f'<businessRuleTask id="A" {EXTERNAL}/>'),
    "message by a worker": diagram(START + end("E", MESSAGE.replace("/>", f" {EXTERNAL}/>")), "S>E"),
    "duration by a variable": line(catch("A", timer("${wait}"))),
    "date by a variable": line(catch("A", timer("${due}", "timeDate"))),
    "cycle by cron": diagram(f'<startEvent id="S">{timer("0 0/5 * * * ?", "timeCycle")}</startEvent>' + END, "S>E"),
    "condition event": line(catch("A", condition("${amount > 3}"))),
    "condition on a variable": line(catch("A", condition("${amount > 3}").replace("<conditionalEventDefinition", '<conditionalEventDefinition camunda:variableName="amount"'))),
    "loop over a collection": line(user("A", multi("<completionCondition>${nrOfCompletedInstances == 2}</completionCondition>", attributes='camunda:collection="${people}" camunda:elementVariable="one"', sequential=True))),
    "loop over a variable": line(user("A", multi(attributes='camunda:collection="people" camunda:elementVariable="one"'))),
    "loop of a number": line(user("A", multi("<loopCardinality>${count}</loopCardinality>"))),
    "error with a message variable": diagram(START + user("A") + boundary("B", "A", ERROR.replace("/>", ' camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>')) + END, "S>A A>E B>E"),
    "who starts it": diagram('<startEvent id="S" camunda:initiator="starter"/>' + END, "S>E"),
    "signal with variables": line(throw("A", '<signalEventDefinition signalRef="signal_1"><extensionElements><camunda:in source="a" target="b"/></extensionElements></signalEventDefinition>')),
    "versions, history and starters of the process": diagram(START + END, "S>E").replace(b'isExecutable="true"', b'isExecutable="true" camunda:historyTimeToLive="P30D" camunda:versionTag="1" camunda:candidateStarterGroups="CSS" camunda:isStartableInTasklist="true"'),
    "template of the modeler": service(EXTERNAL + ' camunda:modelerTemplate="t" camunda:modelerTemplateVersion="2"'),
    "properties anywhere": line(sub("A", '<startEvent id="s"/>' + task("x", extended('<camunda:properties><camunda:property name="k" value="v"/></camunda:properties>')), "s>x")),
}  # fmt: skip

REFUSED: dict[str, tuple[bytes, str, str]] = {
    "class": (service('camunda:class="com.x.Send"'), "java", "external task"),
    "delegate": (service('camunda:delegateExpression="${sender}"'), "java", "external task"),
    "bean": (service('camunda:expression="${sender.send(x)}"'), "java", "external task"),
    "class of a send task": (line('<sendTask id="A" camunda:class="com.x.Send"/>'), "java", "external task"),
    "class of a rule": (line('<businessRuleTask id="A" camunda:class="com.x.Rule"/>'), "java", "external task"),
    "class of a thrown message": (line(throw("A", MESSAGE.replace("/>", ' camunda:class="a.B"/>'))), "java", "external task"),
    "mail": (service('camunda:type="mail"'), "unsupported-type", "external"),
    "shell": (service('camunda:type="shell"'), "unsupported-type", "external"),
    "script in a file": (line('<scriptTask id="A" scriptFormat="groovy" camunda:resource="a.groovy"/>'), "java", "FEEL"),
    "script in Groovy": (line('<scriptTask id="A" scriptFormat="groovy"><script>x = 1</script></scriptTask>'), "bad-expression", "FEEL"),
    "script in JavaScript": (line('<scriptTask id="A" scriptFormat="javascript"><script>1</script></scriptTask>'), "bad-expression", "FEEL"),
    "input by Groovy": (service(EXTERNAL, mapped('<camunda:inputParameter name="a"><camunda:script scriptFormat="groovy">1</camunda:script></camunda:inputParameter>')), "bad-expression", "FEEL"),
    "condition in Groovy": (asked("a").replace(b"<conditionExpression>", b'<conditionExpression language="groovy">'), "bad-expression", "FEEL"),
    "execution listener": (line(task("A", extended('<camunda:executionListener class="a.B" event="start"/>'))), "unsupported", "script task"),
    "task listener": (line(user("A", extended('<camunda:taskListener class="a.B" event="create"/>'))), "unsupported", "assignee"),
    "listener of a flow": (diagram(START + END, "S>E").replace(b"</sequenceFlow>", b'<extensionElements><camunda:executionListener class="a.B" event="take"/></extensionElements></sequenceFlow>'), "unsupported", "script task"),
    "connector": (service("", extended("<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>")), "unsupported", "external task"),
    "error of an external task": (service(EXTERNAL, extended('<camunda:errorEventDefinition id="ee" errorRef="error_1" expression="${a}"/>')), "unsupported", "bpmnError"),
    "field": (service(EXTERNAL, extended('<camunda:field name="a" stringValue="b"/>')), "unsupported", "input parameter"),
    "mapping by a class": (called(attributes='camunda:variableMappingClass="a.B"'), "java", "camunda:in"),
    "case": (line('<callActivity id="A" camunda:caseRef="c"/>'), "java", "process"),
    "condition by a bean": (asked("${checker.isGood(order)}"), "bad-expression", "FEEL"),
    "condition by a function": (asked("${now() > due}"), "bad-expression", "FEEL"),
    "assignee by a bean": (line(user("A", attributes='camunda:assignee="${people.find(x)}"')), "bad-expression", "FEEL"),
    "date by Java": (line(catch("A", timer("${dateTime().plusDays(1).toDate()}", "timeDate"))), "bad-expression", "FEEL"),
    "writing of a variable": (asked("${execution.setVariable('a', 1)}"), "bad-expression", "not known"),
}  # fmt: skip
