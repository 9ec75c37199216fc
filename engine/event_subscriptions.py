"""Event subscriptions: the messages, signals and conditions that instances and start events wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import models
from engine.queries import Selection, equal, row_itself

TABLE = models.event_subscription


@dataclass(frozen=True, slots=True)
class SubscriptionQuery:
    """Filters of event subscriptions."""

    id: str | None = equal(TABLE.c.id)
    event_type: str | None = equal(TABLE.c.event_type)
    event_name: str | None = equal(TABLE.c.event_name)
    process_instance_id: str | None = equal(TABLE.c.process_instance_id)
    element_id: str | None = equal(TABLE.c.element_id)


# Rows of event subscriptions, oldest first.
SUBSCRIPTIONS: Selection[SubscriptionQuery, Any] = Selection(
    columns=(TABLE,),
    source=TABLE,
    sorts={"created": TABLE.c.created_at},
    last=(TABLE.c.id,),
    show=row_itself,
    cases=TABLE.c.root_id,
    sandboxes=TABLE.c.root_id,
)
find, count = SUBSCRIPTIONS.find, SUBSCRIPTIONS.count
