"""`marque test`: plays scenarios and table cases and prints what did not hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

from api import files
from api.scenarios.coverage import Coverage, DiagramCoverage
from api.scenarios.runner import Result, play
from api.scenarios.script import read_scenario
from api.scenarios.stage import Stage, temporary_stage
from engine import audit
from engine.bpmn.parser import parse
from engine.context import SYSTEM_ACTOR
from engine.dmn.cases import run_folder
from engine.settings import Settings, read_settings


@dataclass(slots=True)
class Report:
    """What was played: scenario results, failed table cases and the coverage of the diagrams."""

    results: list[Result] = field(default_factory=list)
    table_failures: list[str] = field(default_factory=list)
    table_cases: int = 0
    coverage: list[DiagramCoverage] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.table_failures and all(result.passed for result in self.results)


def run_tests(paths: Iterable[Path], console: Console) -> bool:
    """Plays everything under the paths and prints a report; returns whether all held.

    Scenarios run against all that the default folders hold, so that one process may start another; what lies under
    the given paths goes before it.
    """
    settings = read_settings(os.environ)
    report = play_all(tuple(paths), settings, console=console)
    print_report(report, console)
    return report.passed


def play_all(paths: tuple[Path, ...], settings: Settings, *, console: Console | None = None) -> Report:
    """Plays all scenarios and table cases under the paths."""
    report, coverage = Report(), Coverage()
    _run_tables(paths, report)
    scenario_files = [file for file in files.found(paths, (".yaml",)) if file.parent.name == "scenarios"]
    resources = files.deployable(_folders(paths, settings))
    if scenario_files:
        with temporary_stage(settings, resources) as stage:
            for file in track(scenario_files, "scenarios", console=console, disable=console is None, transient=True):
                report.results.append(play_file(file, stage, coverage))
    diagrams = [
        definition
        for name, body in files.deployable(paths).items()
        if name.endswith(".bpmn")
        for definition in parse(body, name=name)
    ]
    report.coverage = coverage.report(diagrams)
    return report


def _folders(paths: tuple[Path, ...], settings: Settings) -> tuple[Path, ...]:
    defaults = tuple(folder for folder in (settings.processes, settings.rules) if folder.is_dir())
    inside = [path for path in paths if not any(path.resolve().is_relative_to(d.resolve()) for d in defaults)]
    return (*inside, *defaults)


def play_file(file: Path, stage: Stage, coverage: Coverage) -> Result:
    """Plays one scenario on a database of its own; the chains must verify at its end."""
    scenario = read_scenario(file)
    with stage.driver(scenario.clock, scenario.people) as driver:
        result = play(scenario, driver)
        verified = driver.engine.read(SYSTEM_ACTOR, audit.verify)
        result.failures += [f"chain {fault.chain_id}: {fault.reason}" for fault in verified.faults]
        coverage.collect(driver.engine)
    return result


def _run_tables(paths: tuple[Path, ...], report: Report) -> None:
    for file in files.found(paths, ("tests.yaml",)):
        for result in run_folder(file.parent):
            report.table_cases += 1
            if not result.passed:
                report.table_failures.append(f"{file.as_posix()}: {result.case.name}: {result.reason}")


def print_report(report: Report, console: Console) -> None:
    """Prints the verdict per scenario, then the flows that none took."""
    for result in report.results:
        mark = "passed" if result.passed else "FAILED"
        console.print(
            f"{mark}  {result.scenario.id}  {result.scenario.title_zh} · {result.scenario.title_en}", markup=False
        )
        for failure in result.failures:
            console.print(f"        {failure}", markup=False)
    for failure in report.table_failures:
        console.print(f"FAILED  {failure}", markup=False)
    for diagram in report.coverage:
        missed = f"; never taken: {', '.join(diagram.missed)}" if diagram.missed else ""
        console.print(
            f"{diagram.key}: {len(diagram.flows & diagram.taken)} of {len(diagram.flows)} sequence flows "
            f"({diagram.share:.0%}){missed}",
            markup=False,
        )
    failed = sum(not result.passed for result in report.results) + len(report.table_failures)
    passed = len(report.results) + report.table_cases - failed
    console.print(f"{passed} passed, {failed} failed")
