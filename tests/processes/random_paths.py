"""Random walks through the shipped flows, each by two twins: one instance that was never stored, and one that is stored
after every step and restored with diagrams parsed afresh. Whatever they do and wait for must be equal."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from engine.bpmn.instance import Instance
from engine.bpmn.outcome import (
    ExternalTaskWait,
    FlowTaken,
    JobWait,
    Outcome,
    SubscriptionWait,
    TimerWait,
    UserTaskWait,
    WaitOpened,
)
from engine.errors import ExecutionFailed
from engine.ids import new_id
from engine.values import PersonalRef
from tests.processes.path_services import Moment, ParsedAfresh, PathServices, Shipped
from tests.processes.random_forms import fill

FLOWS = ("complaint", "follow_up_call", "reception_to_quote", "vehicle_pickup", "vehicle_return")
LONGEST = 150  # steps after which a walk is given up


def nothing(_rng: random.Random, _now: datetime) -> dict[str, Any]:
    return {}


# What a message brings, if it brings anything.
PAYLOADS: Mapping[str, Callable[[random.Random, datetime], dict[str, Any]]] = {
    "customer_answer": lambda rng, now: {"answer": rng.choice(["accepted", "refused"]), "answered_at": now},
}
# Who says these things ends the walk early.
RARE = frozenset({"customer_withdraws", "opened_in_error", "contract_cancelled"})


class Different(AssertionError):
    """The twins parted; the message names flow, seed and step."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk: the end event it reached, or why it stopped before."""

    key: str
    steps: int
    end: str | None
    stopped: str | None
    flows: frozenset[str]


@dataclass
class Report:
    """What was walked."""

    walks: list[Walk] = field(default_factory=list)

    @property
    def ends(self) -> Counter[tuple[str, str]]:
        return Counter((walk.key, walk.end) for walk in self.walks if walk.end is not None)

    @property
    def stopped(self) -> list[str]:
        return [f"{walk.key}: {walk.stopped}" for walk in self.walks if walk.stopped is not None]

    def __str__(self) -> str:
        steps = sum(walk.steps for walk in self.walks)
        return f"{len(self.walks)} walks, {steps} steps, {len(self.ends)} different ends, {len(self.stopped)} stopped"


def run(count: int, seed: int) -> Report:
    """Walks `count` times, flow by flow in turn; raises Different where the twins part."""
    shipped = Shipped()
    return Report([walk(shipped, FLOWS[number % len(FLOWS)], f"{seed}/{number}") for number in range(count)])


def walk(shipped: Shipped, key: str, seed: str) -> Walk:
    """Walks once from a start to an end."""
    return _Walker(shipped, key, seed).walk()


# ------------------------------------------------------------ the twins


class Names:
    """Names the ids of one twin in the order in which they first appear, so that both can be compared."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {"": ""}

    def of(self, identifier: str) -> str:
        return self._known.setdefault(identifier, f"#{len(self._known)}")

    def told(self, value: Any) -> Any:
        """Returns steps, waits and values without the ids that differ by chance."""
        names = _fields(value)
        if names and not isinstance(value, (type, PersonalRef)):
            return [type(value).__name__, *((name, self._part(name, getattr(value, name))) for name in names)]
        if isinstance(value, Mapping):
            return {key: self.told(value[key]) for key in sorted(value)}
        if isinstance(value, (list, tuple)):
            return [self.told(inner) for inner in value]
        return value

    def _part(self, name: str, value: Any) -> Any:
        return self.of(value) if name in IDS and isinstance(value, str) else self.told(value)


def _fields(value: Any) -> tuple[str, ...]:
    """Returns the field names of a step (a struct) or of what it holds (a dataclass)."""
    if isinstance(value, msgspec.Struct):
        return value.__struct_fields__
    return tuple(one.name for one in dataclasses.fields(value)) if dataclasses.is_dataclass(value) else ()


IDS = frozenset({"wait_id", "activity_id", "process_id", "parent_process_id", "parent_id", "scope_id"})


@dataclass
class Twin:
    """One of the two: its instance, what it lives on, and the names of its ids."""

    instance: Instance
    names: Names

    def waits(self) -> list[WaitOpened]:
        """Returns what it waits for, in an order that does not depend on ids."""
        return sorted(self.instance.waits(), key=lambda wait: (wait.element_id, self.names.of(wait.wait_id)))

    def told_waits(self) -> list[Any]:
        return [self.names.told(wait) for wait in self.waits()]

    def told_variables(self) -> list[Any]:
        scopes = {"": self.instance.variables()}
        scopes |= {self.names.of(wait.scope_id): self.instance.variables(wait.scope_id) for wait in self.waits()}
        return [self.names.told(scopes)]


# ------------------------------------------------------------ walking


class _Walker:
    """One walk of two twins."""

    def __init__(self, shipped: Shipped, key: str, seed: str) -> None:
        self.shipped = shipped
        self.key = key
        self.seed = seed
        self.rng = random.Random(seed)
        self.moment = Moment()
        self.steps = 0
        self.flows: set[str] = set()
        self.steady = PathServices(shipped, self.moment, shipped.definitions)

    def walk(self) -> Walk:
        try:
            first, second = self._start()
            end = self._go_on(first, second)
        except ExecutionFailed as failed:
            return self._over(None, f"step {self.steps} of seed {self.seed}: {failed}")
        return self._over(end, None if end else f"seed {self.seed} waits for ever")

    def _over(self, end: str | None, stopped: str | None) -> Walk:
        return Walk(self.key, self.steps, end, stopped, frozenset(self.flows))

    def _start(self) -> tuple[Twin, Twin]:
        definition = self.shipped.definitions[self.key]
        start = self.rng.choice(
            [one for one in definition.start_events if definition.elements[one.element_id].form_ref]
        )
        form = self.shipped.forms[str(definition.elements[start.element_id].form_ref)]
        given = fill(form, self.rng, {}, self.steady.environment)
        header = {"case_no": f"20260504-{self.seed}", "opened_by": "E-1", "received_at": self.moment.now}
        given = {name: value for name, value in given.items() if value is not None or name not in header}
        values = self.shipped.absorb(self.key, {**header, **given, "rule_set_version": 1, "bpmn_version": 1})

        def begin(services: PathServices) -> tuple[Instance, Outcome]:
            return Instance.start(
                services.definition_by_id(self.key),
                instance_id=new_id(),
                definition_id=self.key,
                services=services,
                variables=values,
                business_key=str(values["case_no"]),
                start_event_id=start.element_id,
            )

        outcomes: list[Outcome] = []

        def twin(services: PathServices) -> Twin:
            instance, outcome = begin(services)
            outcomes.append(outcome)
            return Twin(instance, Names())

        first, second = self._both(lambda: twin(self.steady), lambda: twin(self._afresh()))
        self._compare(first, second, *outcomes)
        return first, second

    def _afresh(self) -> PathServices:
        return PathServices(self.shipped, self.moment, ParsedAfresh())

    def _go_on(self, first: Twin, second: Twin) -> str | None:
        """Takes steps until the case is over; returns the end event."""
        while self.steps < LONGEST and first.waits():
            self.steps += 1
            self.moment.now += timedelta(minutes=self.rng.choice([0, 1, 7, 45]))
            ended = self._step(first, second)
            if ended is not None:
                return ended
        return None

    def _step(self, first: Twin, second: Twin) -> str | None:
        waits = first.waits()
        place = self._choose(waits)
        act = self._action(first, waits[place])
        services = self._afresh()
        second.instance = Instance.restore(
            second.instance.store(), definition=services.definition_by_id(self.key), services=services
        )
        here, there = waits[place].wait_id, second.waits()[place].wait_id
        outcomes = self._both(lambda: act(first.instance, here), lambda: act(second.instance, there))
        return self._compare(first, second, *outcomes)

    def _both(self, one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Any, Any]:
        """Does the same with both; where one fails the other must fail alike."""
        results, failures = [], []
        for do in (one, other):
            try:
                results.append(do())
            except ExecutionFailed as failed:
                failures.append(failed)
        if len(failures) == 1 or (failures and str(failures[0]) != str(failures[1])):
            raise Different(f"{self._place()}: one of the twins failed: {failures[0]}")
        if failures:
            raise failures[0]
        return results[0], results[1]

    def _choose(self, waits: list[WaitOpened]) -> int:
        """Picks a wait: the timer whose time has come, else a random one; who breaks off is rare."""
        timers = [(wait.details.due_at, at) for at, wait in enumerate(waits) if isinstance(wait.details, TimerWait)]
        if timers and min(timers)[0] <= self.moment.now:
            return min(timers)[1]
        earliest = min(timers)[1] if timers else None
        weights = [self._weight(wait, is_earliest=at == earliest) for at, wait in enumerate(waits)]
        return self.rng.choices(range(len(waits)), weights)[0]

    def _weight(self, wait: WaitOpened, *, is_earliest: bool) -> float:
        match wait.details:
            case TimerWait():
                return 1.5 if is_earliest else 0
            case SubscriptionWait(event_name=name):
                return 0.15 if name in RARE else 1.5
        return 10

    def _action(self, twin: Twin, wait: WaitOpened) -> Callable[[Instance, str], Outcome]:
        """Returns what is done with a wait, with values that were drawn once for both."""
        match wait.details:
            case TimerWait(due_at=due_at):
                self.moment.now = max(self.moment.now, due_at)
                return lambda instance, wait_id: instance.fire_timer(wait_id)
            case JobWait():
                return lambda instance, wait_id: instance.run_job(wait_id)
            case SubscriptionWait(event_name=name):
                payload = PAYLOADS.get(name, nothing)(self.rng, self.moment.now)
                brought = self.shipped.absorb(self.key, payload)
                return lambda instance, wait_id: instance.correlate(wait_id, brought)
            case ExternalTaskWait():
                return lambda instance, wait_id: instance.complete(wait_id, {})
            case UserTaskWait(form_ref=form_ref):
                values = self._submitted(twin, wait, form_ref)
                return lambda instance, wait_id: instance.complete(wait_id, values)
        raise AssertionError(f"unknown wait {wait}")

    def _submitted(self, twin: Twin, wait: WaitOpened, form_ref: str | None) -> dict[str, Any]:
        if form_ref is None:
            return {}
        visible = twin.instance.variables(wait.scope_id)
        typed = fill(self.shipped.forms[form_ref], self.rng, visible, self.steady.environment)
        return self.shipped.absorb(self.key, typed)

    def _compare(self, first: Twin, second: Twin, one: Outcome, other: Outcome) -> str | None:
        """Compares what happened and what is waited for; returns the end event if the case is over."""
        self.flows.update(step.flow_id for step in one.of(FlowTaken))
        for what, left, right in self._told(first, second, one, other):
            # As text, because to Python 1 equals True and Decimal("1.0").
            if repr(left) != repr(right):
                raise Different(f"{self._place()}: {what} differ:\n{_first_difference(left, right)}")
        return None if one.ended is None else one.ended.end_event_id or one.ended.state

    def _told(self, first: Twin, second: Twin, one: Outcome, other: Outcome) -> Iterator[tuple[str, Any, Any]]:
        yield "outcomes", first.names.told(one.steps), second.names.told(other.steps)
        yield "waits", first.told_waits(), second.told_waits()
        if one.ended is None:
            yield "variables", first.told_variables(), second.told_variables()

    def _place(self) -> str:
        return f"{self.key}, seed {self.seed}, step {self.steps}"


def _first_difference(left: list[Any], right: list[Any]) -> str:
    for one, other in zip(left, right, strict=False):
        if repr(one) != repr(other):
            return f"{one}\n{other}"
    return f"{len(left)} against {len(right)}"
