"""`marque facts` and `marque run`: the numbers for evaluations, and the runs over all customers or departments."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from api.calendar_commands import Opened
from crm import evaluations, facts, scorecards
from engine.context import SYSTEM_ACTOR

LISTED = 50


def facts_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("facts")
    def group() -> None:
        """Numbers of customers, departments and agents, for evaluations."""

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def import_file(file: Path) -> None:
        """Import the facts of a file; what its subjects had in the same period is replaced.

        Example: marque facts import july.yaml
        """
        with opened() as engine:
            brought = engine.run(SYSTEM_ACTOR, facts.import_file, file.read_bytes())
        console.print(f"{brought.facts} fact(s) of {brought.subjects} for {brought.period}", markup=False)

    return group


def run_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("run")
    def group() -> None:
        """Runs over all customers or departments."""

    @group.command("tiers")
    @click.option("--at", help="The instant of the evaluation; the window ends on the day before. Default: now.")
    @click.option("--mode", type=click.Choice(evaluations.MODES), help="Try a mode; nothing is written then.")
    def run_tiers(at: str | None, mode: str | None) -> None:
        """Evaluate the tiers of all customers (P-27); the same --at again goes on where a run was broken off.

        Example: marque run tiers --at "2026-07-01 00:05"
        """
        with opened() as engine:
            instant = None if at is None else datetime.fromisoformat(at)
            if instant is not None and instant.tzinfo is None:
                instant = instant.replace(tzinfo=engine.calendar.zone)
            done = evaluations.run_tiers(engine, SYSTEM_ACTOR, at=instant, mode=mode)
        for one in done.evaluations[:LISTED]:
            flags = (" review" if one.review else "") + (f" from {one.effective_on}" if one.effective_on else "")
            console.print(f"{one.customer_ref}  {one.tier or 'no result'}  {one.change}{flags}", markup=False)
        counts = ", ".join(f"{count} {change}" for change, count in sorted(done.changes.items())) or "no customers"
        trial = " (trial, nothing written)" if done.trial else ""
        console.print(f"{done.window.period}: {counts}; {done.skipped} done before{trial}", markup=False)

    @group.command("scores")
    @click.argument("period")
    def run_scores(period: str) -> None:
        """Score the departments for a finished quarter (P-18); the committee confirms.

        Example: marque run scores 2026Q3
        """
        with opened() as engine:
            found = engine.run(SYSTEM_ACTOR, scorecards.freeze, period)
        for one in found:
            total = "no result" if one.points is None else f"{one.points // 100}.{one.points % 100:02d}"
            console.print(f"{one.rank or '–'}  {one.department}  {total}", markup=False)

    return group
