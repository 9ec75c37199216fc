"""Compares what a scenario expects with what is; each difference is a sentence for its owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from api.scenarios.driver import CaseView, DeadlineView, Driver, TaskView
from api.scenarios.formulas import evaluate
from api.scenarios.runs import SEEN
from api.scenarios.script import ZONE, instant
from engine.clock import from_micros
from engine.values import from_json

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def differences(driver: Driver, case_id: str, expected: Mapping[str, Any], cases: dict[str, str]) -> Iterator[str]:
    """Yields a sentence for each expectation that does not hold; `started` adds named cases to `cases`."""
    for name, wanted in expected.items():
        yield from CHECKS[name](driver, case_id, wanted, cases)


def shown(at: datetime | None) -> str:
    """Returns an instant as people of the house read it."""
    return "none" if at is None else at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def duration(text: str) -> timedelta:
    """Returns the span of an ISO 8601 duration of days, hours, minutes and seconds."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no duration such as PT2M or P1DT12H")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _same_instant(driver: Driver, wanted: str | None, actual: datetime | None) -> bool:
    if wanted is None or actual is None:
        return wanted is None and actual is None
    if ":" in wanted and "-" not in wanted:  # a time alone: of the same day as the actual instant
        local = actual.astimezone(ZONE)
        return instant(f"{local:%Y-%m-%d} {wanted}", None) == actual
    return instant(wanted, None) == actual


def _tasks(driver: Driver, case_id: str, wanted: list[str], _cases: dict[str, str]) -> Iterator[str]:
    actual = sorted(task.element_id for task in driver.tasks(case_id))
    if actual != sorted(wanted):
        yield f"open tasks are {', '.join(actual) or 'none'}, expected {', '.join(sorted(wanted)) or 'none'}"


def _task(driver: Driver, case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
    open_tasks = {task.element_id: task for task in driver.tasks(case_id)}
    for element_id, facts in wanted.items():
        task = open_tasks.get(element_id)
        if task is None:
            yield f"there is no open task {element_id}"
        else:
            yield from _task_facts(driver, task, facts)


def _task_facts(driver: Driver, task: TaskView, facts: Mapping[str, Any]) -> Iterator[str]:
    if "due" in facts and not _same_instant(driver, facts["due"], task.due):
        yield f"task {task.element_id} is due {shown(task.due)}, expected {facts['due']}"
    if "assignee" in facts and facts["assignee"] != task.assignee:
        yield f"task {task.element_id} belongs to {task.assignee}, expected {facts['assignee']}"
    for name, actual in (("candidates", task.candidates), ("escalated", task.escalated)):
        if name in facts and sorted(facts[name]) != sorted(actual):
            yield f"{name} of {task.element_id} are {sorted(actual)}, expected {sorted(facts[name])}"


def _deadline(driver: Driver, case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
    found: dict[str, DeadlineView] = {deadline.code: deadline for deadline in driver.deadlines(case_id)}
    for code, facts in wanted.items():
        deadline = found.get(code)
        if deadline is None:
            yield f"there is no deadline {code}; there are {', '.join(sorted(found)) or 'none'}"
        else:
            yield from _deadline_facts(driver, deadline, facts)


def _deadline_facts(driver: Driver, deadline: DeadlineView, facts: Mapping[str, Any]) -> Iterator[str]:
    if "due" in facts and not _same_instant(driver, facts["due"], deadline.due):
        yield f"deadline {deadline.code} is due {shown(deadline.due)}, expected {facts['due']}"
    if "state" in facts and facts["state"] != deadline.state:
        yield f"deadline {deadline.code} is {deadline.state}, expected {facts['state']}"
    if "stopped" in facts and not _same_instant(driver, facts["stopped"], deadline.stopped):
        yield f"deadline {deadline.code} was stopped {shown(deadline.stopped)}, expected {facts['stopped']}"
    if "late_by" in facts:
        late = deadline.stopped - deadline.due if deadline.stopped and deadline.due else None
        if late != duration(facts["late_by"]):
            yield f"deadline {deadline.code} is late by {late}, expected {facts['late_by']}"


def _deadline_events(case: CaseView, kind: str, code: str) -> list[tuple[datetime, Mapping[str, Any]]]:
    return [
        (from_micros(event["at"]), entry)
        for event in case.events
        for entry in event.get("deadlines", ())
        if entry["e"] == kind and entry["code"] == code
    ]


def _escalated(driver: Driver, case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
    case = driver.case(case_id)
    for code, facts in wanted.items():
        events = _deadline_events(case, "deadline.escalated", code)
        if not events:
            yield f"deadline {code} was not escalated"
            continue
        at, entry = events[-1]
        if "to" in facts and sorted(facts["to"]) != sorted(entry["to"]):
            yield f"deadline {code} was escalated to {sorted(entry['to'])}, expected {sorted(facts['to'])}"
        if "at" in facts and not _same_instant(driver, facts["at"], at):
            yield f"deadline {code} was escalated {shown(at)}, expected {facts['at']}"


def _warned(driver: Driver, case_id: str, wanted: Mapping[str, list[str]], _cases: dict[str, str]) -> Iterator[str]:
    case = driver.case(case_id)
    for code, instants in wanted.items():
        actual = [at for at, _ in _deadline_events(case, "deadline.warned", code)]
        agree = len(actual) == len(instants) and all(
            _same_instant(driver, text, at) for text, at in zip(instants, actual, strict=True)
        )
        if not agree:
            yield f"warnings of {code} came {[shown(at) for at in actual]}, expected {instants}"


def _ended(driver: Driver, case_id: str, wanted: str | bool, _cases: dict[str, str]) -> Iterator[str]:
    case = driver.case(case_id)
    if wanted is False:
        if case.over:
            yield f"the case ended at {case.end}, expected to be running"
    elif not case.over:
        waiting = ", ".join(task.element_id for task in driver.tasks(case_id))
        yield f"the case is still running (open: {waiting or 'none'}), expected the end {wanted}"
    elif wanted is not True and case.end != wanted:
        yield f"the case ended at {case.end}, expected {wanted}"


def _variables(driver: Driver, case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
    actual = driver.variables(case_id)
    for name, value in wanted.items():
        if name not in actual and value is not None:
            yield f"there is no variable {name}"
        elif not _equal(actual.get(name), value):
            yield f"variable {name} is {actual.get(name)!r}, expected {value!r}"


def _holds(driver: Driver, case_id: str, wanted: list[str], _cases: dict[str, str]) -> Iterator[str]:
    actual = driver.variables(case_id)
    for text in wanted:
        if (found := evaluate(text, actual, driver.now())) is not True:
            yield f"`{text}` does not hold, it gives {found!r}"


def _equal(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, datetime) and isinstance(wanted, str):
        return instant(wanted, None) == actual
    if isinstance(actual, date) and isinstance(wanted, str):
        return actual.isoformat() == wanted
    if isinstance(actual, list) and isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(_equal, actual, wanted))
    if isinstance(actual, (int, Decimal)) and isinstance(wanted, (int, Decimal)) and not isinstance(actual, bool):
        return Decimal(actual) == Decimal(wanted)
    return bool(actual == wanted)


def _decision(driver: Driver, case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
    taken = {
        decision["decision"]: decision
        for event in driver.case(case_id).events
        for step in event.get("steps", ())
        if step["s"] == "decided"
        for decision in _with_required(step["d"])
    }
    for key, facts in wanted.items():
        if key not in taken:
            yield f"the decision {key} was not taken"
            continue
        rows = [row["row"] for row in taken[key]["rows"]]
        if "rows" in facts and rows != facts["rows"]:
            yield f"decision {key} fired {rows}, expected {facts['rows']}"
        output = from_json(taken[key]["output"])
        yield from _output(key, output, facts)


def _output(key: str, output: Any, facts: Mapping[str, Any]) -> Iterator[str]:
    """Compares what a decision said; of several outputs only those that are given."""
    if "output" not in facts:
        return
    wanted = facts["output"]
    if isinstance(wanted, Mapping) and isinstance(output, Mapping):
        yield from _compared(f"decision {key}", wanted, output)
    elif not _equal(output, wanted):
        yield f"decision {key} gave {output!r}, expected {wanted!r}"


def _with_required(decision: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields a recorded decision and those that it asked on the way."""
    for required in decision.get("required", ()):
        yield from _with_required(required)
    yield decision


def _started(driver: Driver, case_id: str, wanted: Mapping[str, str], cases: dict[str, str]) -> Iterator[str]:
    started = driver.started_by(case_id)
    for name, process_key in wanted.items():
        found = [instance for key, instance in started if key == process_key and instance not in cases.values()]
        if not found and name not in cases:
            yield f"no {process_key} was started; started are {[key for key, _ in started] or 'none'}"
        elif found:
            cases[name] = found[0]


def _opened(driver: Driver, _case_id: str, wanted: Mapping[str, Any], cases: dict[str, str]) -> Iterator[str]:
    """Cases that nobody in the scenario started: by a timer, a run or an evaluation."""
    for name, facts in wanted.items():
        found = driver.newest(facts["process"], facts.get("customer"))
        if found is None or found in cases.values():
            yield f"no case of {facts['process']} was opened for {facts.get('customer') or 'nobody in particular'}"
        else:
            cases[name] = found


def _incidents(driver: Driver, case_id: str, wanted: int, _cases: dict[str, str]) -> Iterator[str]:
    actual = driver.incidents(case_id)
    if actual != wanted:
        yield f"there are {actual} open incidents, expected {wanted}"


def _seen(view: str) -> Check:
    """Returns the check of a view: for each subject the facts that are given, and only those."""

    def check(driver: Driver, _case_id: str, wanted: Mapping[str, Any], _cases: dict[str, str]) -> Iterator[str]:
        for subject, facts in wanted.items():
            actual = driver.see(view, str(subject))
            if actual is None:
                if facts is not None:
                    yield f"nothing is known of the {view} of {subject}"
                continue
            if facts is None:
                yield f"there is a {view} of {subject}, expected none"
                continue
            yield from _compared(f"{view} of {subject}", facts, actual)

    return check


def _compared(what: str, wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        found = actual.get(name)
        if isinstance(value, Mapping) and isinstance(found, Mapping):
            yield from _compared(f"{what}, {name}", value, found)
        elif name not in actual and value is not None:
            yield f"{what} has no {name}; it has {', '.join(sorted(actual)) or 'nothing'}"
        elif not _equal(found, value):
            yield f"{what}: {name} is {found!r}, expected {value!r}"


def _never(driver: Driver, case_id: str, wanted: list[Mapping[str, Any]], cases: dict[str, str]) -> Iterator[str]:
    """A wrong answer that somebody might give: at least one of its expectations must not hold."""
    for wrong in wanted:
        if not list(differences(driver, case_id, wrong, cases)):
            yield f"{wrong} must not be so, but it is"


Check = Callable[[Driver, str, Any, dict[str, str]], Iterator[str]]

CHECKS: Mapping[str, Check] = {
    "tasks": _tasks,
    "task": _task,
    "deadline": _deadline,
    "escalated": _escalated,
    "warned": _warned,
    "ended": _ended,
    "variables": _variables,
    "holds": _holds,
    "decision": _decision,
    "started": _started,
    "opened": _opened,
    "incidents": _incidents,
    "never": _never,
    **{view: _seen(view) for view in sorted(SEEN)},
}
WITHOUT_CASE = SEEN | {"never", "opened"}
