"""What all lists share: conditions that apply where a filter is given, sorting, counting, and who may see a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from engine.authorizations import history_condition
from engine.context import CommandContext

Sorting = Iterable[tuple[str, str]]
Columns = Mapping[str, ColumnElement[Any]]


def equal(*pairs: tuple[ColumnElement[Any], Any]) -> Iterable[ColumnElement[bool]]:
    """Yields a condition for each column whose filter is given."""
    return [column == value for column, value in pairs if value is not None]


def between(column: ColumnElement[Any], after: int | None, before: int | None) -> Iterable[ColumnElement[bool]]:
    """Limits an instant (µs), both ends included."""
    if after is not None:
        yield column >= after
    if before is not None:
        yield column <= before


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
