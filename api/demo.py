"""`marque demo`: one complaint from receipt to archive, told step by step, in seconds of virtual time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api import files
from api.scenarios.driver import DeadlineView, Driver
from api.scenarios.expectations import shown
from api.scenarios.runner import Result, play
from api.scenarios.script import Scenario, Step, read_scenario
from api.scenarios.stage import temporary_stage
from engine import audit
from engine.bpmn.parser import parse
from engine.clock import from_micros, to_micros
from engine.context import SYSTEM_ACTOR
from engine.settings import read_settings

STORY = Path("complaint/scenarios/s-03.yaml")
DEEDS = {"message": "sends", "complete": "completes", "attempt": "tries", "claim": "claims", "unclaim": "gives back"}


class Narrator:
    """Prints what happened between two steps and what each step brought about. `names` are those of the diagram."""

    def __init__(self, console: Console, scenario: Scenario, names: Mapping[str, str]) -> None:
        self._console = console
        self._people = scenario.people
        self._names = names
        self._told = 0

    def __call__(self, step: Step, driver: Driver, result: Result) -> None:
        if step.verb == "expect" or step.case not in result.cases:
            return
        case_id = result.cases[step.case]
        events = driver.case(case_id).events[self._told :]
        self._told += len(events)
        now = to_micros(driver.now())
        for event in events:
            if event["at"] < now:
                self._meanwhile(event)
        self._say(f"\n[bold]{shown(driver.now())}  {self._deed(step)}[/bold]")
        for event in events:
            if event["at"] == now:
                for line in self._results(event):
                    self._say(line)
        for task in driver.tasks(case_id):
            who = task.assignee or ", ".join((*task.candidates, *task.escalated))
            due = f"  due {shown(task.due)}" if task.due else ""
            self._say(f"    next      {self._name(task.element_id)}  [dim]{who}{due}[/dim]")

    def _deed(self, step: Step) -> str:
        roles = ", ".join(self._people.get(step.by or "", ()))
        refused = f"  [red]refused ({step.refused})[/red]" if step.refused else ""
        return f"{step.by} ({roles}) {DEEDS.get(step.verb, step.verb)} {self._name(str(step.subject))}{refused}"

    def _name(self, element_id: str) -> str:
        return self._names.get(element_id, element_id)

    def _meanwhile(self, event: Mapping[str, Any]) -> None:
        at = shown(from_micros(event["at"]))
        for entry in event.get("deadlines", ()):
            if entry["e"] == "deadline.warned":
                self._say(f"[yellow]{at}  reminder: {entry['code']} is due {_instant(entry['due'])}[/yellow]")
            elif entry["e"] == "deadline.escalated":
                self._say(f"[red]{at}  {entry['code']} was due: escalated to {', '.join(entry['to'])}[/red]")

    def _results(self, event: Mapping[str, Any]) -> Iterator[str]:
        for step in event.get("steps", ()):
            if step["s"] == "decided":
                yield f"    decision  {step['d']['decision']}: {_rows(step['d'])}"
        for entry in event.get("deadlines", ()):
            if entry["e"] == "deadline.opened":
                yield f"    limit     {entry['code']}: due {_instant(entry['due'])}"
            elif entry["e"] == "deadline.redated":
                yield f"    limit     {entry['code']}: moved to {_instant(entry['due'])}"
            elif entry["e"] == "deadline.stopped":
                yield f"    limit     {entry['code']}: [bold]{entry['state']}[/bold]"
            elif entry["e"] == "deadline.attempt":
                message = ", a message left" if entry["message"] else ""
                yield f"    limit     {entry['code']}: {entry['attempts']} failed attempt(s){message}"

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)


def _instant(micros: int | None) -> str:
    return shown(None if micros is None else from_micros(micros))


def _rows(decision: Mapping[str, Any]) -> str:
    """Returns which rows fired and the clauses behind them."""
    return ", ".join(f"{row['row']} ({row['clause']})" if row["clause"] else row["row"] for row in decision["rows"])


def tell(console: Console) -> bool:
    """Plays the story on a fresh database of its own and verifies its chain at the end."""
    settings = read_settings(os.environ)
    scenario = read_scenario(settings.processes / STORY)
    console.print(f"[bold]{scenario.title_zh} · {scenario.title_en}[/bold]")
    resources = files.deployable((settings.processes, settings.rules))
    with (
        temporary_stage(settings, resources) as stage,
        stage.driver(scenario.clock, scenario.people) as driver,
    ):
        narrator = Narrator(console, scenario, _element_names(settings.processes / STORY.parts[0]))
        result = play(scenario, driver, after_step=narrator)
        verified = driver.engine.read(SYSTEM_ACTOR, audit.verify)
        _epilogue(console, driver, result, verified)
        return result.passed and verified.intact


def _element_names(folder: Path) -> dict[str, str]:
    """Returns `中文 · English` of every element of the diagrams in a folder."""
    return {
        element.id: " · ".join(filter(None, (element.name, element.name_en)))
        for file in folder.glob("*.bpmn")
        for definition in parse(file.read_bytes(), name=file.name)
        for element in definition.elements.values()
        if element.name
    }


def _epilogue(console: Console, driver: Driver, result: Result, verified: audit.Verification) -> None:
    table = Table(title="Limits")
    for column in ("code", "due", "stopped", "state", "late by"):
        table.add_column(column)
    for case_id in list(result.cases.values())[:1]:
        for deadline in driver.deadlines(case_id):
            table.add_row(
                deadline.code, shown(deadline.due), shown(deadline.stopped), deadline.state, _lateness(deadline)
            )
        console.print()
        console.print(table)
        console.print(f"ended at [bold]{driver.case(case_id).end}[/bold]")
    verdict = "verified" if verified.intact else "BROKEN"
    console.print(f"{verified.chains} chains with {verified.events} events: {verdict}")
    for failure in result.failures:
        console.print(f"not as told: {failure}", markup=False)


def _lateness(deadline: DeadlineView) -> str:
    if deadline.due is None or deadline.stopped is None or deadline.stopped <= deadline.due:
        return ""
    return str(deadline.stopped - deadline.due)
