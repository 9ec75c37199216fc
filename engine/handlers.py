"""Handlers: topics of service tasks that the house works on itself, inside the transaction of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.context import CommandContext


@dataclass(frozen=True, slots=True)
class HandlerTask:
    """What a handler gets to see: the variables hold references instead of personal values."""

    id: str
    topic: str
    process_instance_id: str
    element_id: str
    business_key: str | None
    variables: Mapping[str, Any]
    properties: Mapping[str, str]


# Works inside the transaction of its job and returns the variables that the service task gets.
Handler = Callable[["CommandContext", HandlerTask], Mapping[str, Any]]
