"""Files of a case: the port through which forms make sure that a file they are given was uploaded to the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.context import CommandContext


class Attachments(Protocol):
    """Knows the files that were uploaded, by case (see crm/attachments.py)."""

    def require(self, ctx: CommandContext, process_instance_ids: Iterable[str], values: Mapping[str, Any], /) -> None:
        """Raises FormInvalid if a submitted file is not, with this digest, an attachment of one of the cases."""
        ...
