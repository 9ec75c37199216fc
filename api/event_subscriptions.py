"""/event-subscription: what instances and start events wait for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.commands import Commands
from api.lists import Listed, Listing
from api.params import TEXT, Filters
from api.routing import Parts, Route
from api.times import write_micros
from engine.context import CommandContext
from engine.event_subscriptions import SUBSCRIPTIONS, SubscriptionQuery

FILTERS: Filters = {
    "eventSubscriptionId": ("id", TEXT),
    "eventName": ("event_name", TEXT),
    "eventType": ("event_type", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "activityId": ("element_id", TEXT),
}


def _shown(_ctx: CommandContext, row: Any) -> dict[str, Any]:
    """EventSubscriptionDto."""
    return {
        "id": row.id,
        "eventType": row.event_type,
        "eventName": row.event_name,
        "executionId": row.process_instance_id,
        "processInstanceId": row.process_instance_id,
        "activityId": row.element_id,
        "createdDate": write_micros(row.created_at),
        "tenantId": None,
    }


LISTING = Listing.of(SUBSCRIPTIONS, SubscriptionQuery, FILTERS, _shown)


class EventSubscriptions(Listed):
    """Messages, signals and conditions that somebody waits for."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)


def rest_routes(parts: Parts) -> Iterable[Route]:
    subscriptions = EventSubscriptions(parts.commands)
    return [
        ("/event-subscription", subscriptions, None),
        ("/event-subscription/count", subscriptions, "count"),
    ]
