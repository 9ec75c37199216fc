"""Statements of the hot path: written in SQLAlchemy Core, compiled once per dialect, run on the driver's cursor.

Building a Core statement, its cache key and its result object costs more than the database needs to run it (measured
on the benchmark process, CPU per completion: 2.3 ms with Core at each call, 0.9 compiled once, 0.8 on the cursor).
Transactions, connections and the SQL text stay SQLAlchemy's; listeners of `before_cursor_execute` are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Table, Update, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite

Core = Select[Any] | Insert | Update | Delete
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """SQL text of one dialect. `in_order` puts the parameters in order, None where the driver takes names."""

    sql: str
    in_order: Callable[[Parameters], tuple[Any, ...]] | None
    constants: Parameters

    def values(self, parameters: Parameters) -> Any:
        given = {**self.constants, **parameters} if self.constants else parameters
        return given if self.in_order is None else self.in_order(given)


class Statement:
    """A Core statement that is compiled once per dialect; its bind parameters are given by name at each call.

    Parameters and results are the driver's own: ids, integers, text, bytes and None. A callable makes the statement
    for a dialect by name, where the two databases spell something differently.
    """

    def __init__(self, core: Core | Callable[[str], Core]) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, **parameters: Any) -> int:
        """Executes it once; returns how many rows it touched."""
        cursor = self._execute(connection, parameters)
        touched: int = cursor.rowcount
        cursor.close()
        return touched

    def first(self, connection: Connection, **parameters: Any) -> tuple[Any, ...] | None:
        """Executes a query; returns its first row, None if there is none."""
        cursor = self._execute(connection, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
        return row

    def run_many(self, connection: Connection, rows: Sequence[Parameters]) -> int:
        """Executes it for each row as one executemany; all rows have the same keys. Returns how many rows it touched
        in all."""
        if not rows:
            return 0
        compiled = self._prepared(connection)
        values = list(map(compiled.values, rows))
        cursor = cursor_for(connection, compiled.sql, values, many=True)
        cursor.executemany(compiled.sql, values)
        touched: int = cursor.rowcount
        cursor.close()
        return touched

    def _execute(self, connection: Connection, parameters: Parameters) -> Any:
        compiled = self._prepared(connection)
        values = compiled.values(parameters)
        cursor = cursor_for(connection, compiled.sql, values, many=False)
        cursor.execute(compiled.sql, values)
        return cursor

    def _prepared(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            core = self._core(dialect.name) if callable(self._core) else self._core
            made: Any = core.compile(dialect=dialect)
            constants = {name: value for name, value in made.params.items() if value is not None}
            in_order = None if made.positiontup is None else _picker(made.positiontup)
            found = self._compiled[dialect.name] = _Compiled(made.string, in_order, constants)
        return found


def _picker(names: Sequence[str]) -> Callable[[Parameters], tuple[Any, ...]]:
    """Returns what picks values by name into a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def cursor_for(connection: Connection, sql: str, values: Any, *, many: bool) -> Any:
    """Returns a cursor for a statement that goes to the driver directly, of which the listeners of
    `before_cursor_execute` are told."""
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, values, None, many)
    return cursor


def insert_into(table: Table, columns: Sequence[str] | None = None) -> Statement:
    """Returns the statement that inserts rows with all columns of a table, or those that are named."""
    names = columns or [column.name for column in table.columns]
    return Statement(insert(table).values({name: _parameter(table, name) for name in names}))


def upsert_into(table: Table, *, update: Sequence[str]) -> Statement:
    """Returns the statement that inserts rows, or updates the named columns of those whose primary key exists."""

    def build(dialect: str) -> Insert:
        kind = sqlite if dialect == "sqlite" else postgresql
        statement = kind.insert(table).values({column.name: _parameter(table, column.name) for column in table.columns})
        upsert: Insert = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in update},
        )
        return upsert

    return Statement(build)


def insert_unless_present(table: Table) -> Statement:
    """Returns the statement that inserts a row unless its primary key exists; it then touches no row."""

    def build(dialect: str) -> Insert:
        kind = sqlite if dialect == "sqlite" else postgresql
        values = {column.name: _parameter(table, column.name) for column in table.columns}
        statement: Insert = kind.insert(table).values(values).on_conflict_do_nothing()
        return statement

    return Statement(build)


def _parameter(table: Table, name: str) -> Any:
    return bindparam(name, type_=table.c[name].type)
