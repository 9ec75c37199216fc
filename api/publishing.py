"""`marque deploy`, `diff`, `simulate` and `approve`: how an owner's change comes into force, at the terminal."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api import files
from api.rehearsals import player
from api.times import ZONE, read_instant, write_micros
from engine import comparisons, definitions, deployments, examinations, proposals, simulations, users
from engine.access_matrix import role_codes
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.deployments import Deployment
from engine.differences import Change, counted
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.errors import InvalidRequest
from engine.feel import Environment, FeelError, compile_expression
from engine.logins import Logins
from engine.process_engine import ProcessEngine
from engine.simulations import Question, Report
from engine.values import dump

# Who has the command line has the database: the operator puts first releases into force, and proposes the rest.
OPERATOR = Actor("operator", frozenset({"ADMIN"}))


# ------------------------------------------------------------ deploy


def deploy(engine: ProcessEngine, paths: tuple[Path, ...], *, name: str, controlled: bool) -> Deployment:
    """Deploys what lies under the paths, with the cases and scenarios beside it. In the demonstration the system
    approves; elsewhere a change of a controlled key is a proposal."""
    house = (engine.settings.processes, engine.settings.rules)
    return engine.run(
        SYSTEM_ACTOR if engine.settings.demo else OPERATOR,
        deployments.create,
        name=name,
        resources=files.deployable(paths) | files.companions(paths),
        source="marque",
        changed_only=True,
        controlled=controlled or all(_inside(path, house) for path in paths),
    )


def _inside(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


# ------------------------------------------------------------ diff


def compare(opened: Callable[[], Any], old: str, new: str) -> list[Change]:
    """Compares two files, or versions in the database (`key@3`, `key`), or one with the other."""
    if Path(old).is_file() and Path(new).is_file():
        return comparisons.of_files(Path(old).read_bytes(), Path(new).read_bytes(), names=(old, new))
    with opened() as engine:
        (first, before), (second, after) = (engine.read(SYSTEM_ACTOR, _side, name) for name in (old, new))
    return comparisons.of_files(before, after, names=(first, second))


def _side(ctx: CommandContext, name: str) -> tuple[str, bytes]:
    if Path(name).is_file():
        return name, Path(name).read_bytes()
    deployed = comparisons.named(ctx, name)
    return deployed.resource_name, bytes(definitions.body_of(ctx, deployed.resource_id))


def print_changes(changes: list[Change], console: Console) -> None:
    """Prints each difference in both languages, then how many there are."""
    marks = {"added": "+", "removed": "-", "changed": "~"}
    for change in changes:
        console.print(f"{marks[change.how]} {change.zh}\n    {change.en}", markup=False)
    totals = counted(changes)
    console.print(f"{totals['added']} added, {totals['removed']} removed, {totals['changed']} changed")


# ------------------------------------------------------------ simulate


def simulate(
    engine: ProcessEngine, draft_file: Path, question: Question, *, console: Console, out: Path | None = None
) -> Report:
    """Replays recorded decisions with a draft, a bar running; `out` gets a line per changed case."""
    source = draft_file.read_bytes()
    draft = compile_model(read_dmn(source, name=draft_file.name))
    try:
        with _bar(console) as tell, _lines(out) as write:
            return engine.read(
                SYSTEM_ACTOR, simulations.backtest, draft, question, source=source, progress=tell, on_change=write
            )
    finally:
        draft.close()


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("backtest"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("backtest", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def _lines(out: Path | None) -> Iterator[Callable[[simulations.Change], None] | None]:
    if out is None:
        yield None
        return
    with out.open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file)
        names = ("case_no", "customer_ref", "process_instance_id", "at", "rows_before", "rows_after")
        writer.writerow((*names, "output_before", "output_after"))
        yield lambda change: writer.writerow(_line(change))


def _line(change: simulations.Change) -> tuple[str | None, ...]:
    return (
        change.case_no,
        change.customer_ref,
        change.process_instance_id,
        write_micros(change.at),
        " ".join(change.rows_before),
        " ".join(change.rows_after),
        dump(change.output_before).decode(),
        dump(change.output_after).decode(),
    )


def print_report(report: Report, console: Console) -> None:
    """Prints how many would change, from which row to which, for whom, and what could not be decided."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    say(f"{report.decision_key}: {report.replayed} of {report.total} recorded decisions replayed")
    say(f"  equal {report.equal}, {report.other_row} of them by another row")
    say(f"  changed {report.changed}, failed {report.failed}")
    for (before, after), number in report.moves.most_common(20):
        say(f"  {number:>7}  {_rows(before)} → {_rows(after)}")
    for change in report.examples:
        who = change.customer_ref or "–"
        case = change.case_no or change.process_instance_id or "–"
        outputs = f"{dump(change.output_before).decode()} → {dump(change.output_after).decode()}"
        say(f"  e.g. case {case}, customer {who}: {_rows(change.rows_before)} → {_rows(change.rows_after)}: {outputs}")
    for reason, number in report.errors.most_common(5):
        say(f"  {number:>7}  not decided: {reason}")
    for name, number in report.unrecorded.most_common():
        say(f"  {number:>7}  case(s) have no {name}, which the draft reads: taken as null")


def _rows(rows: tuple[str, ...]) -> str:
    return ", ".join(rows) if rows else "no row"


def given_values(mode: str | None, assignments: Iterable[str]) -> dict[str, Any]:
    """Reads `--mode median` and `--set name=feel`; raises InvalidRequest."""
    given: dict[str, Any] = {} if mode is None else {"mode": mode}
    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign or not name.strip():
            raise InvalidRequest(f"{assignment} is no name=value")
        try:
            given[name.strip()] = compile_expression(text).evaluate({}, Environment(now=datetime.now(UTC)))
        except FeelError as cause:
            raise InvalidRequest(f"{text} is no FEEL: {cause}") from cause
    return given


# ------------------------------------------------------------ approve


def decide(
    engine: ProcessEngine,
    proposal_id: str,
    *,
    user_id: str,
    password: str,
    comment: str | None,
    effective_at: datetime | None,
    reject: bool,
) -> proposals.Proposal:
    """Approves or rejects a proposal as a person, who has to show a password: the operator is not the second one."""
    actor = engine.read(SYSTEM_ACTOR, users.actor_of, Logins(engine).check(user_id, password))
    if reject:
        return engine.run(actor, proposals.reject, proposal_id, comment=comment)
    engine.read(actor, proposals.require_decider, proposal_id)
    dossier = engine.read(actor, examinations.read_dossier, proposal_id)
    settings = engine.settings
    examined = examinations.examine(
        dossier, limits=settings.limits, roles=role_codes(settings.rules), play=player(settings)
    )
    if not examined.passed:
        engine.run(actor, proposals.note_examination, examined)
    return engine.run(
        actor, proposals.approve, proposal_id, examination=examined, comment=comment, effective_at=effective_at
    )


def print_open(engine: ProcessEngine, console: Console) -> None:
    """Prints what waits for a second person."""
    waiting = engine.read(SYSTEM_ACTOR, proposals.find, state=proposals.OPEN)
    for one in waiting:
        keys = ", ".join(key for held in one.brought.values() for key in held)
        console.print(f"{one.id}  {write_micros(one.proposed_at)}  by {one.author}: {keys}", markup=False)
    console.print(f"{len(waiting)} open proposal(s)")


class Moment(click.ParamType[datetime]):
    """A day (its first instant in the house's zone), or an instant with an offset."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return first_instant(date.fromisoformat(value), ZONE)
        except ValueError:
            pass
        try:
            return read_instant(value, name=self.name)
        except InvalidRequest:
            self.fail(f"{value} is neither a date (2026-10-01) nor an instant with an offset", param, ctx)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Returns the beginning of a day as UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
