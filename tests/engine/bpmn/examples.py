"""Plays one example of a unit: `given` prepares, `when` lets something happen, `then` compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.bpmn.definition import StartEvent
from engine.bpmn.outcome import (
    ActivityEnded,
    ActivityStarted,
    CalledInstanceStarted,
    MessageSent,
    SignalSent,
    SubscriptionWait,
)
from engine.bpmn.parser import parse
from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.reader import read_dmn
from engine.dmn.result import DecisionResult
from engine.errors import ExecutionFailed, InvalidRequest, LimitReached, ParseFailed
from engine.feel import Environment, compile_expression
from engine.findings import Finding, errors
from tests.engine.bpmn.player import BEGIN, Player
from tests.engine.bpmn.units import Example

Play = Callable[..., Player]
Problem = ExecutionFailed | InvalidRequest | LimitReached


@cache
def decision(path: Path) -> CompiledModel:
    """Returns the decision table of a file."""
    return compile_model(read_dmn(path.read_bytes(), name=path.name))


class Fact(NamedTuple):
    """What an example asks for, and what is so."""

    name: str
    expected: Any
    seen: Any


class Played:
    """One example while it is played."""

    def __init__(self, play: Play, example: Example) -> None:
        self._play, self._example = play, example
        self._given: dict[str, Any] = {}
        self._process: str | None = None
        self._problem: Problem | None = None
        self.player: Player | None = None

    def facts(self) -> Iterator[Fact]:
        """Goes through the example line by line and yields what each line asks for beside what is so."""
        for step in self._example.steps:
            ((word, said),) = step.items()
            match word:
                case "given":
                    self._given = said
                case "process":
                    self._process = said
                case "when":
                    self._when(said)
                case "then":
                    yield from self._then(said)
                case _:
                    raise ValueError(f"{self._example.id}: a step cannot begin with {word}")
        yield self._nothing_failed()

    # ------------------------------------------------------------ when

    def _when(self, said: Any) -> None:
        said = {said: None} if isinstance(said, str) else said
        verb, what = next(iter(said.items()))
        before = self.player.instance.store() if self.player is not None else None
        try:
            if verb == "start":
                self._start(what, said.get("with", {}))
            else:
                _VERBS[verb](self._running, what, said)
        except (ExecutionFailed, InvalidRequest, LimitReached) as problem:
            self._problem = problem
            if self.player is not None and before is not None:
                self.player.restore(before)

    def _start(self, event: str | None, variables: Mapping[str, Any]) -> None:
        options = {"key": self._process} if self._process else {}
        self.player = self._play(
            self._example.body,
            {**self._given, **variables},
            start_event_id=event,
            decide=self._decide,
            called=[path.read_bytes() for path in self._example.called],
            **options,
        )

    def _decide(self, reference: str, variables: Mapping[str, Any]) -> DecisionResult:
        """Asks the decision table that lies beside the diagram."""
        return decision(self._example.diagram.with_name(f"{reference}.dmn")).decide(
            reference, variables, Environment(now=BEGIN)
        )

    @property
    def _running(self) -> Player:
        assert self.player is not None, "the example has not started anything yet"
        return self.player

    # ------------------------------------------------------------ then

    def _then(self, said: Mapping[str, Any]) -> Iterator[Fact]:
        for name, expected in said.items():
            if name in _DRAWN:
                yield Fact(name, expected, _DRAWN[name](self._example, expected))
            elif name in _PROBLEMS:
                problem, self._problem = self._problem, None
                yield Fact(name, expected, problem and _PROBLEMS[name](problem))
            else:
                yield self._nothing_failed()
                yield Fact(name, expected, _FACTS[name](self._running, expected))

    def _nothing_failed(self) -> Fact:
        return Fact("a problem that nobody expected", None, self._problem)


# ---------------------------------------------------------------- what happens


def _complete(player: Player, element: str, said: Mapping[str, Any]) -> None:
    player.do(element, said.get("at", 1) - 1, **said.get("with", {}))


def _signal(player: Player, name: str, said: Mapping[str, Any]) -> None:
    waits = [wait for wait in player.instance.waits() if wait.details == SubscriptionWait("signal", name)]
    assert waits, f"nobody waits for the signal {name}"
    player.signal(name, **said.get("with", {}))


def _begin(player: Player, element: str, said: Mapping[str, Any]) -> None:
    activity = next(activity for activity, name in player.instance.startable() if name == element)
    player.took(player.instance.start_activity(activity, element))


def _enough(player: Player, element: str, said: Mapping[str, Any]) -> None:
    activity = next(held.activity_id for held in player.instance.by_hand() if held.element_id == element)
    player.took(player.instance.complete_by_hand(activity))


_VERBS: dict[str, Callable[[Player, Any, Mapping[str, Any]], object]] = {
    "complete": _complete,
    "work": lambda player, topic, said: player.work(topic, **said.get("with", {})),
    "message": lambda player, name, said: player.message(name, **said.get("with", {})),
    "signal": _signal,
    "after": lambda player, text, said: player.wait_until(_duration(text).total_seconds()),
    "error": lambda player, code, said: player.error(said["at"], code, **said.get("with", {})),
    "escalation": lambda player, code, said: player.escalate(said["at"], code, **said.get("with", {})),
    "set": lambda player, variables, said: player.set(**variables),
    "begin": _begin,
    "enough": _enough,
    "go on": lambda player, element, said: player.job(element),
    "cancel": lambda player, reason, said: player.took(player.instance.cancel(reason)),
}


def _duration(text: str) -> timedelta:
    value = compile_expression(f'duration("{text}")').evaluate({}, Environment(now=BEGIN))
    assert isinstance(value, timedelta)
    return value


# ---------------------------------------------------------------- what is seen


def _subset(seen: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: seen[name] for name in names if name in seen}


def _ended(player: Player, expected: Any) -> Any:
    over = player.over
    if isinstance(expected, bool) or over is None:
        return over is not None
    if isinstance(expected, str):
        return over.end_event_id if over.state == "completed" else over.state
    return _subset({"state": over.state, "at": over.end_event_id, "error": over.error_code}, expected)


def _task(player: Player, expected: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found = {wait.element_id: wait.details for wait in player.instance.waits()}
    return {
        element: {name: _plain(getattr(found[element], name)) for name in facts} for element, facts in expected.items()
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sees(player: Player, expected: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    scopes = {wait.element_id: wait.scope_id for wait in player.instance.waits()}
    return {element: _subset(player.instance.variables(scopes[element]), names) for element, names in expected.items()}


def _sent(player: Player, expected: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in player.steps:
        if isinstance(step, MessageSent):
            found.append({"message": step.name, "with": dict(step.variables), "business_key": step.business_key})
        elif isinstance(step, SignalSent):
            found.append({"signal": step.name, "with": dict(step.variables)})
    return [
        {name: value for name, value in entry.items() if name in wanted}
        for entry, wanted in zip(found, expected, strict=True)
    ]


def _hears(player: Player, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns to whom messages would belong: to this case (`held`), to another (`foreign`), or to any (`open`)."""
    found = []
    for entry in expected:
        waited = SubscriptionWait("message", entry["message"])
        wait = next(wait for wait in player.instance.waits() if wait.details == waited)
        found.append({**entry, "as": player.instance.standing(wait.wait_id, entry["with"])})
    return found


def _calls(player: Player, expected: Any) -> list[dict[str, Any]]:
    return [
        {"process": step.definition_id.partition(":")[0], "business_key": step.business_key}
        for step in player.of(CalledInstanceStarted)
    ]


def _cancelled(player: Player) -> list[str]:
    """Returns what was taken away before it was done: activities, and no end event that took its own scope away."""
    ends = {step.activity_id for step in player.of(ActivityStarted) if step.element_type == "endEvent"}
    found = [step for step in player.of(ActivityEnded) if step.cancelled and step.activity_id not in ends]
    return [step.element_id for step in found]


_FACTS: dict[str, Callable[[Player, Any], Any]] = {
    "ran": lambda player, expected: [element for element in player.ran if "#" not in element],
    "waits": lambda player, expected: _like(player.waiting, expected),
    "ended": _ended,
    "variables": lambda player, expected: player.variables,
    "sees": _sees,
    "task": _task,
    "sent": _sent,
    "calls": _calls,
    "hears": _hears,
    "asked": lambda player, expected: {name: variables for name, variables, _ in player.services.asked},
    "cancelled": lambda player, expected: _like(_cancelled(player), expected),
    "taken": lambda player, expected: player.taken,
    "stalled": lambda player, expected: list(player.stalled),
    "startable": lambda player, expected: _like([name for _, name in player.instance.startable()], expected),
}


def _like(seen: list[str], expected: list[str]) -> list[str]:
    """Returns what was seen in the order in which it is expected, where the order says nothing."""
    return expected if sorted(seen) == sorted(expected) else seen


# ---------------------------------------------------------------- what the diagram says, and what fails


def _refused(example: Example, _expected: Any) -> dict[str, list[str]]:
    with pytest.raises(ParseFailed) as failure:
        parse(example.body, name="a")
    return by_element(errors(failure.value.findings["a"]))


def _warned(example: Example, _expected: Any) -> dict[str, list[str]]:
    return by_element(parse(example.body, name="a")[0].warnings)


def by_element(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Returns the codes of findings by the element that they name ('' for the file), in alphabetical order."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.element_id or "", []).append(finding.code)
    return {element: sorted(codes) for element, codes in found.items()}


def _begins(example: Example, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    starts = parse(example.body, name="a")[0].start_events
    return [_start(start, wanted) for start, wanted in zip(starts, expected, strict=True)]


def _start(start: StartEvent, wanted: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"at": start.element_id}
    if start.kind in ("message", "signal"):
        found[start.kind] = start.event_name
    elif start.kind == "timer":
        found["timer"] = start.timer
    elif start.kind == "conditional":
        environment = Environment(now=BEGIN)
        holds = start.holds(wanted["condition"]["holds_for"], environment)
        fails = not start.holds(wanted["condition"]["not_for"], environment)
        found["condition"] = wanted["condition"] if holds and fails else {"holds": holds, "fails": fails}
    return found


_DRAWN: dict[str, Callable[[Example, Any], Any]] = {"refused": _refused, "warned": _warned, "begins": _begins}


_PROBLEMS: dict[str, Callable[[Problem], Any]] = {
    "fails": lambda problem: getattr(problem, "element_id", None),
    "impossible": lambda problem: isinstance(problem, InvalidRequest),
}


def entered(player: Player) -> set[str]:
    """Returns every element that the instance entered."""
    return {step.element_id for step in player.of(ActivityStarted)}
