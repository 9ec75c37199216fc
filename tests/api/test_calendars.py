"""/api/calendars and `marque calendar`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from engine.process_engine import ProcessEngine
from engine.working_calendar_table import seed_database
from tests.api.desk import Person
from tests.engine.test_calendars import Y2027

YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(autouse=True)
def seeded(engine: ProcessEngine) -> None:
    seed_database(engine.database, engine.settings.rules / "calendar", engine.clock.now())


def test_everybody_sees_the_loaded_years_and_their_sources(csr: Person) -> None:
    answer = csr.get("/api/calendars")

    assert answer.status_code == 200
    assert [one["year"] for one in answer.json["years"]] == list(range(2004, 2027))
    assert answer.json["years"][-1]["workingDays"] == 248
    assert answer.json["missingYear"] is None


def test_one_year_names_its_holidays_and_make_up_days(csr: Person) -> None:
    days = {day["date"]: day["kind"] for day in csr.get("/api/calendars/2026").json["days"]}

    assert days["2026-10-10"] == "makeup"
    assert days["2026-10-01"] == "holiday"
    assert csr.get("/api/calendars/2099").status_code == 404
    assert csr.get("/api/calendars/soon").status_code == 400


def test_a_due_instant_comes_with_the_days_that_were_counted(csr: Person) -> None:
    answer = csr.get("/api/calendars/due?anchor=2026-09-29T16:20:00.000%2B0800&limit=5&unit=working_days")

    assert answer.json["due_at"] == "2026-10-12T18:00:00+08:00"
    assert [day["why"] for day in answer.json["counted"]] == ["working", "working", "working", "makeup", "working"]


@pytest.mark.parametrize(
    "query",
    ["limit=5&unit=hours", "anchor=now&limit=5&unit=hours", "anchor=2026-09-29T16:20:00Z&limit=5&unit=weeks"],
)
def test_a_question_that_makes_no_sense_is_refused(csr: Person, query: str) -> None:
    assert csr.get(f"/api/calendars/due?{query}").status_code == 400


def test_an_administrator_loads_a_year_and_an_agent_may_not(someone: Callable[[str], Person]) -> None:
    csr, admin = someone("csr"), someone("admin")

    assert csr.post("/api/calendars", Y2027.encode(), headers=YAML).status_code == 403
    loaded = admin.post("/api/calendars", Y2027.encode(), headers=YAML)

    assert loaded.status_code == 201
    assert (loaded.json["year"], loaded.json["loadedBy"], loaded.json["provisional"]) == (2027, "admin", False)
    assert csr.get("/api/calendars/2027").json["workingDays"] == loaded.json["workingDays"]


def test_a_year_may_come_as_json(admin: Person) -> None:
    day = {"from": "2027-01-01", "to": "2027-01-01", "kind": "holiday"}
    loaded = admin.post("/api/calendars", {"year": 2027, "source": "notice", "provisional": False, "days": [day]})

    assert loaded.status_code == 201
    assert loaded.json["days"] == [{"date": "2027-01-01", "kind": "holiday"}]


@pytest.mark.parametrize(
    ("body", "status"), [(b"year: 2027", 400), (b"\xff\xfe", 400), (b"[" * 5000, 400), (b"#" * 70_000, 413)]
)
def test_a_body_that_is_no_calendar_is_refused(admin: Person, body: bytes, status: int) -> None:
    assert admin.post("/api/calendars", body, headers=YAML).status_code == status


@pytest.fixture
def commands(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs `marque …` on the engine's database; returns what it printed."""
    for name in ("database_url", "keystore_url", "key_file", "rules"):
        monkeypatch.setenv(f"MARQUE_{name.upper()}", str(getattr(engine.settings, name)))

    def run(*arguments: str) -> str:
        return CliRunner().invoke(main, arguments).output

    return run


def test_the_command_loads_a_year_and_says_when_a_limit_ends(commands: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "2027.yaml"
    file.write_text(Y2027)
    asked = ("calendar", "due", "2026-12-30 16:20", "5", "working_days")
    assert "2027 is not loaded" in commands(*asked)

    assert commands("calendar", "load", str(file)).startswith("2027: ")

    assert commands(*asked).startswith("2027-01-07T18:00:00+08:00")
    assert "2027-01-09 Sat  makeup" in commands("calendar", "show", "2027")
    assert "2027" in commands("calendar", "show")
