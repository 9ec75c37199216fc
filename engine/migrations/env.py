"""Runs the migrations of all packages on the connection that `engine.schema` hands in."""

from __future__ import annotations

from alembic import context

from engine.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
