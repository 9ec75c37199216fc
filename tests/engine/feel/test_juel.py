"""`${…}` expressions of existing diagrams."""

from __future__ import annotations

import pytest

from engine.feel import FeelSyntaxError, compile_expression
from engine.feel.juel import translate, translate_text
from tests.engine.feel.feel import ENVIRONMENT, feel


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${amount > 100 && !done}", True),
        ("${amount gt 100 and not done}", True),
        ("${status == 'open'}", True),
        ('${status != "open"}', False),
        ("${!missing}", True),
        ("${empty missing}", True),
        ("${not empty status}", True),
        ("${empty nothing}", True),
        ("${order.amount}", 7),
        ("${order['amount']}", 7),
        ("${items[0]}", "first"),
        ("${amount % 7 == 1}", True),
        ("${done ? 1 : amount > 100 ? 2 : 3}", 2),
        ("${(done || amount >= 120) && true}", True),
        ("#{ 'it\\'s' }", "it's"),
        ("${amount - 20 - 50}", 50),
        ("${amount / 2 * 3}", 180),
        ("${-amount}", -120),
        ("${missing == null}", True),
        ("${status == '}'}", False),
        ("${execution.getVariable('amount') > 100}", True),
        ("${execution.getVariable('order').amount}", 7),
        ("${execution.hasVariable('missing')}", False),
        ("${execution.hasVariable('amount') and amount ge 120}", True),
        ("${items.size() > 0}", True),
        ("${nothing.isEmpty()}", True),
        ("${status.equals('open')}", True),
        ("${!status.equals('open') || status.length() == 4}", True),
        ("${客户 == 'x'}", True),
    ],
)
def test_simple_expressions_become_feel(text: str, value: object) -> None:
    variables = {
        "amount": 120,
        "done": False,
        "status": "open",
        "order": {"amount": 7},
        "items": ["first"],
        "nothing": [],
        "客户": "x",
    }
    assert feel(translate(text), missing=None, **variables) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${order.getAmount()}", "methods"),
        ("${execution.setVariable('x', 1)}", "not known here"),
        ("${execution.processInstanceId}", "not known here"),
        ("${execution.getVariable(x)}", "in quotes"),
        ("${execution.getVariable('a b')}", "in quotes"),
        ("${task.name.toUpperCase()}", "methods"),
        ("${price(1)}", "cannot call"),
        ("${fn:length(x)}", "cannot call"),
        ("amount > 1", "${…}"),
        ("Order ${id", "${…}"),
        ("${a +}", "expected a value"),
        ("${a b}", "nothing more"),
        ("${a[b]}", "number or a string"),
        ("${}", "expected a value"),
        ("${a = 1}", "not understood"),
        ("${if}", "cannot be the name"),
        ("${" + "(" * 5000 + "}", "nested"),
        ("${" + "empty " * 50 + "a}", "nested"),
    ],
)
def test_what_would_call_java_is_refused(text: str, said: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        translate(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(("text", "expected"), [
    ("order-${number}", "order-7"),
    ("${number}", 7),
    ("  ${ number } ", 7),
    ("${number}${number}", "77"),
    ("${branch}/#{number} of ${nobody}", "north/7 of "),
    ("a ${'}'} b", "a } b"),
    ("a \\ \" ${number}", 'a \\ " 7'),
])  # fmt: skip
def test_a_value_may_have_text_around_its_expressions(text: str, expected: object) -> None:
    variables = {"number": 7, "branch": "north"}
    assert compile_expression(translate_text(text)).evaluate(variables, ENVIRONMENT) == expected


@pytest.mark.parametrize("text", ["a ${", "a ${x", "${x} ${", "a ${x.y()}", "a ${'x}"])
def test_text_around_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        translate_text(text)
