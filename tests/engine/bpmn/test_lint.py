"""What is refused, with which code, at which element (and never ignored in silence)."""

from __future__ import annotations

import pytest

from engine.bpmn.parser import parse
from engine.errors import ParseFailed
from engine.findings import Finding
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
    mapping,
    multi,
    process,
    script,
    sub,
    task,
    throw,
    timer,
    user,
)

EVIL = "__import__('os').system('touch /tmp/x')"


def refused(body: bytes) -> list[Finding]:
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a.bpmn")
    return [finding for finding in failure.value.findings["a.bpmn"] if finding.severity == "error"]


def warned(body: bytes) -> list[Finding]:
    return list(parse(body, name="a.bpmn")[0].warnings)


SERVICE = '<serviceTask id="A" {}/>'
REFUSALS = {
    "unknown element": (diagram(START + '<teaTask id="A"/>' + END, "S>E"), "unknown-element", "A"),
    "id twice": (diagram(START + task("A") + task("A") + END, "S>A A>E"), "id-duplicate", "A"),
    "id with a sign": (diagram(START + task("A#1") + END, "S>E"), "id-malformed", "A#1"),
    "flow to nowhere": (diagram(START + END, "S>Nowhere"), "unknown-reference", "f_S_Nowhere"),
    "flow across scopes": (
        diagram(START + sub("SP", task("X"), "") + END, "S>X SP>E"),
        "flow-crosses-scope",
        "f_S_X",
    ),
    "flow out of the end": (diagram(START + END + task("A"), "S>E E>A"), "flow-from-end", "f_E_A"),
    "flow into the start": (diagram(START + task("A") + END, "S>A A>S A>E"), "flow-to-start", "f_A_S"),
    "strange default": (diagram(START + exclusive("X", "f_S_X") + END, "S>X X>E"), "unknown-default", "X"),
    "error start": (diagram(f'<startEvent id="S">{ERROR}</startEvent>' + END, "S>E"), "bad-start", "S"),
    "empty process": (diagram("", ""), "empty-process", "P"),
    "two flows without condition": (
        diagram(START + exclusive("X") + task("A") + task("B") + END, "S>X X>A X>B A>E B>E"),
        "flow-without-condition",
        "f_X_B",
    ),
    "event gateway before a task": (
        diagram(START + '<eventBasedGateway id="G"/>' + task("A") + END, "S>G G>A A>E"),
        "no-event-after-gateway",
        "A",
    ),
    "boundary on nothing": (diagram(START + boundary("B", "X", MESSAGE) + END, "S>E B>E"), "unknown-host", "B"),
    "error that does not interrupt": (
        diagram(START + user("A") + boundary("B", "A", ERROR, interrupting=False) + END, "S>A A>E B>E"),
        "error-not-interrupting",
        "B",
    ),
    "catch without trigger": (diagram(START + catch("C", "") + END, "S>C C>E"), "no-trigger", "C"),
    "message without name": (diagram(START + catch("C", "<messageEventDefinition/>") + END, "S>C C>E"), "no-name", "C"),
    "unknown message": (
        diagram(START + catch("C", '<messageEventDefinition messageRef="zz"/>') + END, "S>C C>E"),
        "unknown-reference",
        "C",
    ),
    "unknown event definition": (
        diagram(START + catch("C", "<teaEventDefinition/>") + END, "S>C C>E"),
        "unknown-event",
        "C",
    ),
    "receive without message": (diagram(START + '<receiveTask id="A"/>' + END, "S>A A>E"), "no-message", "A"),
    "send without message": (diagram(START + '<sendTask id="A"/>' + END, "S>A A>E"), "no-message", "A"),
    "timer that is none": (diagram(START + catch("C", timer("soon")) + END, "S>C C>E"), "bad-timer", "C"),
    "timer in cron": (
        diagram(START + catch("C", timer("0 0 25 * * ?", "timeCycle")) + END, "S>C C>E"),
        "bad-timer",
        "C",
    ),
    "timer in Python": (diagram(START + catch("C", timer(EVIL)) + END, "S>C C>E"), "bad-timer", "C"),
    "timer too far": (diagram(START + catch("C", timer("P99999999999Y")) + END, "S>C C>E"), "timer-out-of-reach", "C"),
    "timer too fast": (
        diagram(START + catch("C", timer("R/PT0S", "timeCycle")) + END, "S>C C>E"),
        "timer-out-of-reach",
        "C",
    ),
    "timer without time": (diagram(START + catch("C", "<timerEventDefinition/>") + END, "S>C C>E"), "no-timer", "C"),
    "link to nowhere": (
        diagram(START + throw("T", '<linkEventDefinition name="k"/>') + END, "S>T"),
        "link-without-target",
        "T",
    ),
    "Java class": (diagram(START + SERVICE.format('camunda:class="a.B"') + END, "S>A A>E"), "java", "A"),
    "Java delegate": (
        diagram(START + SERVICE.format('camunda:delegateExpression="${b}"') + END, "S>A A>E"),
        "java",
        "A",
    ),
    "Java expression": (diagram(START + SERVICE.format('camunda:expression="${b.c()}"') + END, "S>A A>E"), "java", "A"),
    "service without topic": (diagram(START + SERVICE.format("") + END, "S>A A>E"), "no-topic", "A"),
    "mail task": (diagram(START + SERVICE.format('camunda:type="mail"') + END, "S>A A>E"), "unsupported-type", "A"),
    "listener": (
        diagram(
            START
            + task("A", '<extensionElements><camunda:executionListener event="start"/></extensionElements>')
            + END,
            "S>A A>E",
        ),
        "unsupported",
        "A",
    ),
    "rule without decision": (diagram(START + '<businessRuleTask id="A"/>' + END, "S>A A>E"), "no-decision", "A"),
    "call of nothing": (diagram(START + '<callActivity id="A"/>' + END, "S>A A>E"), "no-called-element", "A"),
    "loop without number": (diagram(START + user("A", multi()) + END, "S>A A>E"), "bad-loop", "A"),
    "negative loop": (
        diagram(START + user("A", multi("<loopCardinality>-1</loopCardinality>")) + END, "S>A A>E"),
        "bad-loop",
        "A",
    ),
    "endless loop number": (
        diagram(START + user("A", multi("<loopCardinality>1000000000</loopCardinality>")) + END, "S>A A>E"),
        "bad-loop",
        "A",
    ),
    "two kinds of loop": (
        diagram(START + user("A", multi(COLLECTION) + "<standardLoopCharacteristics/>") + END, "S>A A>E"),
        "two-loops",
        "A",
    ),
    "empty ad-hoc": (diagram(START + '<adHocSubProcess id="A"/>' + END, "S>A A>E"), "empty-ad-hoc", "A"),
    "flow into a link": (
        diagram(START + catch("C", '<linkEventDefinition name="k"/>') + END, "S>C C>E"),
        "flow-to-link",
        "f_S_C",
    ),
    "gateway that starts, behind a start": (
        diagram(START + '<eventBasedGateway id="G" instantiate="true"/>' + catch("C", MESSAGE) + END, "S>G G>C C>E"),
        "flow-to-start",
        "G",
    ),
    "quantity of none": (diagram(START + '<task id="A" startQuantity="0"/>' + END, "S>A A>E"), "bad-quantity", "A"),
    "message start inside": (
        diagram(START + sub("SP", f'<startEvent id="x">{MESSAGE}</startEvent>', "") + END, "S>SP SP>E"),
        "bad-start",
        "x",
    ),
    "event sub-process with a flow": (
        diagram(START + event_sub("ES", SIGNAL, end("ee"), "ESs>ee") + END, "S>ES"),
        "flow-at-event-sub-process",
        "f_S_ES",
    ),
    "no condition": (diagram(START + catch("C", condition("")) + END, "S>C C>E"), "bad-expression", "C"),
    "script in Groovy": (
        diagram(START + '<scriptTask id="A" scriptFormat="groovy"><script>1</script></scriptTask>' + END, "S>A A>E"),
        "bad-expression",
        "A",
    ),
    "Python in a script": (diagram(START + script("A", EVIL) + END, "S>A A>E"), "bad-expression", "A"),
    "Python in a condition": (
        diagram(START + exclusive("X", "f_X_E") + task("A") + END, "S>X X>A[" + EVIL.replace(" ", "~") + "] X>E A>E"),
        "bad-expression",
        "f_X_A",
    ),
    "Python in a timer expression": (
        diagram(START + catch("C", timer("=" + EVIL)) + END, "S>C C>E"),
        "bad-expression",
        "C",
    ),
    "Python in a mapping": (diagram(START + user("A", mapping(x="=" + EVIL)) + END, "S>A A>E"), "bad-expression", "A"),
    "Python in an attribute": (
        diagram(START + user("A", attributes=f'camunda:assignee="${{{EVIL}}}"') + END, "S>A A>E"),
        "bad-expression",
        "A",
    ),
    "Python in a loop": (
        diagram(START + user("A", multi(f"<loopCardinality>{EVIL}</loopCardinality>")) + END, "S>A A>E"),
        "bad-expression",
        "A",
    ),
    "Python in a conditional event": (
        diagram(START + catch("C", condition(EVIL)) + END, "S>C C>E"),
        "bad-expression",
        "C",
    ),
}


@pytest.mark.parametrize(("body", "code", "element_id"), REFUSALS.values(), ids=REFUSALS.keys())
def test_it_is_refused_at_its_element_in_both_languages(body: bytes, code: str, element_id: str) -> None:
    found = [finding for finding in refused(body) if finding.code == code]
    assert [finding.element_id for finding in found] == [element_id], refused(body)
    assert found[0].line == 1
    assert found[0].zh
    assert found[0].en
    assert found[0].zh != found[0].en


def test_all_faults_are_told_at_once() -> None:
    nodes = START + SERVICE.format('camunda:class="a.B"') + script("B", "1 +") + catch("C", timer("soon")) + END
    codes = {finding.code for finding in refused(diagram(nodes, "S>A A>B B>C C>E"))}
    assert {"java", "bad-expression", "bad-timer"} <= codes


def test_a_thousand_warnings_do_not_hide_an_error() -> None:
    names = [f"U{number}" for number in range(2000)]
    nodes = START + END + "".join(user(name) for name in names) + SERVICE.format("")
    arrows = " ".join(f"S>{name} {name}>E" for name in names)
    assert "no-topic" in {finding.code for finding in refused(diagram(nodes, f"{arrows} S>A A>E"))}


def test_a_fault_is_found_on_its_line() -> None:
    body = diagram(START + "\n\n" + script("A", "1 +") + END, "S>A A>E")
    assert refused(body)[0].line == 3


WARNINGS = {
    "nobody": (diagram(START + user("A") + END, "S>A A>E"), "nobody", "A"),
    "no default": (
        diagram(START + exclusive("X") + task("A") + task("B") + END, "S>X X>A[a=1] X>B[a=2] A>E B>E"),
        "no-default",
        "X",
    ),
    "only conditions out of a task": (
        diagram(START + task("A") + task("B") + END, "S>A A>B[n=1] A>E[n=2] B>E"),
        "no-default",
        "A",
    ),
    "two none starts": (diagram(START + '<startEvent id="S2"/>' + END, "S>E S2>E"), "several-none-starts", "S2"),
    "quantity at an implicit start": (
        diagram('<task id="A" startQuantity="2"/><task id="B"/>', "A>B"),
        "quantity-without-flow",
        "A",
    ),
    "quantity in an ad-hoc sub-process": (
        diagram(
            START + '<adHocSubProcess id="SP"><task id="A" startQuantity="2"/></adHocSubProcess>' + END, "S>SP SP>E"
        ),
        "quantity-without-flow",
        "A",
    ),
    "computed error code": (
        definitions(
            '<error id="err" errorCode="${reason}"/>',
            process(START + '<endEvent id="F"><errorEventDefinition errorRef="err"/></endEvent>', "S>F"),
        ),
        "code-not-computed",
        "F",
    ),
    "computed escalation code": (
        definitions(
            '<escalation id="esc" escalationCode="=reason"/>',
            process(START + '<endEvent id="F"><escalationEventDefinition escalationRef="esc"/></endEvent>', "S>F"),
        ),
        "code-not-computed",
        "F",
    ),
    "unreachable": (diagram(START + task("A") + task("B") + END, "S>A A>E B>B B>E"), "unreachable", "B"),
}


@pytest.mark.parametrize(("body", "code", "element_id"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_probably_is_a_mistake_is_a_warning(body: bytes, code: str, element_id: str) -> None:
    assert [finding.element_id for finding in warned(body) if finding.code == code] == [element_id]


def test_a_clean_diagram_has_no_warnings() -> None:
    nodes = START + user("A", attributes='camunda:candidateGroups="CSS"') + exclusive("X", "f_X_B") + task("B") + END
    assert warned(diagram(nodes, "S>A A>X X>B X>E[n>1] B>E")) == []


def test_a_diagram_without_executable_process_is_refused() -> None:
    body = definitions(process(START + END, "S>E").replace('isExecutable="true"', 'isExecutable="false"'))
    assert [finding.code for finding in refused(body)] == ["no-executable-process"]


def test_processes_that_are_not_executable_are_left_alone() -> None:
    other = process('<startEvent id="S9"/><scriptTask id="old"/>', "", key="Q").replace("true", "false")
    assert [definition.key for definition in parse(definitions(process(START + END, "S>E"), other), name="a")] == ["P"]
