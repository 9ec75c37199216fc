"""Bounds on the work that a diagram may cause. Reaching one raises `LimitReached`, and nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation, one instance and one file may use.

    `steps` bounds the flow nodes that run in one operation: an endless loop of automatic steps ends there.
    `tokens` bounds what may be alive in one instance at once, over all of its scopes.
    """

    steps: int = 10_000
    tokens: int = 10_000
    multi_instances: int = 1_000
    call_depth: int = 20
    scope_depth: int = 50
    due_years: int = 100
    timer_cycle_seconds: int = 1


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What one diagram file may hold."""

    file_bytes: int = 5_000_000
    elements: int = 50_000
    depth: int = 100


DEFAULT_LIMITS = Limits()
DEFAULT_FILE_LIMITS = FileLimits()
