"""Where names are found: slots of the frame for local ones, the item of a filter, else the process variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

# One evaluation's memory: [variables, work, slot, slot, …]. Slots hold parameters, loop variables and the like.
Frame: TypeAlias = list[Any]
Code: TypeAlias = Callable[[Frame], Any]
VARIABLES, WORK, FIRST_SLOT = 0, 1, 2


class Scope:
    """The local names of one place. `item` is the slot of a filter's item, whose entries hide outer names."""

    __slots__ = ("context", "item", "outer", "partial", "slots")

    def __init__(
        self,
        slots: dict[str, int],
        outer: Scope | None,
        *,
        item: int | None = None,
        context: int | None = None,
        partial: int | None = None,
    ) -> None:
        self.slots = slots
        self.outer = outer
        self.item = item
        self.context = context
        self.partial = partial


class Found:
    """How a name is read: through the items of filters (inner to outer), then from a slot, else globally."""

    __slots__ = ("context", "items", "partial", "slot")

    def __init__(self) -> None:
        self.items: list[int] = []
        self.slot: int | None = None
        self.context = False
        self.partial = False


def find(name: str, scope: Scope | None) -> Found:
    """Looks a name up from the inside out."""
    found = Found()
    while scope is not None:
        if scope.item is not None:
            found.items.append(scope.item)
        if name in scope.slots:
            found.slot = scope.slots[name]
            found.context = scope.context is not None
            found.partial = scope.partial is not None and name == "partial"
            return found
        scope = scope.outer
    return found
