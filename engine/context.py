"""What one command works with: its transaction, its instant and who asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from engine.clock import to_micros

if TYPE_CHECKING:
    from engine.process_engine import ProcessEngine

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Cover:
    """An absent person whose substitute the actor is at this instant, with that person's role codes and branches.

    A cover gives rights on that person's tasks and on nothing else, and none that the person has by another cover.
    """

    user_id: str
    roles: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a worker or the system itself, with the role codes and branches that count for access."""

    user_id: str
    roles: frozenset[str] = frozenset()
    covers: tuple[Cover, ...] = ()
    branches: frozenset[str] = frozenset()

    @property
    def is_system(self) -> bool:
        return self.user_id == SYSTEM


SYSTEM_ACTOR = Actor(SYSTEM)


@dataclass(slots=True)
class CommandContext:
    """One transaction. `now` was read once when it began; nothing below asks the clock again."""

    engine: ProcessEngine
    connection: Connection
    now: datetime
    actor: Actor
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    instance_id: str | None = None  # the root instance at work, so that a failure can be reported on it
    now_micros: int = field(init=False)

    def __post_init__(self) -> None:
        self.now_micros = to_micros(self.now)
