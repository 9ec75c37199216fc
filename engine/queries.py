"""What all lists share: conditions that apply where a filter is given, sorting, counting, and who may see a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select

from engine.authorizations import history_condition
from engine.context import CommandContext
from engine.errors import InvalidRequest

Sorting = Iterable[tuple[str, str]]
Bounds = tuple[tuple[Literal["gt", "lt"], int], ...]
Columns = Mapping[str, ColumnElement[Any]]


def equal(*pairs: tuple[ColumnElement[Any], Any]) -> Iterable[ColumnElement[bool]]:
    """Yields a condition for each column whose filter is given."""
    return [column == value for column, value in pairs if value is not None]


def among(*pairs: tuple[ColumnElement[Any], Iterable[Any] | None]) -> Iterable[ColumnElement[bool]]:
    """Yields a condition for each column of which a filter names the values that are wanted."""
    return [column.in_(list(values)) for column, values in pairs if values is not None]


def like(*pairs: tuple[ColumnElement[Any], str | None]) -> Iterable[ColumnElement[bool]]:
    """Yields a condition for each column whose pattern is given: `%` stands for anything, `_` for one character."""
    for column, pattern in pairs:
        if pattern is None:
            continue
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise InvalidRequest("a pattern must not end with the escape character")
        yield column.like(pattern, escape="\\")


def wanted(*pairs: tuple[bool | None, ColumnElement[bool]]) -> Iterable[ColumnElement[bool]]:
    """Yields the conditions whose flag is set; a flag that is false asks for nothing, as in Camunda."""
    return [condition for flag, condition in pairs if flag]


def between(column: ColumnElement[Any], after: int | None, before: int | None) -> Iterable[ColumnElement[bool]]:
    """Limits an instant (µs), both ends included."""
    if after is not None:
        yield column >= after
    if before is not None:
        yield column <= before


def bounded(*pairs: tuple[ColumnElement[Any], Bounds]) -> Iterable[ColumnElement[bool]]:
    """Yields a condition for each bound: `gt` and `lt` leave the bound itself out."""
    return [column > at if operator == "gt" else column < at for column, bounds in pairs for operator, at in bounds]


def seen(ctx: CommandContext, statement: Select[Any], root_id: ColumnElement[str]) -> Select[Any]:
    """Limits a list to the cases that the actor may see."""
    condition = None if ctx.actor.is_system else history_condition(ctx, root_id)
    return statement if condition is None else statement.where(condition)


def ordered(statement: Select[Any], columns: Columns, sort: Sorting, *last: ColumnElement[Any]) -> Select[Any]:
    """Sorts with nulls last on both databases; `last` decides between equals."""
    for name, order in sort:
        column = columns[name]
        statement = statement.order_by(column.is_(None), column.desc() if order == "desc" else column.asc())
    return statement.order_by(*last)


def count(ctx: CommandContext, statement: Select[Any], root_id: ColumnElement[str]) -> int:
    """Returns how many rows the actor may see."""
    counted = select(func.count()).select_from(seen(ctx, statement, root_id).subquery())
    return ctx.connection.execute(counted).scalar_one()
