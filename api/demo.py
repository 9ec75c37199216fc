"""`marque demo`: one complaint from receipt to archive, told step by step, in seconds of virtual time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api import files
from api.scenarios.driver import Driver
from api.scenarios.expectations import shown
from api.scenarios.runner import Result, play
from api.scenarios.script import Step, read_scenario
from api.scenarios.stage import temporary_stage
from engine import audit
from engine.clock import from_micros
from engine.context import SYSTEM_ACTOR
from engine.settings import read_settings

STORY = Path("complaint/scenarios/s-03.yaml")
TOLD = {
    "deadline.opened": "opened",
    "deadline.warned": "warning",
    "deadline.escalated": "ESCALATED",
    "deadline.redated": "moved",
    "deadline.stopped": "stopped",
}


class Narrator:
    """Prints after each step what happened since the last: deadlines, escalations and the open tasks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0

    def __call__(self, step: Step, driver: Driver, result: Result) -> None:
        if step.verb == "expect" or step.case not in result.cases:
            return
        case_id = result.cases[step.case]
        refused = f" → refused ({step.refused})" if step.refused else ""
        self._console.print(f"\n[bold]{shown(driver.now())}[/bold]  {step.title.split(': ', 1)[1]}{refused}")
        events = driver.case(case_id).events
        for event in events[self._told :]:
            for entry in event.get("deadlines", ()):
                self._deadline(event, entry)
        self._told = len(events)
        for task in driver.tasks(case_id):
            who = task.assignee or ", ".join(task.candidates + task.escalated)
            self._console.print(f"    open  {task.element_id:<22} due {shown(task.due):<17} {who}")

    def _deadline(self, event: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        due = f"due {shown(from_micros(entry['due']))}" if entry.get("due") else ""
        more = f"→ {', '.join(entry['to'])}" if entry.get("to") else entry.get("state", "")
        at = shown(from_micros(event["at"]))
        self._console.print(f"    {at}  deadline {entry['code']:<16} {TOLD.get(entry['e'], entry['e'])} {due} {more}")


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
        result = play(scenario, driver, after_step=Narrator(console))
        verified = driver.engine.read(SYSTEM_ACTOR, audit.verify)
        _epilogue(console, driver, result, verified)
        return result.passed and verified.intact


def _epilogue(console: Console, driver: Driver, result: Result, verified: audit.Verification) -> None:
    table = Table(title="Deadlines")
    for column in ("code", "due", "stopped", "state"):
        table.add_column(column)
    for case_id in list(result.cases.values())[:1]:
        for deadline in driver.deadlines(case_id):
            table.add_row(deadline.code, shown(deadline.due), shown(deadline.stopped), deadline.state)
        console.print(table)
        console.print(f"ended at [bold]{driver.case(case_id).end}[/bold]")
    verdict = "verified" if verified.intact else "BROKEN"
    console.print(f"{verified.chains} chains with {verified.events} events: {verdict}")
    for failure in result.failures:
        console.print(f"not as told: {failure}", markup=False)
