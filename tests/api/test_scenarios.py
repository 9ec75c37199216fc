"""The scenario runner: what does not hold becomes a sentence, and files are uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import files
from api.scenarios.runner import Result, play
from api.scenarios.script import ScenarioInvalid, read_scenario
from api.scenarios.stage import Stage
from api.scenarios.uploads import with_uploads
from tests.conftest import ROOT, settings_in

STORY = ROOT / "processes" / "complaint" / "scenarios" / "s-01.yaml"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A stage with everything that is shipped."""
    folder = tmp_path_factory.mktemp("stage")
    return Stage(folder, settings_in(folder, "sqlite://"), files.deployable((ROOT / "processes", ROOT / "rules")))


def played(stage: Stage, folder: Path, *, told: str, instead: str) -> Result:
    """Plays S-01 with its first `told` changed to `instead`."""
    text = STORY.read_text("utf8")
    assert told in text
    changed = folder / "changed.yaml"
    changed.write_text(text.replace(told, instead, 1), "utf8")
    scenario = read_scenario(changed)
    with stage.driver(scenario.clock, scenario.people) as driver:
        return play(scenario, driver)


@pytest.mark.parametrize(
    ("told", "instead", "sentence"),
    [
        ("due: 2026-10-01 22:40", "due: 2026-10-01 22:41", "task record is due 2026-10-01 22:40"),
        ("assignee: E-301", "assignee: E-302", "task record belongs to E-301"),
        ("state: met", "state: late", "deadline entry is met"),
        ("stopped: 2026-10-01 22:37", "stopped: 2026-10-01 22:36", "deadline entry was stopped 2026-10-01 22:37"),
        ("entry: [2026-10-01 22:35]", "entry: []", "warnings of entry came"),
        ("candidates: [CSS, RM]", "candidates: [CSS]", "candidates of first_contact are"),
        ("rows: [class_process]", "rows: [class_vehicle]", "decision dt_10_class fired"),
        ("class: process}", "class: vehicle}", "variable class is"),
        ("tasks: [record]", "tasks: []", "open tasks are record"),
        ("refused: role", "refused: form\n    fields: [reached]", "it was refused otherwise than expected"),
        ("fields: [staff_heard]", "fields: [video_checked]", "the form did not complain about"),
        ("ended: resolved", "ended: withdrawn", "the case ended at resolved"),
        ("opened_by: E-301", "opened_by: E-201", "variable opened_by is"),
        ("synced_departments: [OPS, STORE], lead", "synced_departments: [OPS], lead", "synced_departments is"),
        ("incidents: 0", "incidents: 1", "there are 0 open incidents"),
    ],
)
def test_what_does_not_hold_is_said_in_a_sentence(
    stage: Stage, tmp_path: Path, told: str, instead: str, sentence: str
) -> None:
    result = played(stage, tmp_path, told=told, instead=instead)

    assert any(sentence in failure for failure in result.failures), result.failures


def test_a_step_that_should_have_been_refused_stops_the_story(stage: Stage, tmp_path: Path) -> None:
    result = played(stage, tmp_path, told="apology_given: true}\n    refused: role", instead="apology_given: true}")

    assert len(result.failures) == 1
    assert "it was refused: user E-301 may not complete" in result.failures[0]


def test_a_file_to_upload_is_replaced_by_its_reference() -> None:
    uploaded: list[bytes] = []

    def upload(body: bytes) -> dict[str, str]:
        uploaded.append(body)
        return {"attachment_id": str(len(uploaded))}

    given = {"damage": [{"new": True, "media": [{"upload": "a.JPG"}, {"upload": "b.pdf"}]}], "note": "text"}

    found = with_uploads(given, upload)

    media = [{"attachment_id": "1", "name": "a.JPG"}, {"attachment_id": "2", "name": "b.pdf"}]
    assert found == {"damage": [{"new": True, "media": media}], "note": "text"}
    assert uploaded[0].startswith(b"\xff\xd8\xff")
    assert uploaded[1].startswith(b"%PDF-")


def test_a_file_of_another_kind_cannot_be_uploaded() -> None:
    with pytest.raises(ScenarioInvalid, match=r"a\.exe is none of"):
        with_uploads([{"upload": "a.exe"}], lambda _: {})
