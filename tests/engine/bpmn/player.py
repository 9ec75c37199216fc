"""Plays one instance as the engine would, in one of several modes that must not make a difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from engine.bpmn import state
from engine.bpmn.definition import Definition
from engine.bpmn.instance import Instance
from engine.bpmn.limits import DEFAULT_LIMITS, Limits
from engine.bpmn.outcome import (
    ActivityEnded,
    ActivityStarted,
    FlowTaken,
    InstanceEnded,
    JobWait,
    Outcome,
    Stalled,
    Step,
    SubscriptionWait,
    TimerWait,
    UserTaskWait,
    WaitClosed,
    WaitOpened,
)
from engine.bpmn.parser import parse
from engine.dmn.result import DecisionResult, FiredRow
from engine.feel import Environment

BEGIN = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
MODES = ("plain", "stored", "fresh", "stepwise")
S = TypeVar("S")
Decide = Callable[[str, Mapping[str, Any]], DecisionResult]


class Services:
    """The engine's side, played by a test: a clock that stands still and decisions that are functions."""

    def __init__(self, definitions: dict[str, Definition], decide: Decide | None) -> None:
        self.now = BEGIN
        self.definitions = definitions
        self.decide_with = decide
        self.asked: list[tuple[str, dict[str, Any], datetime | None]] = []

    @property
    def environment(self) -> Environment:
        return Environment(now=self.now)

    def decide(
        self,
        decision_ref: str,
        variables: Mapping[str, Any],
        *,
        binding: str,
        version: str | None,
        anchor: datetime | None,
    ) -> DecisionResult:
        assert self.decide_with is not None
        self.asked.append((decision_ref, dict(variables), anchor))
        return self.decide_with(decision_ref, variables)

    def definition(self, key: str, *, binding: str, version: str | None) -> tuple[str, Definition]:
        return f"{key}:1", self.definitions[key]

    def definition_by_id(self, definition_id: str) -> Definition:
        return self.definitions[definition_id.partition(":")[0]]


def result(*rows: Mapping[str, Any], output: Any = None, hit_policy: str = "UNIQUE") -> DecisionResult:
    fired = tuple(FiredRow(f"r{index}", index, row) for index, row in enumerate(rows, 1))
    return DecisionResult("d", output, fired, {}, "", "feel", hit_policy)


class Player:
    """One instance under test. `ran` are the elements entered, in order; `steps` everything that came out."""

    def __init__(
        self,
        body: bytes,
        variables: Mapping[str, Any] | None = None,
        *,
        mode: str,
        key: str | None = None,
        decide: Decide | None = None,
        start_event_id: str | None = None,
        business_key: str | None = None,
        called: Sequence[bytes] = (),
        limits: Limits = DEFAULT_LIMITS,
        deployed: bool = False,
    ) -> None:
        """`key`: the process to start, the first one of the diagram if None; `called`: diagrams that it may call;
        `deployed`: what the checks would refuse today runs on, as it does in cases that were begun before."""
        self._deployed = deployed
        self._bodies, self._mode, self._limits = (body, *called), mode, limits
        self.services = Services(self._parsed(), decide)
        self.steps: list[Step] = []
        self._key = key or next(iter(self.services.definitions))
        definition = self.services.definitions[self._key]
        self.instance, outcome = Instance.start(
            definition,
            instance_id="i",
            definition_id=f"{self._key}:1",
            services=self.services,
            variables=variables or {},
            business_key=business_key,
            start_event_id=start_event_id,
            limits=limits,
        )
        self.took(outcome)

    def _parsed(self) -> dict[str, Definition]:
        found = [
            definition for body in self._bodies for definition in parse(body, name="test.bpmn", deployed=self._deployed)
        ]
        return {definition.key: definition for definition in found}

    # ------------------------------------------------------------ modes

    def took(self, outcome: Outcome) -> Player:
        """Takes over what an operation on the instance changed."""
        self.steps += outcome.steps
        self.last = outcome
        if self._mode in ("stored", "fresh", "stepwise") and outcome.ended is None and not self.over:
            self.restore(self.instance.store())
        return self

    def restore(self, stored: bytes) -> None:
        """Goes on from a stored state, as the engine does after every operation, and after one that failed."""
        if self._mode != "stored":
            self.services.definitions = self._parsed()
        self.instance = Instance.restore(
            stored, definition=self.services.definitions[self._key], services=self.services, limits=self._limits
        )
        assert self.instance.store() == stored

    # ------------------------------------------------------------ what happens

    def do(self, element_id: str, at: int = 0, /, **variables: Any) -> Player:
        wait = self._waits(UserTaskWait, element_id)[at]
        return self.took(self.instance.complete(wait.wait_id, variables))

    def work(self, topic: str, **variables: Any) -> Player:
        wait = next(wait for wait in self.instance.waits() if getattr(wait.details, "topic", None) == topic)
        return self.took(self.instance.complete(wait.wait_id, variables))

    def message(self, name: str = "msg1", **variables: Any) -> Player:
        wait = next(wait for wait in self._waits(SubscriptionWait) if wait.details == SubscriptionWait("message", name))
        return self.took(self.instance.correlate(wait.wait_id, variables))

    def signal(self, name: str = "sig1", **variables: Any) -> Player:
        for wait in self._waits(SubscriptionWait):
            if wait.details == SubscriptionWait("signal", name) and self._still(wait):
                self.took(self.instance.correlate(wait.wait_id, variables))
        return self

    def job(self, element_id: str) -> Player:
        return self.took(self.instance.run_job(self._waits(JobWait, element_id)[0].wait_id))

    def error(self, element_id: str, code: str, **variables: Any) -> Player:
        wait = next(wait for wait in self.instance.waits() if wait.element_id == element_id)
        return self.took(self.instance.throw_error(wait.wait_id, code, "text", variables))

    def escalate(self, element_id: str, code: str, **variables: Any) -> Player:
        wait = next(wait for wait in self.instance.waits() if wait.element_id == element_id)
        return self.took(self.instance.throw_escalation(wait.wait_id, code, variables))

    def set(self, **variables: Any) -> Player:
        return self.took(self.instance.set_variables(variables))

    def wait_until(self, seconds: float) -> Player:
        """Moves the clock on and lets each timer fire at its time, as the engine's jobs do."""
        target = self.services.now + timedelta(seconds=seconds)
        while due := sorted(
            (w.details.due_at, w.wait_id) for w in self._waits(TimerWait) if w.details.due_at <= target
        ):
            self.services.now = max(self.services.now, due[0][0])
            self.took(self.instance.fire_timer(due[0][1]))
        self.services.now = target
        return self

    # ------------------------------------------------------------ what is seen

    @property
    def open(self) -> list[str]:
        """The user tasks that are open."""
        return sorted(wait.element_id for wait in self._waits(UserTaskWait))

    @property
    def waiting(self) -> list[str]:
        """The elements that anything waits at."""
        return sorted(wait.element_id for wait in self.instance.waits())

    @property
    def ran(self) -> list[str]:
        """The elements entered, in order, without start and end events and gateways."""
        quiet = ("startEvent", "endEvent", "Gateway")
        started = self.of(ActivityStarted)
        return [step.element_id for step in started if not step.element_type.endswith(quiet)]

    @property
    def taken(self) -> list[str]:
        return [step.flow_id for step in self.of(FlowTaken)]

    @property
    def over(self) -> InstanceEnded | None:
        return next(iter(self.of(InstanceEnded)), None)

    @property
    def done(self) -> bool:
        return self.over is not None

    @property
    def stalled(self) -> tuple[str, ...]:
        """The elements at which tokens stand for ever, by the last operation."""
        return next((step.element_ids for step in self.last.of(Stalled)), ())

    @property
    def variables(self) -> dict[str, Any]:
        return self.instance.variables()

    def of(self, kind: type[S]) -> list[S]:
        return [step for step in self.steps if isinstance(step, kind)]

    def check(self) -> None:
        """Whatever was opened is closed once it is over, and nothing is closed twice."""
        opened = [step.wait_id for step in self.of(WaitOpened)]
        closed = [step.wait_id for step in self.of(WaitClosed)]
        started = [step.activity_id for step in self.of(ActivityStarted)]
        ended = [step.activity_id for step in self.of(ActivityEnded)]
        assert len(set(opened)) == len(opened)
        assert len(set(closed)) == len(closed)
        assert len(set(started)) == len(started)
        assert len(set(ended)) == len(ended)
        assert set(ended) <= set(started)
        assert set(closed) <= set(opened)
        if self.done:
            assert set(closed) == set(opened)
            assert set(ended) == set(started)
        else:
            assert {wait.wait_id for wait in self.instance.waits()} == set(opened) - set(closed)

    def _waits(self, kind: type[Any], element_id: str | None = None) -> list[Any]:
        found = [wait for wait in self.instance.waits() if isinstance(wait.details, kind)]
        return [wait for wait in found if element_id in (None, wait.element_id)]

    def _still(self, wait: WaitOpened) -> bool:
        return any(other.wait_id == wait.wait_id for other in self.instance.waits())


def run_stepwise(self: Instance) -> Outcome:
    """Stands in for `Instance._run`: stores and restores the instance after every single step."""
    workflow = self._workflow
    workflow.step_count = 0
    steps: list[Step] = []
    going = True
    while going:
        going = workflow.step()
        steps += workflow.steps
        if workflow.ended is not None:
            break
        raw = state.store(workflow)
        definition = parse_again(workflow)
        following = state.restore(raw, definition, services=workflow.services, limits=workflow.limits)
        following.scopes.changed = set(workflow.scopes.changed)
        following.step_count = workflow.step_count
        self._workflow = workflow = following
    workflow.look_for_stall()
    steps += workflow.steps if workflow.ended is None else []
    workflow.steps.clear()
    return Outcome(tuple(steps))


def parse_again(workflow: Any) -> Definition:
    definition: Definition = workflow.services.definition_by_id(workflow.definition_id)
    return definition
