"""The calendar in force: seeded, loaded while everything runs, seen by all processes, and what waits for a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update

from api.composition import build_engine
from engine import audit, calendars, incidents, models, working_calendar_cache
from engine.clock import VirtualClock, from_micros, to_micros
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import ExecutionFailed, Forbidden, ParseFailed
from engine.job_executor import advance, run_due
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from engine.values import load
from engine.working_calendar import YearNotLoaded
from engine.working_calendar_table import WATCH, seed, seed_database
from tests.conftest import Deploy
from tests.engine.commands import open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task
from tests.engine.test_deadlines import limits, open_limits

SHANGHAI = ZoneInfo("Asia/Shanghai")
ADMIN = Actor("admin", frozenset({"ADMIN"}))
CSS = Actor("css", frozenset({"CSS"}))

Y2027 = """
year: 2027
source: a notice for tests
provisional: false
days:
  - {from: 2027-01-01, to: 2027-01-03, kind: holiday}
  - {from: 2027-01-09, to: 2027-01-09, kind: makeup}
"""
PROVISIONAL_2027 = Y2027.replace("provisional: false", "provisional: true")
WITHOUT_MAKEUP_2027 = "\n".join(line for line in PROVISIONAL_2027.splitlines() if "makeup" not in line)

ANSWER = diagram(
    '<startEvent id="begin"/>'
    + open_limits("limit")
    + user_task("answer")
    + '<endEvent id="done"/>'
    + flows("begin>limit", "limit>answer", "answer>done")
)
FIVE_DAYS = limits(
    code='"answer"',
    limit="5",
    unit='"working_days"',
    stop_element='"answer"',
    stop_on='"completed"',
    stop_time="null",
    warn_at="[50]",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("2026-12-30 10:00"))


@pytest.fixture
def case_id(engine: ProcessEngine, deploy: Deploy) -> str:
    """A case that was received on the last but one day of the last loaded year."""
    deploy(case__bpmn=ANSWER, limits__dmn=FIVE_DAYS)
    return start(engine, arrived_at=at("2026-12-30 09:30")).id


def deadline(engine: ProcessEngine, case_id: str) -> Any:
    table = models.deadline
    with engine.database.read() as connection:
        return connection.execute(select(table).where(table.c.root_id == case_id)).one()


def task(engine: ProcessEngine, case_id: str) -> Any:
    table = models.user_task
    with engine.database.read() as connection:
        return connection.execute(select(table).where(table.c.root_id == case_id)).one()


def missing(engine: ProcessEngine, case_id: str | None = None) -> list[Any]:
    found = engine.read(SYSTEM_ACTOR, incidents.open_of, case_id)
    return [one for one in found if one.type == "calendarMissing"]


def events(engine: ProcessEngine, case_id: str, kind: str) -> list[dict[str, Any]]:
    table = models.history_event
    with engine.database.read() as connection:
        rows = connection.execute(select(table.c.body).where(table.c.chain_id == case_id).order_by(table.c.seq)).all()
    return [entry for row in rows for entry in load(row.body).get("deadlines", ()) if entry["e"] == kind]


def load_2027(engine: ProcessEngine, body: str = Y2027) -> calendars.LoadedYear:
    return engine.run(ADMIN, calendars.load, body.encode(), name="2027.yaml")


# ------------------------------------------------------------ the table


def test_the_table_is_seeded_from_the_files_and_from_the_published_list(engine: ProcessEngine) -> None:
    written = seed_database(engine.database, engine.settings.rules / "calendar", engine.clock.now())

    years = {one.year: one for one in engine.read(SYSTEM_ACTOR, calendars.years)}

    assert written == list(range(2004, 2027)) == sorted(years)
    assert "国务院" in years[2026].said.source
    assert "chinesecalendar" in years[2024].said.source
    assert not any(one.said.provisional for one in years.values())
    assert (date(2026, 10, 10), "makeup") in years[2026].listed
    assert engine.calendar.is_working(date(2020, 1, 19))  # the make-up Sunday before Spring Festival 2020


def test_a_year_that_is_not_over_is_provisional_without_its_notice(engine: ProcessEngine, tmp_path: Path) -> None:
    with engine.database.write() as connection:
        seed(connection, tmp_path / "nowhere", at("2025-06-01 00:00"))

    years = {one.year: one for one in engine.read(SYSTEM_ACTOR, calendars.years)}

    assert {year for year, one in years.items() if one.said.provisional} == {2025, 2026}


def test_seeding_again_writes_nothing_and_never_over_what_an_administrator_loaded(engine: ProcessEngine) -> None:
    folder, now = engine.settings.rules / "calendar", engine.clock.now()
    seed_database(engine.database, folder, now)
    own = (folder / "2026.yaml").read_bytes().replace(b"# DT-16", b"# DT-16 as checked by the administrator")
    engine.run(ADMIN, calendars.load, own)

    assert seed_database(engine.database, folder, now) == []
    assert engine.read(SYSTEM_ACTOR, calendars.get, 2026).said.by == "admin"


def test_only_whom_the_access_matrix_names_loads_a_year(engine: ProcessEngine) -> None:
    with pytest.raises(Forbidden):
        engine.run(CSS, calendars.load, Y2027.encode())

    with pytest.raises(YearNotLoaded):
        engine.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")


@pytest.mark.parametrize(
    "body",
    ["year: 2027", "year: 1066\ndays: []", "[", "year: true\ndays: []", "year: 2027\ndays: [{kind: holiday}]"],
)
def test_a_file_that_is_no_calendar_changes_nothing(engine: ProcessEngine, body: str) -> None:
    with pytest.raises(ParseFailed):
        engine.run(ADMIN, calendars.load, body.encode())

    assert engine.read(SYSTEM_ACTOR, calendars.years) == []


def test_loading_is_written_to_the_chain_of_administration_with_what_changed(engine: ProcessEngine) -> None:
    load_2027(engine, WITHOUT_MAKEUP_2027)
    load_2027(engine)

    table = models.history_event
    with engine.database.read() as connection:
        query = select(table.c.body).where(table.c.kind == "calendar.loaded").order_by(table.c.seq)
        first, second = (load(row.body) for row in connection.execute(query))

    assert (first["actor"], first["provisional"], first["changed"]) == ("admin", True, None)
    assert second["changed"] == [{"date": "2027-01-09", "was": "weekend", "is": "makeup"}]
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


# ------------------------------------------------------------ in force everywhere


@pytest.fixture
def second(settings: Settings, clock: VirtualClock, engine: ProcessEngine) -> Iterator[ProcessEngine]:
    """Another process on the same database."""
    built = build_engine(settings, clock)
    yield built
    built.close()


def test_a_year_that_one_process_loads_is_known_to_another_without_a_restart(
    engine: ProcessEngine, second: ProcessEngine
) -> None:
    with pytest.raises(YearNotLoaded):
        second.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")

    load_2027(engine)

    due = second.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")
    assert due.due_at == at("2027-01-04 18:00")


def test_a_correction_of_a_loaded_year_reaches_another_process_within_seconds(
    engine: ProcessEngine, second: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_2027(engine, WITHOUT_MAKEUP_2027)
    friday = at("2027-01-08 10:00")
    assert second.read(CSS, calendars.due, friday, 1, "working_days").due_at == at("2027-01-11 18:00")

    load_2027(engine)
    monkeypatch.setattr(working_calendar_cache, "STALE_SECONDS", 0.0)  # as if those seconds had gone by

    assert second.read(CSS, calendars.due, friday, 1, "working_days").due_at == at("2027-01-09 18:00")


def test_a_load_that_is_rolled_back_is_in_force_nowhere(engine: ProcessEngine) -> None:
    def load_and_fail(ctx: Any) -> None:
        calendars.load(ctx, Y2027.encode())
        raise ExecutionFailed("the power went")

    with pytest.raises(ExecutionFailed):
        engine.run(ADMIN, load_and_fail)

    with pytest.raises(YearNotLoaded):
        engine.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")
    load_2027(engine)
    assert engine.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")


def test_transactions_in_a_row_read_no_calendar_row(engine: ProcessEngine) -> None:
    load_2027(engine)
    statements: list[str] = []
    engine.read(CSS, calendars.missing_year)
    event.listen(engine.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    for _ in range(50):
        engine.read(CSS, lambda ctx: ctx.engine.calendar.is_working(date(2027, 1, 9)))

    assert [one for one in statements if "working_day" in one or "property" in one] == []


def test_a_trace_says_that_it_counted_on_a_provisional_year(engine: ProcessEngine) -> None:
    load_2027(engine, PROVISIONAL_2027)

    across = engine.read(CSS, calendars.due, at("2026-12-31 10:00"), 1, "working_days")
    within = engine.read(CSS, calendars.due, at("2026-12-29 10:00"), 1, "working_days")

    assert across.trace["provisional"] == [2027]
    assert "provisional" not in within.trace


# ------------------------------------------------------------ deadlines that wait for a year


def test_a_deadline_that_reaches_a_missing_year_has_no_due_instant_but_an_incident(
    engine: ProcessEngine, case_id: str
) -> None:
    blocked = deadline(engine, case_id)

    assert (blocked.due_at, blocked.next_at, blocked.state) == (None, None, "open")
    assert load(blocked.trace)[-1]["year"] == 2027
    (incident,) = missing(engine, case_id)
    assert "2027" in incident.message
    assert "rules/calendar/2027.yaml" in incident.message


def test_a_case_has_one_incident_for_a_year_however_many_deadlines_wait_for_it(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    twice = diagram(
        '<startEvent id="begin"/>'
        + open_limits("limit")
        + user_task("answer")
        + open_limits("again")
        + user_task("more")
        + '<endEvent id="done"/>'
        + flows("begin>limit", "limit>again", "again>answer", "answer>more", "more>done")
    )
    deploy(case__bpmn=twice, limits__dmn=FIVE_DAYS)
    one, other = (start(engine, arrived_at=at("2026-12-30 09:30")).id for _ in range(2))

    assert [len(missing(engine, case)) for case in (one, other)] == [1, 1]


def test_loading_the_year_dates_the_deadline_and_its_task_and_closes_the_incident(
    engine: ProcessEngine, case_id: str
) -> None:
    load_2027(engine)
    run_due(engine)

    # Counted: Thu 12-31, Mon 01-04 … Thu 01-07; New Year 01-01 … 01-03 is skipped.
    dated = deadline(engine, case_id)
    assert from_micros(dated.due_at) == at("2027-01-07 18:00")
    assert task(engine, case_id).due_at == dated.due_at
    assert [("blocked" in entry) for entry in load(dated.trace)] == [True, False]
    assert missing(engine) == []
    (moved,) = events(engine, case_id, "deadline.redated")
    assert (moved["was"], moved["due"]) == (None, dated.due_at)
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_a_deadline_that_was_dated_warns_and_escalates_as_any_other(
    engine: ProcessEngine, clock: VirtualClock, case_id: str
) -> None:
    load_2027(engine)
    advance(engine, clock, at("2027-01-08 00:00"))

    assert deadline(engine, case_id).state == "breached_open"
    (escalated,) = events(engine, case_id, "deadline.escalated")
    assert escalated["fired_late_by"] == 0
    assert len(events(engine, case_id, "deadline.warned")) == 1


def test_what_fell_due_before_the_year_was_loaded_is_a_breach_at_once(
    engine: ProcessEngine, clock: VirtualClock, case_id: str
) -> None:
    advance(engine, clock, at("2027-01-20 09:00"))
    load_2027(engine)
    run_due(engine)

    breached = deadline(engine, case_id)
    assert (breached.state, from_micros(breached.breached_at)) == ("breached_open", at("2027-01-07 18:00"))
    (escalated,) = events(engine, case_id, "deadline.escalated")
    late = at("2027-01-20 09:00") - at("2027-01-07 18:00")
    assert escalated["fired_late_by"] == late // timedelta(microseconds=1)
    table = models.task_candidate
    with engine.database.read() as connection:
        task_id = open_tasks(engine, case_id)["answer"]
        kinds = connection.execute(select(table.c.kind, table.c.name).where(table.c.task_id == task_id)).all()
    assert ("escalation", "OPS") in [tuple(row) for row in kinds]


def test_an_official_year_dates_again_what_was_counted_on_a_provisional_one(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    load_2027(engine, WITHOUT_MAKEUP_2027)
    deploy(case__bpmn=ANSWER, limits__dmn=FIVE_DAYS)
    case_id = start(engine, arrived_at=at("2027-01-05 09:30")).id
    assert from_micros(deadline(engine, case_id).due_at) == at("2027-01-12 18:00")

    load_2027(engine)
    run_due(engine)

    assert from_micros(deadline(engine, case_id).due_at) == at("2027-01-11 18:00")
    load_2027(engine, WITHOUT_MAKEUP_2027)
    run_due(engine)
    assert from_micros(deadline(engine, case_id).due_at) == at("2027-01-11 18:00")  # it was official when computed


def test_another_process_that_dates_the_deadline_knows_the_year(
    engine: ProcessEngine, second: ProcessEngine, case_id: str
) -> None:
    load_2027(engine)

    run_due(second)

    assert from_micros(deadline(engine, case_id).due_at) == at("2027-01-07 18:00")


def test_a_job_that_failed_for_want_of_the_year_is_tried_again(engine: ProcessEngine) -> None:
    seed_database(engine.database, engine.settings.rules / "calendar", engine.clock.now())
    with engine.database.write() as connection:
        failed = {"retries": 0, "error": str(YearNotLoaded(2027)), "due_at": 1}
        connection.execute(update(models.job).where(models.job.c.id == WATCH).values(**failed))

    load_2027(engine)

    with engine.database.read() as connection:
        assert connection.execute(select(models.job.c.retries)).scalar_one() == 3


# ------------------------------------------------------------ looking ahead


@pytest.mark.parametrize(("loaded", "alerts"), [(False, 1), (True, 0)])
def test_from_the_first_of_november_on_a_missing_next_year_is_an_incident_once(
    settings: Settings, loaded: bool, alerts: int
) -> None:
    clock = VirtualClock(at("2026-10-31 12:00"))
    engine = build_engine(replace(settings, key_file=settings.key_file.with_name("other.key")), clock)
    seed_database(engine.database, settings.rules / "calendar", clock.now())
    if loaded:
        load_2027(engine)

    advance(engine, clock, at("2026-10-31 23:59"))
    assert missing(engine) == []
    advance(engine, clock, at("2026-12-24 12:00"))

    assert len(missing(engine)) == alerts
    load_2027(engine)
    assert missing(engine) == []
    with engine.database.read() as connection:
        planned = connection.execute(select(models.job.c.due_at).where(models.job.c.id == WATCH)).scalar_one()
    assert planned == to_micros(datetime(2027, 10, 31, 16, tzinfo=UTC))
    engine.close()
