"""Branches: the places of business that people belong to and that cases are kept for.

A person has any number of branches, set by whoever manages users. A case has one: what its header says under
`branch_id` (requirements 3.0), in the scope of the whole case; what it calls belongs to the same. Both are keys that
the house chooses; the engine compares them and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, select

from engine import models
from engine.errors import InvalidRequest
from engine.values import plain

if TYPE_CHECKING:
    from engine.context import Actor, CommandContext

VARIABLE = "branch_id"
LENGTH = 64
INSTANCE = models.process_instance.alias("branch_of_case")


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the branches of a person, sorted, each once; raises InvalidRequest for what can be no key."""
    wanted = tuple(sorted(set(names)))
    for name in wanted:
        if of_value(name) is None:
            raise InvalidRequest(f"a branch has 1 to {LENGTH} characters that can be seen, and no space around them")
    return wanted


def of_value(value: Any) -> str | None:
    """Returns the branch that a variable names; None for anything that can be no key."""
    text = plain(value)
    if not isinstance(text, str) or not 1 <= len(text) <= LENGTH or not text.isprintable() or text != text.strip():
        return None
    return text


def default_of(actor: Actor) -> str | None:
    """Returns the branch of a case whose starter named none: the starter's, if there is exactly one."""
    return next(iter(actor.branches)) if len(actor.branches) == 1 else None


def of_case(ctx: CommandContext, root_id: str) -> str | None:
    """Returns the branch of a case, None if it has none."""
    return ctx.connection.execute(select(INSTANCE.c.branch_id).where(INSTANCE.c.id == root_id)).scalar_one_or_none()


def holds(branches: frozenset[str], case_branch: str | None, *, inside: bool) -> bool:
    """Tells whether a case is one of a person's branches.

    Where nobody said of which branch the person or the case is, there is nothing to compare: then the person is
    `inside` the assigned case or not at all.
    """
    if not branches or case_branch is None:
        return inside
    return case_branch in branches


def condition(branches: Iterable[str], root_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Returns the condition that the case of the row is one of the branches."""
    return exists().where(INSTANCE.c.id == root_id, INSTANCE.c.branch_id.in_(sorted(branches)))
