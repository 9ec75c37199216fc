"""Plays a scenario step by step and says in sentences what was not as expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.scenarios.driver import Driver
from api.scenarios.expectations import WITHOUT_CASE, differences, shown
from api.scenarios.formulas import has_formulas, with_formulas
from api.scenarios.script import Scenario, ScenarioInvalid, Step, instant
from api.scenarios.uploads import with_uploads
from engine.errors import Conflict, Forbidden, FormInvalid, InvalidRequest, MarqueError, NotCorrelated


@dataclass(slots=True)
class Result:
    """What came of a scenario: no failures means that all held. `cases` maps names to instance ids."""

    scenario: Scenario
    failures: list[str] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.failures


class StepFailed(Exception):
    """A step could not be done; later steps would only confuse."""


class TaskAbsent(MarqueError):
    """The flow offers no such task now, so nobody can do it."""


REFUSALS: Mapping[str, type[MarqueError]] = {
    "role": Forbidden,
    "form": FormInvalid,
    "held": Conflict,
    "done": Conflict,
    "message": NotCorrelated,
    "absent": TaskAbsent,
    "early": Conflict,
    "invalid": InvalidRequest,
}


Observer = Callable[[Step, Driver, Result], None]


def play(scenario: Scenario, driver: Driver, *, after_step: Observer | None = None) -> Result:
    """Plays all steps; stops at the first step that cannot be done, but reports every unmet expectation."""
    result = Result(scenario)
    for step in scenario.steps:
        try:
            _play(step, driver, result)
        except StepFailed as failed:
            result.failures.append(f"{step.title} at {shown(driver.now())}: {failed}")
            break
        if after_step is not None:
            after_step(step, driver, result)
    return result


def _play(step: Step, driver: Driver, result: Result) -> None:
    if step.at is not None:
        _let_time_pass(step, driver)
    if step.verb == "expect":
        # What runs and the register say needs no case.
        case_id = "" if step.subject.keys() <= WITHOUT_CASE else _case(step, result)
        for sentence in differences(driver, case_id, step.subject, result.cases):
            result.failures.append(f"{step.title} at {shown(driver.now())}: {sentence}")
    elif step.verb:
        _act(step, driver, result)


def _let_time_pass(step: Step, driver: Driver) -> None:
    target = instant(str(step.at), driver.now())
    if target < driver.now():
        raise StepFailed(f"it is {shown(driver.now())} already; time does not run back to {step.at}")
    driver.advance(target)


def _act(step: Step, driver: Driver, result: Result) -> None:
    if step.by is None:
        raise StepFailed("`by` is missing: who does it?")
    action = ACTIONS[step.verb]
    try:
        action(step, driver, result)
    except MarqueError as refused:
        _judge_refusal(step, refused)
        return
    if step.refused:
        raise StepFailed(f"it was accepted, expected to be refused ({step.refused})")


def _judge_refusal(step: Step, refused: MarqueError) -> None:
    if isinstance(refused, ScenarioInvalid) or not step.refused:
        raise StepFailed(f"it was refused: {refused}")
    if not isinstance(refused, REFUSALS[step.refused]):
        raise StepFailed(f"it was refused otherwise than expected ({step.refused}): {refused}")
    if isinstance(refused, FormInvalid):
        complained = {error.field for error in refused.errors}
        missing = set(step.fields) - complained
        if missing:
            raise StepFailed(f"the form did not complain about {sorted(missing)}, but about {sorted(complained)}")


def _case(step: Step, result: Result) -> str:
    if step.case not in result.cases:
        raise StepFailed(f"there is no case {step.case} yet")
    return result.cases[step.case]


def _task_id(step: Step, driver: Driver, result: Result) -> str:
    case_id = _case(step, result)
    matching = [task for task in driver.tasks(case_id) if task.element_id == step.subject]
    if matching:
        return matching[0].id
    if step.refused == "absent":
        raise TaskAbsent(f"there is no open task {step.subject}")
    if step.refused and (closed := driver.closed_task(case_id, step.subject)) is not None:
        return closed
    is_open = ", ".join(task.element_id for task in driver.tasks(case_id))
    raise StepFailed(f"there is no open task {step.subject}; open are {is_open or 'none'}")


def _filled(step: Step, driver: Driver, result: Result, task_id: str | None = None) -> Mapping[str, Any]:
    """Returns the fields of the step, its formulas computed and its files uploaded."""
    case_id, by = _case(step, result), step.by or ""
    fields: Mapping[str, Any] = step.values
    if has_formulas(fields):
        fields = with_formulas(fields, driver.variables(case_id, task_id), driver.now())
    filled: Mapping[str, Any] = with_uploads(fields, lambda body: driver.upload(case_id, by, body))
    return filled


def _message(step: Step, driver: Driver, result: Result) -> None:
    """A message starts the case if it is not there yet, otherwise it goes to the case."""
    business_key = step.business_key
    if business_key is None and step.case in result.cases:
        business_key = str(driver.variables(result.cases[step.case]).get("case_no"))
    values = _filled(step, driver, result) if step.case in result.cases else step.values
    instance_id = driver.message(step.subject, step.by or "", values, business_key)
    if instance_id is not None:
        result.cases.setdefault(step.case, instance_id)


def _start(step: Step, driver: Driver, result: Result) -> None:
    result.cases[step.case] = driver.start(step.subject, step.by or "", step.values, step.business_key)


def _complete(step: Step, driver: Driver, result: Result) -> None:
    task_id = _task_id(step, driver, result)
    driver.complete(task_id, step.by or "", _filled(step, driver, result, task_id))


def _attempt(step: Step, driver: Driver, result: Result) -> None:
    task_id = _task_id(step, driver, result)
    driver.attempt(task_id, step.by or "", _filled(step, driver, result, task_id))


def _claim(step: Step, driver: Driver, result: Result) -> None:
    driver.claim(_task_id(step, driver, result), step.by or "")


def _unclaim(step: Step, driver: Driver, result: Result) -> None:
    driver.unclaim(_task_id(step, driver, result), step.by or "")


def _cancel(step: Step, driver: Driver, result: Result) -> None:
    driver.cancel(_case(step, result), step.by or "", step.subject)


def _run(step: Step, driver: Driver, result: Result) -> None:
    driver.run(step.subject, step.by or "", step.values)


ACTIONS: Mapping[str, Callable[[Step, Driver, Result], None]] = {
    "message": _message,
    "start": _start,
    "complete": _complete,
    "attempt": _attempt,
    "claim": _claim,
    "unclaim": _unclaim,
    "cancel": _cancel,
    "run": _run,
}
