"""External functions: a short list of Java's library, computed without Java."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.engine.feel.feel import feel


def _call(owner: str, signature: str, arguments: str, names: str = "a, b") -> object:
    description = f'{{java: {{class: "{owner}", method signature: "{signature}"}}}}'
    return feel(f"(function({names}) external {description})({arguments})")


@pytest.mark.parametrize(
    ("owner", "signature", "arguments", "value"),
    [
        ("java.lang.Math", "max(double, double)", "123.45, 456.78", Decimal("456.78")),
        ("java.lang.Math", "min(int,int)", "3, 4", 3),
        ("java.lang.Math", "min(int,int)", "3.5, 4", None),
        ("java.lang.Math", "max(java.lang.String, java.lang.String)", '"1", "2"', None),
        ("java.lang.Math", "foo(double, double)", "1, 2", None),
        ("java.lang.Math", "pow(double,double)", "2, 0.5", Decimal("1.4142135623730951")),
        ("java.lang.Math", "pow(double,double)", "10, 400", None),
        ("java.lang.String", "format(java.lang.String, [Ljava.lang.Object;)", '"foo %s%%", "bar"', "foo bar%"),
        ("java.lang.String", "format(java.lang.String, [Ljava.lang.Object;)", '"%x", 1', None),
        ("java.lang.Runtime", "exec(java.lang.String)", '"ls"', None),
        ("os", "system(String)", '"ls"', None),
    ],
)
def test_two_arguments(owner: str, signature: str, arguments: str, value: object) -> None:
    names = "a" if arguments == '"ls"' else "a, b"
    assert _call(owner, signature, arguments, names) == value


@pytest.mark.parametrize(
    ("owner", "signature", "argument", "value"),
    [
        ("java.lang.Integer", "valueOf(java.lang.String)", '"123"', 123),
        ("java.lang.Integer", "parseInt(java.lang.String)", '"12.5"', None),
        ("java.lang.Byte", "valueOf(byte)", "300", None),
        ("java.lang.Double", "valueOf(java.lang.String)", '"1234.56"', Decimal("1234.56")),
        ("java.lang.Double", "valueOf(java.lang.String)", '"NaN"', None),
        ("java.lang.String", "valueOf(char)", '"a"', "a"),
        ("java.lang.String", "valueOf(char)", '"abc"', None),
        ("java.lang.Math", "cos(double)", "0", 1),
    ],
)
def test_one_argument(owner: str, signature: str, argument: str, value: object) -> None:
    assert _call(owner, signature, argument, "a") == value


@pytest.mark.parametrize("body", ["null", "1", "{}", "{java: 1}", '{java: {class: "java.lang.Math"}}', "{pmml: {}}"])
def test_a_description_that_describes_nothing_gives_null(body: str) -> None:
    assert feel(f"(function(a) external {body})(1)") is None
