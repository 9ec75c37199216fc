"""Hard bounds on the work of one evaluation. A bound that is reached raises FeelError, never hangs or swaps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from engine.feel.errors import FeelError

MAX_TEXT = 65_536  # characters of one expression
MAX_TREE_DEPTH = 80  # nested levels of one expression; Python's own stack holds about 1000 frames
MAX_STEPS = 250_000  # tree nodes and list items touched by one evaluation
MAX_ITEMS = 100_000  # items of one list, and values within one result
MAX_CHARACTERS = 1_000_000  # characters of one string
MAX_CALL_DEPTH = 64  # nested calls of user-defined functions
MAX_VALUE_DEPTH = 100  # nested lists and contexts of one value


class Surroundings(Protocol):
    """What an evaluation may know besides its variables (see `engine.feel.Environment`)."""

    @property
    def now(self) -> datetime: ...

    @property
    def zone(self) -> str: ...

    @property
    def functions(self) -> Any: ...


class Steps:
    """Counts the steps of one piece of work. Never shared between two."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def charge(self, steps: int) -> None:
        """Takes `steps` from what is left; raises FeelError when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise FeelError(f"the expression needs more than {MAX_STEPS} steps; work on smaller lists")


class Work(Steps):
    """Counts the work of one evaluation and carries its surroundings."""

    __slots__ = ("call_depth", "surroundings")

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__()
        self.surroundings = surroundings
        self.call_depth = 0

    def items(self, count: int) -> None:
        """Charges for a list of `count` items and refuses one that is too long."""
        if count > MAX_ITEMS:
            raise FeelError(f"a list of more than {MAX_ITEMS} items is refused")
        self.charge(count)

    def text(self, characters: int) -> None:
        """Charges for a string of `characters` and refuses one that is too long."""
        if characters > MAX_CHARACTERS:
            raise FeelError(f"a string of more than {MAX_CHARACTERS} characters is refused")
        self.charge(characters >> 4)

    def enter(self) -> None:
        """Counts one more nested call; the caller lowers `call_depth` when it returns."""
        self.charge(10)
        self.call_depth += 1
        if self.call_depth > MAX_CALL_DEPTH:
            raise FeelError(f"functions call each other more than {MAX_CALL_DEPTH} levels deep")
