"""What differs between two versions, in words of both languages: tables, diagrams, forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import comparisons, deployments
from engine.context import SYSTEM_ACTOR
from engine.differences import Change
from engine.errors import InvalidRequest, NotFound, ParseFailed
from engine.process_engine import ProcessEngine
from tests.conftest import ROOT, Deploy
from tests.engine.diagrams import diagram, flows, user_task
from tests.engine.test_proposals import ONE, OPERATOR, OWNER, TWO, table


def dmn(old: str, new: str) -> list[Change]:
    return comparisons.of_files(old.encode(), new.encode(), names=("a.dmn", "b.dmn"))


def bpmn(old: str, new: str) -> list[Change]:
    return comparisons.of_files(old.encode(), new.encode(), names=("a.bpmn", "b.bpmn"))


def english(changes: list[Change]) -> list[str]:
    return [change.en for change in changes]


# ------------------------------------------------------------ tables


def test_a_cell_is_told_with_its_provenance() -> None:
    before = table(100).replace('<inputEntry id="c1">', '<inputEntry id="c1" marque:provenance="P">')
    after = table(100).replace(
        '<inputEntry id="c1"><text>&lt;= 100', '<inputEntry id="c1" marque:provenance="H"><text>&lt;= 80'
    )

    (change,) = dmn(before, after)

    assert (change.how, change.thing, change.id) == ("changed", "cell", "dt_99/small/amount")
    assert (change.before, change.after) == ("<= 100", "<= 80")
    assert (change.provenance_before, change.provenance_after) == ("P", "H")
    assert change.en == 'row 1 (small) "amount": <= 100 became <= 80 (P → H)'
    assert change.zh == "第 1 行（small）「金额」由 <= 100 改为 <= 80（来源 P → H）"


def test_a_provenance_alone_is_a_change_too() -> None:
    after = table(100).replace('<inputEntry id="c1">', '<inputEntry id="c1" marque:provenance="L">')

    assert english(dmn(table(100), after)) == ['row 1 (small) "amount": provenance changed from ∅ to L']


ROW = (
    '<rule id="huge"><inputEntry id="c7"><text>&gt; 900</text></inputEntry>'
    '<outputEntry id="c8"><text>false</text></outputEntry></rule>'
)


def test_rows_that_appear_and_go_are_told_whole() -> None:
    bigger = table(100).replace("</decisionTable>", f"{ROW}</decisionTable>")

    (added,) = dmn(table(100), bigger)
    (removed,) = dmn(bigger, table(100))

    assert (added.how, added.id, added.after) == ("added", "dt_99/huge", "amount > 900 → approved = false")
    assert added.en == "row 4 (huge) added: amount > 900 → approved = false"
    assert removed.zh == "删除第 4 行（huge）：amount > 900 → approved = false"


def test_a_row_that_only_got_another_id_is_no_change() -> None:
    assert dmn(table(100), table(100).replace('id="small"', 'id="DecisionRule_0x1"')) == []


def test_spaces_and_places_of_shapes_are_no_change() -> None:
    assert dmn(table(100), table(100).replace("&lt;= 100", "&lt;=  100 ").replace("\n", "\n\n")) == []


def test_columns_dates_and_the_hit_policy_are_told() -> None:
    after = (
        table(100)
        .replace('hitPolicy="UNIQUE"', 'hitPolicy="FIRST"')
        .replace('typeRef="boolean"', 'label="可批准" typeRef="boolean"')
        .replace('<rule id="large">', '<rule id="large" marque:effectiveFrom="2027-01-01" marque:clause="R2-1">')
    )

    told = english(dmn(table(100), after))

    assert 'decision "上限": hit policy changed from UNIQUE to FIRST' in told
    assert 'output "approved": label changed from ∅ to 可批准' in told
    assert "row 2 (large): effective from changed from ∅ to 2027-01-01" in told
    assert "row 2 (large): clause changed from ∅ to R2-1" in told
    assert len(told) == 4


def test_the_order_of_rows_counts_where_the_hit_policy_says_so() -> None:
    def moved(policy: str) -> list[Change]:
        old = table(100).replace("UNIQUE", policy)
        start, end = old.index('<rule id="small">'), old.index('<rule id="large">')
        new = old[:start] + old[end : old.index("</decisionTable>")] + old[start:end] + "</decisionTable>"
        return dmn(old, new + old.split("</decisionTable>")[1])

    assert moved("UNIQUE") == []
    assert english(moved("FIRST")) == [
        "row 1 (large): place changed from small to ∅",
        "row 3 (small): place changed from ∅ to unknown",
    ]


def test_decisions_that_appear_and_go_are_told() -> None:
    assert english(dmn(table(key="dt_98"), table(key="dt_99"))) == [
        'decision "上限" (dt_99) added',
        'decision "上限" (dt_98) removed',
    ]


def test_a_column_that_is_replaced_does_not_mix_up_the_cells() -> None:
    after = table(100).replace("<text>amount</text>", "<text>total</text>")

    assert english(dmn(table(100), after)) == [
        'input "total" (total) added',
        'input "amount" (amount) removed',
    ]


@pytest.mark.parametrize("file", sorted(ROOT.glob("rules/*/*.dmn")), ids=lambda path: path.stem)
def test_a_shipped_table_does_not_differ_from_itself(file: Any) -> None:
    body = file.read_bytes()
    assert comparisons.of_files(body, body, names=(file.name, file.name)) == []


# ------------------------------------------------------------ diagrams


def test_elements_flows_and_conditions_are_told_by_id_and_name() -> None:
    asked = '<exclusiveGateway id="ok" default="ok_done"/>'
    ends = '<endEvent id="done"/><endEvent id="refused" name="拒绝"/>'
    old = diagram(
        '<startEvent id="begin"/>'
        + user_task("check")
        + asked
        + ends
        + flows("begin>check", "check>ok", "ok>done", "ok>refused:amount &gt; 100")
    )
    new = diagram(
        '<startEvent id="begin"/>'
        + user_task("check", group="CSD")
        + user_task("sign")
        + asked
        + ends
        + flows("begin>check", "check>sign", "sign>ok", "ok>done", "ok>refused:amount &gt; 50")
    )

    assert english(bpmn(old, new)) == [
        'user task "check" (check): candidate groups changed from CSS to CSD',
        'user task "sign" (sign) added',
        'flow "check → sign" (check_sign) added',
        'flow "sign → ok" (sign_ok) added',
        'flow "ok → refused" (ok_refused): condition changed from amount > 100 to amount > 50',
        'flow "check → ok" (check_ok) removed',
    ]
    assert "人工任务「check」（check）：候选角色由 CSS 改为 CSD" in [change.zh for change in bpmn(old, new)]


def test_forms_timers_and_inputs_are_told() -> None:
    def timed(form: str, duration: str, text: str) -> str:
        inner = (
            '<extensionElements><camunda:inputOutput><camunda:inputParameter name="limit">'
            f"{text}</camunda:inputParameter></camunda:inputOutput></extensionElements>"
        )
        guard = (
            '<boundaryEvent id="late" attachedToRef="check"><timerEventDefinition>'
            f"<timeDuration>{duration}</timeDuration></timerEventDefinition></boundaryEvent>"
        )
        return diagram(
            '<startEvent id="begin"/>'
            + user_task("check", attributes=f'camunda:formRef="{form}"', inner=inner)
            + guard
            + '<endEvent id="done"/><endEvent id="gone"/>'
            + flows("begin>check", "check>done", "late>gone")
        )

    told = english(bpmn(timed("a", "PT1H", "=amount"), timed("b", "PT2H", "=amount + 1")))

    assert told == [
        'user task "check" (check): form changed from a to b',
        'user task "check" (check): input parameter limit changed from =amount to =amount + 1',
        'boundary event "late" (late): events changed from timer duration PT1H to timer duration PT2H',
    ]


@pytest.mark.parametrize("file", sorted(ROOT.glob("processes/*/*.bpmn")), ids=lambda path: path.stem)
def test_a_shipped_diagram_does_not_differ_from_itself_moved(file: Any) -> None:
    body = file.read_bytes()
    assert comparisons.of_files(body, body.replace(b' x="1', b' x="9'), names=(file.name, file.name)) == []


# ------------------------------------------------------------ forms


def form(*components: Any, rules: Any = ()) -> bytes:
    body = {"type": "default", "id": "f", "components": components, "properties": {"rules": list(rules)}}
    return json.dumps(body).encode()


def field(key: str, kind: str = "textfield", **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": key, "key": key, "label": f"字段{key}", "properties": {"label.en": key.title()}, **more}


def test_fields_limits_choices_and_rules_are_told() -> None:
    def rule(feel: str) -> dict[str, str]:
        return {"feel": feel, "field": "amount", "zh": "过大", "en": "too much"}

    choices = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]
    old = form(
        field("amount", "number", decimalDigits=0, validate={"max": 10}),
        field("kind", "select", values=choices[:1]),
        field("gone"),
        rules=[rule("amount < 5")],
    )
    new = form(
        field("amount", "number", decimalDigits=0, validate={"max": 20, "required": True}),
        field("kind", "select", values=choices),
        field("note", "textarea"),
        rules=[rule("amount < 7")],
    )

    assert english(comparisons.of_files(old, new, names=("f.form", "f.form"))) == [
        'field "Amount" (amount): required changed from ∅ to true',
        'field "Amount" (amount): maximum changed from 10 to 20',
        'field "Kind" (kind): choices changed from a to a, b',
        'field "Note" (note) added',
        'field "Gone" (gone) removed',
        'rule "too much" (amount < 7) added',
        'rule "too much" (amount < 5) removed',
    ]


# ------------------------------------------------------------ naming versions


def test_versions_are_named_by_key_number_or_id(engine: ProcessEngine, deploy: Deploy) -> None:
    first = deploy(case__bpmn=ONE).definitions[0]
    deploy(case__bpmn=TWO)

    def compared(old: str, new: str) -> list[Change]:
        return engine.read(OWNER, comparisons.of_versions, old, new)

    by_number = compared("case@1", "case@2")
    assert english(by_number)[0] == 'user task "look" (look) added'
    assert compared("process:case@1", "case") == compared(first.id, "case") == by_number
    assert compared("case@2", "case") == []
    for unknown in ("case@9", "nothing", "form:case@1"):
        with pytest.raises(NotFound):
            compared(unknown, "case")
    for wrong in ("case@x", "table:case@1"):
        with pytest.raises(InvalidRequest):
            compared(wrong, "case")


def test_a_proposal_is_compared_with_what_was_in_force(engine: ProcessEngine) -> None:
    def put(actor: Any, **files: str) -> deployments.Deployment:
        resources = {name.replace("__", "."): body.encode() for name, body in files.items()}
        return engine.run(actor, deployments.create, name="t", resources=resources, controlled=actor is OPERATOR)

    put(OPERATOR, t__dmn=table(100))
    made = put(OWNER, t__dmn=table(60), case__bpmn=ONE).proposal_id
    assert made is not None

    found = engine.read(SYSTEM_ACTOR, comparisons.of_proposal, made)

    assert found["case.bpmn"] == []
    assert [change.id for change in found["t.dmn"]] == ["dt_99/small/amount", "dt_99/large/amount"]


def test_files_of_different_kinds_and_broken_files_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        comparisons.of_files(ONE.encode(), table().encode(), names=("a.bpmn", "b.dmn"))
    with pytest.raises(InvalidRequest):
        comparisons.of_files(b"", b"", names=("a.txt", "b.txt"))
    with pytest.raises(ParseFailed):
        comparisons.of_files(b"<x", ONE.encode(), names=("a.bpmn", "b.bpmn"))
