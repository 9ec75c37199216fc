"""The command `marque`: each subcommand reads settings, opens one engine and calls one function."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from api import checking, publishing, seeding
from api.calendar_commands import calendar_group
from api.composition import build_engine
from api.decision_commands import decide_command
from api.demo import tell
from api.evaluation_commands import facts_group, run_group
from api.logs import configure_logs
from api.search_commands import searches_group
from api.times import ZONE
from api.user_commands import user_group
from crm.handlers import HANDLERS
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import audit, users
from engine.access_matrix import role_codes
from engine.clock import SystemClock
from engine.context import SYSTEM_ACTOR
from engine.database import Database
from engine.errors import InvalidRequest, MarqueError, ParseFailed
from engine.job_executor import JobExecutor
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.passwords import DEMO_PASSWORD
from engine.process_engine import ProcessEngine
from engine.schema import current_heads, known_heads
from engine.schema import migrate as migrate_database
from engine.settings import Settings, read_settings
from engine.simulations import Question
from engine.working_calendar_table import seed_database

console = Console(highlight=False)
PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))


def settings() -> Settings:
    """Returns the settings of the environment."""
    return read_settings(os.environ)


@contextmanager
def opened() -> Iterator[ProcessEngine]:
    """One engine for the length of a command."""
    engine = build_engine(settings())
    try:
        with engine.database.read() as connection:
            if current_heads(connection) != known_heads((ENGINE_VERSIONS, CRM_VERSIONS)):
                raise InvalidRequest("the database has not the schema of this version; run marque migrate")
        yield engine
    finally:
        engine.close()


def seed_calendar(chosen: Settings) -> None:
    """Writes the years that came with this version into the table of working days."""
    database = Database(chosen.database_url)
    seed_database(database, chosen.rules / "calendar", SystemClock().now())
    database.dispose()


class Commands(click.Group):
    """Shows our own errors as one sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ParseFailed as refused:
            for name, found in refused.findings.items():
                for finding in found:
                    click.echo(f"{name}: {finding}\n    {finding.zh}", err=True)
            sys.exit(1)
        except MarqueError as refused:
            click.echo(f"marque: {refused}", err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="marque")
def main() -> None:
    """BPM for the motor trade. Settings come from the environment (MARQUE_DATABASE_URL, …)."""


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema.

    Example: MARQUE_DATABASE_URL=postgresql+psycopg://… marque migrate
    """
    chosen = settings()
    database = Database(chosen.database_url)
    migrate_database(database, (ENGINE_VERSIONS, CRM_VERSIONS))
    database.dispose()
    seed_calendar(chosen)
    if not chosen.demo:
        _warn_of_public_passwords()  # servers that gunicorn starts by itself have this step before them


@main.command()
@PATHS
@click.option("--name", default="marque", help="Name of the deployment; equal files are not deployed twice.")
@click.option("--controlled", is_flag=True, help="Changes of these keys need a second person from now on.")
def deploy(paths: tuple[Path, ...], name: str, controlled: bool) -> None:
    """Deploy diagrams, tables and forms; what did not change keeps its version.

    What the house ships is controlled: its first release is in force at once, a change of it waits for a second
    person (marque approve). In demo mode the system approves.

    Example: marque deploy processes rules
    """
    with opened() as engine:
        made = publishing.deploy(engine, paths, name=name, controlled=controlled)
    for deployed in made.definitions:
        console.print(f"{deployed.kind} {deployed.key} version {deployed.version}")
    console.print(f"{len(made.definitions)} new version(s)")
    if made.proposal_id is not None:
        console.print(f"not in force: proposal {made.proposal_id} waits for a second person, see marque approve")


@main.command()
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """Tell in words what differs between two versions: files, or key@version in the database.

    Example: marque diff dt_10@3 rules/dt_10_complaint_class/dt_10_complaint_class.dmn
    """
    publishing.print_changes(publishing.compare(opened, old, new), console)


@main.group()
def simulate() -> None:
    """Ask what a change would have done, before anybody publishes it."""


@simulate.command("decision")
@click.argument("key")
@click.option("--with", "draft", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", required=True, type=publishing.Moment(), help="The first day or instant of the history.")
@click.option("--until", type=publishing.Moment(), help="The instant before which it ends.")
@click.option("--mode", help="Decide every case with this value of the input `mode`, as in DT-01.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=FEEL", help="Another value for every case.")
@click.option("--as-of", type=publishing.Moment(), help="Rows count as on this day instead of that of each case.")
@click.option("--limit", type=click.IntRange(min=1), help="Replay the newest only.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all changed cases as CSV.")
def simulate_decision(
    key: str,
    draft: Path,
    since: datetime,
    until: datetime | None,
    mode: str | None,
    assignments: tuple[str, ...],
    as_of: datetime | None,
    limit: int | None,
    out: Path | None,
) -> None:
    """Take the recorded decisions of the past again with a draft: who would get something else?

    Example: marque simulate decision dt_01 --since 2025-11-01 --with draft.dmn --mode any
    """
    question = Question(
        key,
        since,
        until=until,
        given=publishing.given_values(mode, assignments),
        as_of=as_of.astimezone(ZONE).date() if as_of else None,
        limit=limit,
    )
    with opened() as engine:
        report = publishing.simulate(engine, draft, question, console=console, out=out)
    publishing.print_report(report, console)


@main.command()
@click.argument("proposal_id", required=False)
@click.option("--user", "user_id", help="Who decides: somebody else than the author, with the right role.")
@click.option("--password", help="Asked for if it is not given.")
@click.option("--comment", help="Kept encrypted, for people write names into comments.")
@click.option(
    "--effective", type=publishing.Moment(), help="The day or instant from which it counts; now if not given."
)
@click.option("--reject", is_flag=True, help="Turn it down.")
def approve(
    proposal_id: str | None,
    user_id: str | None,
    password: str | None,
    comment: str | None,
    effective: datetime | None,
    reject: bool,
) -> None:
    """Approve or reject a proposal as its second person; without an id, list what waits.

    Checks, table cases and scenarios run again first; a red one refuses.

    Example: marque approve 0193… --user opsd --effective 2026-11-01
    """
    with opened() as engine:
        if proposal_id is None:
            publishing.print_open(engine, console)
            return
        user_id = user_id or click.prompt("user")
        decided = publishing.decide(
            engine,
            proposal_id,
            user_id=user_id,
            password=password or click.prompt("password", hide_input=True),
            comment=comment,
            effective_at=effective,
            reject=reject,
        )
    release = f", release {decided.release}" if decided.release else ""
    console.print(f"proposal {decided.id} is {decided.state}{release}", markup=False)


@main.command()
@PATHS
@click.option("--layout", is_flag=True, help="Judge the drawing of the diagrams too.")
def check(paths: tuple[Path, ...], layout: bool) -> None:
    """Check diagrams, tables, forms and what they refer to; exit 1 on an error.

    Example: marque check --layout processes rules
    """
    report = checking.check(paths, layout=layout, roles=role_codes(settings().rules), handled=frozenset(HANDLERS))
    for name, found in report.findings.items():
        for finding in found:
            console.print(f"{name}: {finding}\n    {finding.zh}", markup=False)
    for line in report.notes:
        console.print(line, markup=False)
    if report.runs_on:
        shares = ", ".join(f"{count} on {evaluator}" for evaluator, count in report.runs_on.most_common())
        console.print(f"{report.runs_on.total()} decision table(s): {shares}")
    console.print(f"{report.files} file(s), {report.errors} error(s), {report.warnings} warning(s)")
    sys.exit(1 if report.errors else 0)


@main.command()
@PATHS
def test(paths: tuple[Path, ...]) -> None:
    """Play scenarios and table cases; report which sequence flows were taken.

    Example: marque test processes rules
    """
    from api.testing import run_tests

    sys.exit(0 if run_tests(paths, console) else 1)


@main.command()
def serve() -> None:
    """Serve the API and the web interface; on SQLite with the job executor inside.

    Example: MARQUE_DEMO=1 marque serve
    """
    from api.server import serve as serve_forever

    chosen = settings()
    console.print(f"Marque on http://{chosen.host}:{chosen.port}")
    if chosen.demo:
        console.print(f"demo users front, tech, css, csd, opsd, store, compl, owner, admin …; password {DEMO_PASSWORD}")
    else:
        _warn_of_public_passwords()
    serve_forever(chosen)


def _warn_of_public_passwords() -> None:
    """Outside demo mode the password of the demonstration is good for choosing another: whoever comes first has it."""
    try:
        with opened() as engine:
            found = engine.read(SYSTEM_ACTOR, users.with_public_password)
    except (InvalidRequest, OperationalError):
        return  # /readyz says what is missing; a database that comes up later must find a server
    if found:
        console.print(
            f"[bold]{len(found)} users have the public password of the demonstration[/bold], which whoever comes first "
            "may change: give them another (marque user password) or shut them out (marque user deactivate): "
            + ", ".join(found)
        )


@main.command()
def work() -> None:
    """Run jobs (timers, deadlines, deliveries) on PostgreSQL; start as many as you like.

    Example: MARQUE_DATABASE_URL=postgresql+psycopg://… marque work
    """
    chosen = settings()
    if chosen.is_sqlite:
        raise click.UsageError("on SQLite the server runs the jobs itself; `marque work` is for PostgreSQL")
    configure_logs(chosen.log)
    seed_calendar(chosen)
    engine = build_engine(chosen)
    executor = JobExecutor(engine)
    executor.run_until_signalled()
    engine.close()


@main.command()
def seed() -> None:
    """Load the demo users and, into an empty database, a few cases to look at.

    Example: MARQUE_DEMO=1 marque seed
    """
    with opened() as engine:
        console.print(seeding.seed(engine))


@main.group("audit")
def audit_group() -> None:
    """Prove that nothing was changed."""


@audit_group.command("verify")
@click.argument("instance_id", required=False)
def verify(instance_id: str | None) -> None:
    """Verify the chain of one instance, or all; exit 1 if anything is wrong.

    Example: marque audit verify
    """
    with opened() as engine:
        result = engine.read(SYSTEM_ACTOR, audit.verify, instance_id)
    for fault in result.faults:
        console.print(f"{fault.chain_id} event {fault.seq or '–'}: {fault.reason}", markup=False)
    verdict = "intact" if result.intact else f"{len(result.faults)} fault(s)"
    console.print(f"{result.chains} chain(s), {result.events} event(s): {verdict}")
    console.print("not visible without a seal outside: " + "; ".join(result.blind_spots))
    sys.exit(0 if result.intact else 1)


@audit_group.command("export")
@click.argument("instance_id")
def export(instance_id: str) -> None:
    """Write the chained events of an instance to standard output, one JSON object per line, exactly as stored.

    Example: marque audit export 0193… > case.jsonl
    """
    with opened() as engine:
        for body in engine.read(SYSTEM_ACTOR, audit.bodies, instance_id):
            click.echo(body.decode())


@main.command()
def demo() -> None:
    """Play one complaint from receipt to archive in seconds of virtual time.

    Example: marque demo
    """
    sys.exit(0 if tell(console) else 1)


for _group in (calendar_group, facts_group, run_group, searches_group, user_group):
    main.add_command(_group(opened, console))
main.add_command(decide_command(opened, console))


def overview(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    """Returns a table for the terminal."""
    table = Table(title=title)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    return table
