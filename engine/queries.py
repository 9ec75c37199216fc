"""What all lists share: filters declared once beside the column that they limit, sorting, paging, counting, and who
may see what.

A list is two declarations. A frozen dataclass names its filters, each with the condition that it means:

    @dataclass(frozen=True, slots=True)
    class JobQuery:
        id: str | None = equal(JOB.c.id)
        created_after: int | None = since(JOB.c.created_at)

A Selection says where its rows come from, how they are sorted and who may read them. None means "any" of every filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from engine import authorizations
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.releases import outside_sandboxes

Sorting = Iterable[tuple[str, str]]
Bounds = tuple[tuple[Literal["gt", "lt"], int], ...]
Columns = Mapping[str, ColumnElement[Any]]
Conditions = Iterable[ColumnElement[bool]]
Q = TypeVar("Q")
T = TypeVar("T")

# ------------------------------------------------------------ filters


def filtering(condition: Callable[[Any], ColumnElement[bool]]) -> Any:
    """Declares a filter: `condition` says what a value of it means."""
    return field(default=None, metadata={"conditions": lambda value: (condition(value),)})


def equal(column: ColumnElement[Any]) -> Any:
    """Declares the filter for one value of a column."""
    return filtering(lambda value: column == value)


def among(column: ColumnElement[Any]) -> Any:
    """Declares the filter that names the values that are wanted."""
    return filtering(lambda values: column.in_(list(values)))


def not_among(column: ColumnElement[Any]) -> Any:
    """Declares the filter that names the values that are not wanted."""
    return filtering(lambda values: column.not_in(list(values)))


def like(column: ColumnElement[Any]) -> Any:
    """Declares the filter for a pattern: `%` stands for anything, `_` for one character, a backslash takes the
    meaning from what follows it."""
    return filtering(lambda pattern: column.like(_pattern(pattern), escape="\\"))


def wanted(*conditions: ColumnElement[bool]) -> Any:
    """Declares a flag that asks for conditions; a flag that is false asks for nothing, as in Camunda."""
    return field(default=None, metadata={"conditions": lambda flag: conditions if flag else ()})


def since(column: ColumnElement[Any]) -> Any:
    """Declares the least value that is wanted, itself included."""
    return filtering(lambda least: column >= least)


def until(column: ColumnElement[Any]) -> Any:
    """Declares the greatest value that is wanted, itself included."""
    return filtering(lambda most: column <= most)


def above(column: ColumnElement[Any]) -> Any:
    """Declares the value over which a row has to be."""
    return filtering(lambda bound: column > bound)


def below(column: ColumnElement[Any]) -> Any:
    """Declares the value under which a row has to be."""
    return filtering(lambda bound: column < bound)


def bounded(column: ColumnElement[Any]) -> Any:
    """Declares a filter with any number of Bounds: `gt` and `lt` leave the bound itself out."""
    return each(lambda bound: column > bound[1] if bound[0] == "gt" else column < bound[1])


def each(condition: Callable[[Any], ColumnElement[bool]]) -> Any:
    """Declares a filter with any number of values, each of which has to hold."""
    return field(default=(), metadata={"conditions": lambda values: map(condition, values)})


def conditions(query: Any) -> Conditions:
    """Yields what the filters of a query ask for."""
    for name, asked in _declared(query.__class__):
        value = getattr(query, name)
        if value is not None:
            yield from asked(value)


@cache
def _declared(kind: type[Any]) -> Sequence[tuple[str, Callable[[Any], Conditions]]]:
    return [(one.name, one.metadata["conditions"]) for one in fields(kind) if "conditions" in one.metadata]


def _pattern(pattern: str) -> str:
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise InvalidRequest("a pattern must not end with the escape character")
    return pattern


# ------------------------------------------------------------ lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Generic[Q, T]):
    """One list: its rows, the order of them, and who may read which.

    `last` decides between equals and where nothing else is asked for. `show` makes the item of a row. `right` is what
    the actor has to be allowed; `cases` is the case of a row, which limits the list to those that the actor may see.
    `sandboxes`, the case as well, leaves sandboxes out unless `id` or `process_instance_id` asks for one. `further`
    yields the conditions that are not those of one filter alone.
    """

    columns: Sequence[Any]
    source: FromClause
    sorts: Columns
    last: Sequence[ColumnElement[Any]]
    show: Callable[[CommandContext, Any], T]
    right: tuple[str, str] | None = None
    cases: ColumnElement[str] | None = None
    sandboxes: ColumnElement[str] | None = None
    further: Callable[[CommandContext, Q], Conditions] = lambda _ctx, _query: ()

    def find(
        self, ctx: CommandContext, query: Q, *, sort: Sorting = (), first: int = 0, limit: int | None = None
    ) -> list[T]:
        """Returns what matches and the actor may read; raises Forbidden."""
        statement = ordered(self._statement(ctx, query, *self.columns), self.sorts, sort, *self.last)
        rows = ctx.connection.execute(statement.offset(first).limit(limit)).all()
        return [self.show(ctx, row) for row in rows]

    def count(self, ctx: CommandContext, query: Q) -> int:
        """Returns how many match that the actor may read; raises Forbidden."""
        number: int = ctx.connection.execute(self._statement(ctx, query, func.count())).scalar_one()
        return number

    def _statement(self, ctx: CommandContext, query: Q, *columns: Any) -> Select[Any]:
        if self.right is not None:
            authorizations.require(ctx, *self.right)
        statement = select(*columns).select_from(self.source).where(*conditions(query), *self.further(ctx, query))
        if self.sandboxes is not None and not _asks_for_one(query):
            statement = statement.where(outside_sandboxes(self.sandboxes))
        return statement if self.cases is None else seen(ctx, statement, self.cases)


def _asks_for_one(query: Any) -> bool:
    return query.id is not None or query.process_instance_id is not None


def row_itself(_ctx: CommandContext, row: Any) -> Any:
    """Shows a row as it is."""
    return row


def seen(ctx: CommandContext, statement: Select[Any], root_id: ColumnElement[str]) -> Select[Any]:
    """Limits a list to the cases that the actor may see."""
    condition = None if ctx.actor.is_system else authorizations.history_condition(ctx, root_id)
    return statement if condition is None else statement.where(condition)


def ordered(statement: Select[Any], columns: Columns, sort: Sorting, *last: ColumnElement[Any]) -> Select[Any]:
    """Sorts with nulls last on both databases; `last` decides between equals."""
    for name, order in sort:
        column = columns[name]
        statement = statement.order_by(column.is_(None), column.desc() if order == "desc" else column.asc())
    return statement.order_by(*last)
