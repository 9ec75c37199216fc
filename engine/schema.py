"""Brings the database to the schema of this version; each package keeps its migrations in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from engine.database import Database

HERE = Path(__file__).parent


def migration_config(versions: Sequence[Path]) -> Config:
    """Returns Alembic's configuration for the version folders of the packages, the engine's first."""
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(path) for path in versions))
    return config


def migrate(database: Database, versions: Sequence[Path]) -> None:
    """Applies every migration that the database lacks, in one transaction."""
    with database.write() as connection:
        upgrade(connection, versions)


def upgrade(connection: Connection, versions: Sequence[Path]) -> None:
    """Applies the migrations on a connection."""
    config = migration_config(versions)
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")


def known_heads(versions: Sequence[Path]) -> frozenset[str]:
    """Returns the last migrations that this version of the program has."""
    return frozenset(ScriptDirectory.from_config(migration_config(versions)).get_heads())


def current_heads(connection: Connection) -> frozenset[str]:
    """Returns the last migrations that the database has seen; empty for one without tables."""
    return frozenset(MigrationContext.configure(connection).get_current_heads())
