"""Hard bounds on the work of one evaluation. A bound that is reached raises FeelError, never hangs or swaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.feel.errors import FeelError

MAX_TEXT = 65_536  # characters of one expression
MAX_TREE_DEPTH = 80  # nested levels of one expression; Python's own stack holds about 1000 frames
MAX_VALUE_DEPTH = 100  # nested lists and contexts of one value


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation may use. The constants above are bounds of Python's stack and no matter of taste.

    * `steps`: tree nodes and list items touched; a tenth of a second.
    * `items`: of one list, and values within one result. Who wants more wants a report and not a rule.
    * `characters`: of one string; a book has as many.
    * `call_depth`: nested calls of functions that the expression defines; one that calls itself for ever ends here.
    """

    steps: int = 250_000
    items: int = 100_000
    characters: int = 1_000_000
    call_depth: int = 64


DEFAULT_LIMITS = Limits()


class Surroundings(Protocol):
    """What an evaluation may know besides its variables (see `engine.feel.Environment`)."""

    @property
    def now(self) -> datetime: ...

    @property
    def zone(self) -> str: ...

    @property
    def functions(self) -> Any: ...

    @property
    def limits(self) -> Limits: ...


class Steps:
    """Counts the steps of one piece of work. Never shared between two."""

    __slots__ = ("left", "limits")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.left = limits.steps

    def charge(self, steps: int) -> None:
        """Takes `steps` from what is left; raises FeelError when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise FeelError(f"the expression needs more than {self.limits.steps} steps; work on smaller lists")


class Work(Steps):
    """Counts the work of one evaluation and carries its surroundings."""

    __slots__ = ("call_depth", "surroundings")

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings.limits)
        self.surroundings = surroundings
        self.call_depth = 0

    def items(self, count: int) -> None:
        """Charges for a list of `count` items and refuses one that is too long."""
        if count > self.limits.items:
            raise FeelError(f"a list of more than {self.limits.items} items is refused")
        self.charge(count)

    def text(self, characters: int) -> None:
        """Charges for a string of `characters` and refuses one that is too long."""
        if characters > self.limits.characters:
            raise FeelError(f"a string of more than {self.limits.characters} characters is refused")
        self.charge(characters >> 4)

    def enter(self) -> None:
        """Counts one more nested call; the caller lowers `call_depth` when it returns."""
        self.charge(10)
        self.call_depth += 1
        if self.call_depth > self.limits.call_depth:
            raise FeelError(f"functions call each other more than {self.limits.call_depth} levels deep")
