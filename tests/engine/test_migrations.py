"""The schema that migrations make is the one that the models describe, from an empty database and from the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

import crm.models  # noqa: F401  the tables of the register stand in the same metadata
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine.database import Database
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.models import metadata
from engine.schema import migration_config, upgrade
from tests.conftest import _execute, _with_database

VERSIONS = (ENGINE_VERSIONS, CRM_VERSIONS)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.dispose()
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = f"empty_{tmp_path.name.replace('-', '_')}".lower()[:60]
    _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _execute(server, f'CREATE DATABASE "{name}"')
    database = Database(_with_database(server, name))
    yield database
    database.dispose()
    _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def to(connection: Connection, revision: str, *, down: bool = False) -> None:
    config = migration_config(VERSIONS)
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def test_the_migrated_schema_is_that_of_the_models(empty: Database) -> None:
    with empty.write() as connection:
        upgrade(connection, VERSIONS)

    with empty.write() as connection:
        assert differences(connection) == []


def test_a_column_that_no_migration_adds_would_be_found(empty: Database) -> None:
    with empty.write() as connection:
        upgrade(connection, VERSIONS)
        connection.execute(text("ALTER TABLE definition DROP COLUMN released_at"))

    with empty.write() as connection:
        assert differences(connection) != []


def test_what_was_deployed_before_four_eyes_is_in_force_after_the_upgrade(empty: Database) -> None:
    with empty.write() as connection:
        to(connection, "engine_0001_initial")
        connection.execute(text("INSERT INTO deployment VALUES ('d', 'old', NULL, 1700000000000000, 'owner')"))
        connection.execute(
            text(
                "INSERT INTO resource (id, deployment_id, name, sha256, body) VALUES ('r', 'd', 'a.bpmn', 'x', :body)"
            ),
            {"body": b"<x/>"},
        )
        connection.execute(
            text(
                "INSERT INTO definition (id, kind, key, version, deployment_id, resource_id, sha256, suspended) "
                "VALUES ('p', 'process', 'a', 1, 'd', 'r', 'x', :no)"
            ),
            {"no": False},
        )
        upgrade(connection, VERSIONS)

    with empty.write() as connection:
        released = connection.execute(text("SELECT released_at FROM definition")).scalar_one()
        assert released == 1700000000000000
        assert differences(connection) == []


def test_cases_that_named_a_branch_before_have_it_after_the_upgrade(empty: Database) -> None:
    told = {"a": [b'"B1"', b'"B2"'], "b": [b"7"], "c": []}
    instance = (
        "INSERT INTO process_instance (id, root_id, definition_id, definition_key, release, state, started_at, "
        "started_by, revision, chain_count) VALUES (:id, :id, 'p', 'a', 1, 'ACTIVE', 1, 'x', 0, 0)"
    )
    variable = (
        "INSERT INTO variable_update (id, process_instance_id, root_id, scope_id, name, value, deleted, at) "
        "VALUES (:id, :root, :root, '', 'branch_id', :value, :no, 1)"
    )
    with empty.write() as connection:
        to(connection, "engine_0009_claims")
        connection.execute(text("INSERT INTO deployment VALUES ('d', 'old', NULL, 1, 'owner')"))
        connection.execute(
            text("INSERT INTO resource (id, deployment_id, name, sha256, body) VALUES ('r', 'd', 'a', 'x', :body)"),
            {"body": b"<x/>"},
        )
        connection.execute(
            text(
                "INSERT INTO definition (id, kind, key, version, deployment_id, resource_id, sha256, suspended) "
                "VALUES ('p', 'process', 'a', 1, 'd', 'r', 'x', :no)"
            ),
            {"no": False},
        )
        for case, values in told.items():
            connection.execute(text(instance), {"id": case})
            for at, value in enumerate(values):
                row = {"id": f"{case}{at}", "root": case, "value": value, "no": False}
                connection.execute(text(variable), row)
        upgrade(connection, VERSIONS)

    with empty.write() as connection:
        found = connection.execute(text("SELECT id, branch_id FROM process_instance ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("a", "B2"), ("b", None), ("c", None)]


def test_the_upgrade_can_be_taken_back(empty: Database) -> None:
    with empty.write() as connection:
        upgrade(connection, VERSIONS)
        to(connection, "engine_0001_initial", down=True)

    with empty.write() as connection:
        tables = set(inspect(connection).get_table_names())
        assert not {"proposal", "controlled_key"} & tables
        assert "definition" in tables
