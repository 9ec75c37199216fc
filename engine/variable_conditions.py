"""Conditions on the newest value of a case's variable, as the database finds them in the stored bytes.

Equality is that of the bytes; numbers are compared as numbers, text and instants in the order of their bytes. A
personal value is a reference and fulfils none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Numeric, Text, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine import models
from engine.errors import InvalidRequest
from engine.values import Value, encode

VARIABLE = models.variable_update
COMPARISONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda stored, value: stored == value,
    "neq": lambda stored, value: stored != value,
    "gt": lambda stored, value: stored > value,
    "gteq": lambda stored, value: stored >= value,
    "lt": lambda stored, value: stored < value,
    "lteq": lambda stored, value: stored <= value,
}
OPERATORS = frozenset(COMPARISONS) | {"like", "notLike"}
NUMBERS = tuple("-0123456789")


@dataclass(frozen=True, slots=True)
class VariableCondition:
    """A variable compared with a value: `eq`, `neq`, `gt`, `gteq`, `lt`, `lteq`, `like` (`%` stands for anything)."""

    name: str
    operator: str
    value: Value

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise InvalidRequest(f"variables are compared with {', '.join(sorted(OPERATORS))}")
        if self.operator in {"like", "notLike"} and not isinstance(self.value, str):
            raise InvalidRequest("like compares with text")
        if self.operator not in {"eq", "neq", "like", "notLike"} and not _has_order(self.value):
            raise InvalidRequest("only numbers, texts and instants are larger or smaller than others")


def holds(condition: VariableCondition, root_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Returns the condition on the case `root_id`; a case without the variable does not fulfil it."""
    return holds_in_scope(condition, root_id, literal(""))


def holds_in_scope(
    condition: VariableCondition, root_id: ColumnElement[str], scope_id: ColumnElement[str]
) -> ColumnElement[bool]:
    """Returns the condition on the variable of one scope of the case."""
    newest = (
        select(func.max(VARIABLE.c.id))
        .where(VARIABLE.c.root_id == root_id, VARIABLE.c.scope_id == scope_id, VARIABLE.c.name == condition.name)
        .correlate_except(VARIABLE)
        .scalar_subquery()
    )
    latest = VARIABLE.alias()
    found = exists().where(latest.c.id == newest, latest.c.deleted.is_(False), _compared(latest.c.value, condition))
    return found.correlate_except(latest)


def _has_order(value: Value) -> bool:
    return isinstance(value, (int, Decimal, str, datetime)) and not isinstance(value, bool)


def _compared(stored: ColumnElement[bytes], condition: VariableCondition) -> ColumnElement[bool]:
    value, operator = condition.value, condition.operator
    if operator in {"like", "notLike"}:
        text = StoredText(stored)
        matches = text.like('"%"') & text.like(encode(value).decode())
        return matches if operator == "like" else and_(text.like('"%"'), ~matches)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        compared = COMPARISONS[operator](_number(stored), literal(Decimal(value), Numeric()))
        return or_(_number(stored).is_(None), compared) if operator == "neq" else compared
    wanted = literal(encode(value), LargeBinary())
    compared = COMPARISONS[operator](stored, wanted)
    if operator in {"eq", "neq"}:
        return compared
    kind = '"%"' if isinstance(value, str) else '{"$datetime":%}'
    return and_(StoredText(stored).like(kind), compared)


def _number(stored: ColumnElement[bytes]) -> ColumnElement[Any]:
    """The stored value as a number, NULL if it is none; CASE, because a cast of other text is an error."""
    text = StoredText(stored)
    typed = [
        (text.like(f"{start}%"), cast(func.substr(text, len(start) + 1, func.length(text) - len(start) - 2), Numeric()))
        for start in ('{"$typed":["Long",', '{"$typed":["Short",')
    ]
    return case((func.substr(text, 1, 1).in_(NUMBERS), cast(text, Numeric())), *typed, else_=None)


class StoredText(FunctionElement[str]):
    """Stored bytes as text; the two databases spell it differently."""

    type = Text()
    inherit_cache = True
    name = "stored_text"


@compiles(StoredText, "sqlite")
def _in_sqlite(element: StoredText, compiler: Any, **more: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **more)} AS TEXT)"


@compiles(StoredText, "postgresql")
def _in_postgresql(element: StoredText, compiler: Any, **more: Any) -> str:
    return f"convert_from({compiler.process(element.clauses, **more)}, 'UTF8')"
