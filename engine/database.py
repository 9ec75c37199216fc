"""One database behind the engine: SQLite (embedded) or PostgreSQL, from one code base.

On SQLite every writing transaction starts with BEGIN IMMEDIATE: a plain BEGIN that turns into a write fails at once
with "database is locked" when another writer was faster, however long the busy timeout is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from engine.sql import cursor_for

BUSY_TIMEOUT_MS = 30_000


class Database:
    """Opens transactions on one database."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        # Writers of this process queue here in order instead of polling SQLite's lock, and share one connection:
        # fetching one from the pool for each transaction took a fifth of a completion.
        self._queue = threading.Lock()
        self._writer: Connection | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that commits at the end and rolls back on any exception."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._queue:
            if self._writer is None:
                self._writer = self.engine.connect()
            connection = self._writer
            _begin_writing(connection)
            try:
                yield connection
                _transaction_of(connection).commit()
            except BaseException:
                _transaction_of(connection).rollback()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot that is rolled back at the end."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(marque_read=True)
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction:
                try:
                    yield connection
                finally:
                    transaction.rollback()

    def dispose(self) -> None:
        """Closes all connections, for instance before a fork."""
        with self._queue:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()


def _begin_writing(connection: Connection) -> None:
    """Begins on the driver: a command whose statements are all compiled needs no transaction object of SQLAlchemy's,
    which would cost a tenth of a completion; the first Core statement makes one inside of this transaction."""
    sql = "BEGIN IMMEDIATE"
    cursor = cursor_for(connection, sql, (), many=False)
    cursor.execute(sql)
    cursor.close()


def _transaction_of(connection: Connection) -> Any:
    """Returns who ends a transaction: SQLAlchemy if it takes part, else the driver."""
    return connection if connection.in_transaction() else connection.connection.dbapi_connection


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=20,
        max_overflow=20,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver must not begin on its own: the listener below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "secure_delete=FAST",
            "case_sensitive_like=ON",  # as on PostgreSQL
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        if driver.in_transaction:
            return  # `write` has begun it
        reading = connection.get_execution_options().get("marque_read", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
