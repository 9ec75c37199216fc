"""What one operation changed on a process instance: an ordered diff, frozen, that the engine writes down.

Each operation of `engine.bpmn.instance.Instance` returns an Outcome. Its steps stand in the order in which they
happened; whoever applies them needs neither the library nor the state. They are structs, because an operation makes a
dozen of them and a frozen dataclass takes four times as long to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from engine.dmn.result import DecisionResult

# ---------------------------------------------------------------- what an instance can wait for


class UserTaskWait(msgspec.Struct, frozen=True):
    """A person has to do something. Texts are those of the diagram, never built from variables."""

    name: str
    name_en: str = ""
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    form_ref: str | None = None
    form_key: str | None = None


class ExternalTaskWait(msgspec.Struct, frozen=True):
    """A worker has to do something: the topic of a service, send or business rule task or message throw event."""

    topic: str
    priority: int = 0
    properties: Mapping[str, str] | None = None


class TimerWait(msgspec.Struct, frozen=True):
    """Time has to pass. `cycle` holds the ISO 8601 repetition that is left, if the timer repeats."""

    due_at: datetime
    cycle: str | None = None


class SubscriptionWait(msgspec.Struct, frozen=True):
    """A message or signal has to arrive."""

    event_type: Literal["message", "signal"]
    event_name: str


class JobWait(msgspec.Struct, frozen=True):
    """An asynchronous continuation: somebody has to say "go on" in a transaction of its own."""

    kind: Literal["asyncBefore", "asyncAfter"]


WaitDetails = UserTaskWait | ExternalTaskWait | TimerWait | SubscriptionWait | JobWait
WaitKind = Literal["user_task", "external_task", "timer", "subscription", "job"]

WAIT_KINDS: Mapping[type[WaitDetails], WaitKind] = {
    UserTaskWait: "user_task",
    ExternalTaskWait: "external_task",
    TimerWait: "timer",
    SubscriptionWait: "subscription",
    JobWait: "job",
}


# ---------------------------------------------------------------- what can happen


class WaitOpened(msgspec.Struct, frozen=True):
    """The instance now waits. `wait_id` (a UUIDv7 of its own, never used twice but for the next firing of a cycle) is
    the handle for complete, fire_timer, correlate … and survives storing. `process_id` is the (called) instance."""

    wait_id: str
    element_id: str
    activity_id: str
    process_id: str
    scope_id: str
    details: WaitDetails


class WaitClosed(msgspec.Struct, frozen=True):
    """The instance no longer waits. `cancelled` when something else took the token away."""

    wait_id: str
    element_id: str
    kind: WaitKind
    cancelled: bool = False


class ActivityStarted(msgspec.Struct, frozen=True):
    """A flow node was entered. `process_id` is the (called) instance that it belongs to, `parent_id` the activity
    instance of the surrounding sub-process, call activity or multi-instance body; both are ids of ours."""

    activity_id: str
    element_id: str
    element_type: str
    process_id: str
    parent_id: str | None


class ActivityEnded(msgspec.Struct, frozen=True):
    """A flow node was left; `cancelled` when it was interrupted."""

    activity_id: str
    element_id: str
    cancelled: bool = False


class FlowTaken(msgspec.Struct, frozen=True):
    """A token went over a sequence flow, by the id that the diagram's owner wrote."""

    flow_id: str
    process_id: str


class VariableSet(msgspec.Struct, frozen=True):
    """A variable of ours got a value; `deleted` when it was removed. `scope_id` '' is the process instance."""

    scope_id: str
    name: str
    value: Any
    activity_id: str | None = None
    deleted: bool = False


class DecisionTaken(msgspec.Struct, frozen=True):
    """A business rule task decided. If `opens_deadlines`, each fired row opens or re-dates a deadline from
    `result.anchor`."""

    activity_id: str
    element_id: str
    result: DecisionResult
    opens_deadlines: bool = False


class MessageSent(msgspec.Struct, frozen=True):
    """A message left the instance; the engine delivers it in a transaction of its own.

    `optional`: nobody need wait for it. `business_key` None sends it to start events and to whoever correlates.
    """

    element_id: str
    name: str
    business_key: str | None
    variables: Mapping[str, Any]
    optional: bool = False


class SignalSent(msgspec.Struct, frozen=True):
    """A signal left the instance, for everybody who waits for it (waits inside this instance got it already)."""

    element_id: str
    name: str
    variables: Mapping[str, Any]


class CalledInstanceStarted(msgspec.Struct, frozen=True):
    """A call activity began an instance of another definition; it lives in the state of its root."""

    process_id: str
    parent_process_id: str
    element_id: str
    definition_id: str
    business_key: str | None


class CalledInstanceEnded(msgspec.Struct, frozen=True):
    """The called instance is over. `end_event_id` is the last end event reached."""

    process_id: str
    state: Literal["completed", "cancelled", "failed"]
    end_event_id: str | None


class InstanceEnded(msgspec.Struct, frozen=True):
    """The whole instance is over. `end_event_id` is the last end event reached at the top level; `error_code` is set
    when a BPMN error was caught by nobody (state `failed`)."""

    state: Literal["completed", "terminated", "cancelled", "failed"]
    end_event_id: str | None
    error_code: str | None = None


class Stalled(msgspec.Struct, frozen=True):
    """Nothing can go on any more: tokens stand at these elements for ever, and the instance waits for nothing.

    What was done until then is kept. Somebody has to change variables, modify or cancel the instance."""

    element_ids: tuple[str, ...]


Step = (
    WaitOpened
    | WaitClosed
    | ActivityStarted
    | ActivityEnded
    | FlowTaken
    | VariableSet
    | DecisionTaken
    | MessageSent
    | SignalSent
    | CalledInstanceStarted
    | CalledInstanceEnded
    | InstanceEnded
    | Stalled
)

S = TypeVar("S")


class Outcome(msgspec.Struct, frozen=True):
    """All that one operation changed, in order."""

    steps: tuple[Step, ...]

    def of(self, kind: type[S]) -> Iterator[S]:
        """Yields the steps of one kind, in order."""
        return (step for step in self.steps if isinstance(step, kind))

    @property
    def ended(self) -> InstanceEnded | None:
        """The end of the instance, if this operation brought it."""
        return next(self.of(InstanceEnded), None)
