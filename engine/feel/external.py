"""`external` functions: those of a short list of Java's library, computed here; nothing of Java or Python is called.

`function(a, b) external {java: {class: "java.lang.Math", method signature: "max(double, double)"}}` is part of the
standard (DMN 1.5, 10.3.2.13.3). What is not on the list below gives null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import settled
from engine.feel.limits import Work
from engine.feel.number_text import read_number, simplest
from engine.feel.text import write
from engine.feel.values import is_number, refuse

_SIGNATURE = re.compile(r"\s*([A-Za-z]\w*)\s*\(([^()]*)\)\s*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WIDTHS = {"byte": 8, "short": 16, "int": 32, "long": 64}
_REAL = ("double", "float")
_MISFIT = object()


def bind(description: Any) -> Callable[[list[Any], Work], Any] | None:
    """Returns the function that a context such as the one above describes, None if it is not on the list."""
    java = description.get("java") if type(description) is dict else None
    if type(java) is not dict or type(java.get("class")) is not str:
        return None
    match = _SIGNATURE.fullmatch(java.get("method signature") or "") if _is_text(java) else None
    if match is None:
        return None
    types = tuple(_short(part) for part in match[2].split(",") if part.strip())
    function = _find(_short(java["class"]), match[1], types)
    return None if function is None else lambda arguments, work: _call(function, types, arguments, work)


def _is_text(java: dict[str, Any]) -> bool:
    return type(java.get("method signature")) is str


def _short(name: str) -> str:
    return name.strip().removeprefix("java.lang.").removeprefix("java.math.")


def _find(owner: str, method: str, types: tuple[str, ...]) -> Callable[..., Any] | None:
    if owner == "Math" and types and all(each in _REAL or each in _WIDTHS for each in types):
        return _EXACT.get((method, len(types))) or (_floating(method, len(types)) if types[0] in _REAL else None)
    if owner == "String" and method == "valueOf" and len(types) == 1:
        return _text
    if owner == "String" and method == "format" and types == ("String", "[Ljava.lang.Object;"):
        return _format
    wanted = {"valueOf", f"parse{'Int' if owner == 'Integer' else owner}"}
    if owner in _BOXES and method in wanted and len(types) == 1:
        return _BOXES[owner]
    return None


def _call(function: Callable[..., Any], types: tuple[str, ...], arguments: list[Any], work: Work) -> Any:
    for value in arguments:
        if value is not None:
            refuse(value)
    variadic = bool(types) and types[-1].startswith("[L")
    if len(arguments) != len(types) and not (variadic and len(arguments) >= len(types) - 1):
        return None
    fixed = arguments[: len(types) - variadic]
    if any(_fit(value, kind) is _MISFIT for value, kind in zip(fixed, types, strict=False)):
        return None
    work.charge(20)
    return function(work, *arguments)


def _fit(value: Any, kind: str) -> Any:
    """Tells whether a value can be given to a Java parameter."""
    if kind in _REAL:
        fits = is_number(value)
    elif kind in _WIDTHS:
        whole = simplest(value) if is_number(value) else None
        fits = type(whole) is int and -(2 ** (_WIDTHS[kind] - 1)) <= whole < 2 ** (_WIDTHS[kind] - 1)
    elif kind == "boolean":
        fits = type(value) is bool
    elif kind == "char":
        fits = type(value) is str and len(value) == 1
    else:
        fits = (kind == "String" and type(value) is str) or kind == "Object"
    return value if fits else _MISFIT


def _text(work: Work, value: Any) -> str:
    return write(value, work)


def _format(work: Work, pattern: str, *values: Any) -> str | None:
    """`String.format` with `%s`, `%d` and `%%`; anything else is null."""
    if re.sub(r"%[sd%]", "", pattern).count("%") or len(re.findall(r"%[sd]", pattern.replace("%%", ""))) > len(values):
        return None
    left = iter(values)
    written = re.sub(r"%([sd%])", lambda found: "%" if found[1] == "%" else write(next(left), work), pattern)
    work.text(len(written))
    return written


def _whole(width: int) -> Callable[[Work, Any], Any]:
    def box(work: Work, value: Any) -> Any:
        number = _number(work, value)
        whole = None if number is None else simplest(number)
        return whole if type(whole) is int and -(2 ** (width - 1)) <= whole < 2 ** (width - 1) else None

    return box


def _number(work: Work, value: Any) -> Any:
    if type(value) is str:
        text = value.strip()
        return read_number(text) if len(text) <= 400 and _NUMBER.fullmatch(text) else None
    return value if is_number(value) else None


_BOXES: dict[str, Callable[..., Any]] = {
    "Byte": _whole(8),
    "Short": _whole(16),
    "Integer": _whole(32),
    "Long": _whole(64),
    "Float": _number,
    "Double": _number,
}
_EXACT: dict[tuple[str, int], Callable[..., Any]] = {
    ("max", 2): lambda work, left, right: max(left, right),
    ("min", 2): lambda work, left, right: min(left, right),
    ("abs", 1): lambda work, value: value.copy_abs() if isinstance(value, Decimal) else abs(value),
    ("signum", 1): lambda work, value: (value > 0) - (value < 0),
}
_FLOATING: dict[str, tuple[int, Callable[..., float]]] = {
    **{name: (1, getattr(math, name)) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "log10")},
    **{name: (1, getattr(math, name)) for name in ("sqrt", "cbrt", "ceil", "floor")},
    "toRadians": (1, math.radians),
    "toDegrees": (1, math.degrees),
    "pow": (2, math.pow),
    "atan2": (2, math.atan2),
    "hypot": (2, math.hypot),
}


def _floating(method: str, count: int) -> Callable[..., Any] | None:
    """A function on binary doubles, as Java computes it; the result is the shortest decimal that reads back."""
    found = _FLOATING.get(method)
    if found is None or found[0] != count:
        return None

    def compute(work: Work, *arguments: Any) -> Any:
        try:
            return settled(Decimal(repr(found[1](*map(float, arguments)))))
        except (ValueError, OverflowError):
            return None

    return compute
