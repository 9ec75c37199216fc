"""The register's schema, migration by migration (Alembic)."""

from pathlib import Path

VERSIONS = Path(__file__).parent / "versions"
