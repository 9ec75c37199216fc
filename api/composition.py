"""Puts the parts together: the only place that knows which vault and which handlers the engine gets."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import inspect, select

from crm import attachments
from crm.handlers import HANDLERS
from crm.vault import open_vault
from engine import models
from engine.clock import Clock, SystemClock, VirtualClock
from engine.process_engine import ProcessEngine
from engine.settings import Settings

VIRTUAL_NOW = "virtual_now"


def build_engine(settings: Settings, clock: Clock | None = None) -> ProcessEngine:
    """Returns an engine on the settings' database. A virtual clock goes on from where it stood."""
    engine = ProcessEngine(
        settings, clock or SystemClock(), vault=open_vault(settings), attachments=attachments, handlers=HANDLERS
    )
    if clock is None and settings.virtual_clock:
        engine.clock = VirtualClock(_stored_instant(engine) or datetime.now(UTC))
    return engine


def _stored_instant(engine: ProcessEngine) -> datetime | None:
    table = models.property_
    with engine.database.read() as connection:
        if not inspect(connection).has_table(table.name):
            return None  # before the first migration, which needs an engine, too
        stored = connection.execute(select(table.c.value).where(table.c.name == VIRTUAL_NOW)).scalar_one_or_none()
    return datetime.fromisoformat(stored) if stored else None
