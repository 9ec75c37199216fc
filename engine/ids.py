"""Identifiers: UUIDv7 as text, so that ids sort by the moment they were made."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """Returns a new UUIDv7 (RFC 9562) in its canonical 36 characters."""
    return str(uuid_utils.uuid7())
