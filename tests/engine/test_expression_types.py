"""Conditions of a diagram and rules of a form against the types of the fields that people fill in."""

from __future__ import annotations

from typing import Any

import pytest

from engine.expression_types import check_form
from engine.findings import Finding
from engine.forms import Form
from engine.references import check_diagram
from tests.engine.diagrams import diagram, flows, user_task
from tests.engine.forms_support import choices, field, form

PLAIN = {"properties": {"dataClass": "none"}}


def asked(**more: Any) -> dict[str, Form]:
    return {
        "f": form(
            field("number", "amount", decimalDigits=0, **PLAIN),
            field("checkbox", "paid", **PLAIN),
            field("select", "next_step", values=choices("repair", "close"), **PLAIN),
            field("datetime", "day", subtype="date", **PLAIN),
            field("textfield", "caller"),
            **more,
        )
    }


def found(condition: str, *, attributes: str = "", inner: str = "") -> list[Finding]:
    body = (
        '<startEvent id="begin"/>'
        + user_task("check", attributes=f'camunda:formRef="f" {attributes}', inner=inner)
        + '<exclusiveGateway id="which" default="which_done"/><endEvent id="done"/><endEvent id="other"/>'
        + flows("begin>check", "check>which", f"which>other:{condition}", "which>done")
    )
    return check_diagram(diagram(body).encode(), name="case.bpmn", forms=asked())


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('amount = "5"', "compares a number with a string: never true"),
        ("=amount &gt; paid", "a boolean has no order: never true"),
        ('next_step = "repiar"', '"repiar" is not among the allowed values: "repair","close"'),
        ("day &gt; 5", "compares a date with a number: never true"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_told_at_its_flow(condition: str, words: str) -> None:
    (finding,) = found(condition)

    assert (finding.severity, finding.element_id) == ("warning", "which_other")
    assert words in finding.en
    assert finding.zh


def test_what_fits_or_is_not_known_is_no_finding() -> None:
    for condition in (
        "amount > 5 and paid = true",
        'next_step = "repair"',
        "unknown = 5",
        'caller = "x"',
        "day = null",
        "${amount > 5}",
    ):
        assert [one for one in found(condition.replace(">", "&gt;")) if one.code != "personal-in-expression"] == []


def test_a_variable_that_something_else_writes_may_hold_anything() -> None:
    output = (
        "<extensionElements><camunda:inputOutput>"
        '<camunda:outputParameter name="amount">=1</camunda:outputParameter>'
        "</camunda:inputOutput></extensionElements>"
    )

    assert found('amount = "5"', inner=output) == []


def test_a_rule_of_a_form_that_can_never_be_true_is_told_at_its_field() -> None:
    rule = {"feel": 'amount > "5"', "field": "amount", "zh": "须大于五", "en": "more than five"}

    (finding,) = check_form(asked(rules=[rule])["f"])

    assert (finding.code, finding.element_id) == ("never-true", "amount")
    assert finding.en == 'rule "more than five", column 1: compares a number with a string: never true'
    assert finding.zh == "规则「须大于五」第 1 个字符：数字与文本相比较，永不为真"


def test_now_and_today_of_a_form_are_values_and_no_functions() -> None:
    rule = {"feel": "day <= today", "field": "day", "zh": "不晚于今天", "en": "not later than today"}

    assert list(check_form(asked(rules=[rule])["f"])) == []
