"""Absences, delegation and links to tasks over the interface: who stands in for whom is seen on the task and in the
history, and a delegated task comes back before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from falcon import testing

from tests.api.desk import Person

Someone = Callable[[str], Person]
FROM, UNTIL = "2026-10-01T00:00:00.000+0800", "2026-10-09T00:00:00.000+0800"


def away(by: Person, substitute: str, **fields: Any) -> testing.Result:
    return by.post("/api/absences", {"substituteId": substitute, "from": FROM, "until": UNTIL, **fields})


def test_a_substitute_works_under_both_names(task_id: str, csr: Person, someone: Someone) -> None:
    tech = someone("tech")
    assert tech.get(f"/api/tasks/{task_id}").status_code == 403
    assert csr.post(f"/api/tasks/{task_id}/claim").status_code == 200
    made = away(someone("css"), "tech", userId="csr")
    assert (made.status_code, made.json["recordedBy"]) == (201, "css")

    page = tech.get("/api/tasks?view=covered").json
    assert page["counts"] == {"mine": 0, "groups": 0, "covered": 1, "all": 1}
    (card,) = page["items"]
    assert (card["why"], card["mayComplete"]) == ({"kind": "substitute", "group": None, "person": "csr"}, True)
    claimed = tech.post(f"/api/tasks/{task_id}/claim").json
    assert (claimed["assignee"], claimed["actingFor"]) == ("tech", "csr")
    done = tech.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "林", "amount": 3}})
    assert done.status_code == 200, done.text

    told = someone("compl").get("/engine-rest/history/user-operation?userId=tech").json
    assert sorted((one["operationType"], one["annotation"]) for one in told) == [
        ("Claim", "acting for csr"),
        ("Complete", "acting for csr"),
    ]


def test_a_program_stands_in_for_nobody(
    task_id: str, csr: Person, someone: Someone, client: testing.TestClient
) -> None:
    csr.post(f"/api/tasks/{task_id}/claim")
    away(someone("css"), "tech", userId="csr")
    secret = someone("tech").post("/api/tokens", {"name": "program"}).json["token"]

    header = {"Authorization": f"Bearer {secret}"}
    assert client.simulate_get("/engine-rest/task", headers=header).json == []
    assert [one["id"] for one in someone("tech").get("/engine-rest/task").json] == [task_id]


def test_absences_are_written_read_changed_and_ended(calls: str, csr: Person, someone: Someone) -> None:
    made = away(csr, "csr2").json
    address = f"/api/absences/{made['id']}"
    assert made == {
        "id": made["id"],
        "userId": "csr",
        "substituteId": "csr2",
        "from": FROM,
        "until": UNTIL,
        "state": "now",
        "recorded": "2026-10-01T22:30:00.000+0800",
        "recordedBy": "csr",
    }
    assert someone("csr2").get("/api/absences?current=true").json == [made]
    assert someone("tech").get("/api/absences").json == []
    assert someone("tech").get(address).status_code == 404
    assert someone("csr2").delete(address).status_code == 403
    assert away(csr, "csr2").status_code == 409
    assert csr.put(address, {"until": "2026-10-05T00:00:00.000+0800"}).json["until"].startswith("2026-10-05")
    assert csr.delete(address).status_code == 204
    assert csr.get("/api/absences?current=true").json == []
    kinds = [one["kind"] for one in someone("compl").get("/api/access-log?userId=csr").json]
    assert kinds == ["absenceEnded", "absenceChanged", "absenceRecorded"]


@pytest.mark.parametrize("fields", [{"substituteId": "nobody"}, {"until": "tomorrow"}, {"until": FROM}, {"from": None}])
def test_an_absence_that_makes_no_sense_is_refused(calls: str, csr: Person, fields: dict[str, Any]) -> None:
    body = {"substituteId": "csr2", "from": FROM, "until": UNTIL, **fields}

    assert csr.post("/api/absences", body).status_code == 400


# ------------------------------------------------------------ delegation


def test_a_delegated_task_comes_back_before_it_is_completed(task_id: str, csr: Person, someone: Someone) -> None:
    address = f"/engine-rest/task/{task_id}"
    data = {"variables": {"caller": {"value": "林"}, "amount": {"value": 3}}}
    csr.post(f"{address}/claim", {"userId": "csr"})
    assert csr.post(f"{address}/delegate", {"userId": "csr2"}).status_code == 204
    csr2 = someone("csr2")
    pending = csr2.get(address).json
    assert (pending["assignee"], pending["owner"], pending["delegationState"]) == ("csr2", "csr", "PENDING")
    assert csr2.get(f"/api/tasks/{task_id}").json["mayComplete"] is False

    refused = csr2.post(f"{address}/complete", data)
    assert refused.status_code == 400
    assert "resolved" in refused.json["message"]
    assert csr2.post(f"{address}/resolve", {}).status_code == 204

    back = csr.get(address).json
    assert (back["assignee"], back["owner"], back["delegationState"]) == ("csr", "csr", "RESOLVED")
    assert csr2.post(f"{address}/complete", data).status_code == 409
    assert csr.post(f"{address}/complete", data).status_code == 204
    told = someone("compl").get("/engine-rest/history/user-operation?sortBy=timestamp&sortOrder=desc").json
    mine = [one for one in told if one["taskId"] == task_id]
    assert sorted(one["operationType"] for one in mine if one["entityType"] == "Task") == [
        "Claim",
        "Complete",
        "Delegate",
        "Resolve",
    ]


def test_only_the_holder_delegates(task_id: str, csr: Person, someone: Someone) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})

    assert someone("csr2").post(f"/engine-rest/task/{task_id}/delegate", {"userId": "csr2"}).status_code == 403
    assert someone("csr2").post(f"/engine-rest/task/{task_id}/resolve", {}).status_code in {403, 409}


# ------------------------------------------------------------ identity links


def test_who_hands_a_task_over_links_people_to_it(task_id: str, csr: Person, admin: Person, someone: Someone) -> None:
    links = f"/engine-rest/task/{task_id}/identity-links"
    tech = someone("tech")
    assert tech.get(links).status_code == 403
    assert csr.post(links, {"userId": "tech", "type": "candidate"}).status_code == 403
    assert admin.post(links, {"userId": "tech", "type": "candidate"}).status_code == 204
    assert admin.post(links, {"userId": "tech", "type": "candidate"}).status_code == 204
    assert admin.post(links, {"groupId": "WM", "type": "candidate"}).status_code == 204

    assert tech.get(links).json == [
        {"userId": "tech", "groupId": None, "type": "candidate"},
        {"userId": None, "groupId": "CSR", "type": "candidate"},
        {"userId": None, "groupId": "WM", "type": "candidate"},
    ]
    assert admin.post(f"{links}/delete", {"userId": "tech", "type": "candidate"}).status_code == 204
    assert tech.get(links).status_code == 403
    assert admin.post(f"{links}/delete", {"userId": "tech", "type": "candidate"}).status_code == 404

    told = someone("compl").get("/engine-rest/history/identity-link-log").json
    assert [(one["operationType"], one["type"], one["userId"], one["groupId"]) for one in told] == [
        ("add", "candidate", "tech", None),
        ("add", "candidate", None, "WM"),
        ("delete", "candidate", "tech", None),
    ]


def test_assignee_and_owner_are_links_too(task_id: str, csr: Person, admin: Person) -> None:
    links = f"/engine-rest/task/{task_id}/identity-links"
    assert admin.post(links, {"userId": "csr2", "type": "assignee"}).status_code == 204
    assert admin.post(links, {"userId": "csr", "type": "owner"}).status_code == 204
    task = admin.get(f"/engine-rest/task/{task_id}").json
    assert (task["assignee"], task["owner"]) == ("csr2", "csr")
    assert admin.post(f"{links}/delete", {"userId": "csr", "type": "assignee"}).status_code == 404
    assert admin.post(f"{links}/delete", {"userId": "csr2", "type": "assignee"}).status_code == 204
    assert admin.get(f"/engine-rest/task/{task_id}").json["assignee"] is None


@pytest.mark.parametrize(
    "link",
    [
        {"userId": "csr", "groupId": "CSR", "type": "candidate"},
        {"type": "candidate"},
        {"userId": "nobody", "type": "candidate"},
        {"groupId": "NOBODY", "type": "candidate"},
        {"groupId": "CSR", "type": "assignee"},
        {"userId": "csr", "type": "friend"},
    ],
)
def test_a_link_that_makes_no_sense_is_refused(task_id: str, admin: Person, link: dict[str, str]) -> None:
    assert admin.post(f"/engine-rest/task/{task_id}/identity-links", link).status_code == 400


def test_one_chooses_a_substitute_among_those_who_may_stand_in(csr: Person, someone: Someone) -> None:
    def named(by: Person, path: str) -> list[str]:
        return [one["id"] for one in by.get(f"/api/absences/{path}").json]

    assert named(csr, "people") == ["csr"]
    assert named(csr, "substitutes") == ["csr2", "css"]
    assert named(someone("css"), "people") == ["css", "csr", "csr2"]
    assert "tech" in named(someone("css"), "substitutes?userId=csr")
    assert csr.get("/api/absences/substitutes?userId=tech").status_code == 403
    assert csr.get("/api/absences/substitutes?userId=nobody").status_code == 404
    assert csr.get("/api/absences/people").json[0]["roles"][0]["code"] == "CSR"


def test_a_refusal_says_which_field_is_wrong_in_both_languages(csr: Person) -> None:
    refused = away(csr, "tech", until=FROM)
    assert (refused.status_code, refused.json["type"]) == (400, "FormInvalidException")
    assert [(one["field"], one["code"]) for one in refused.json["errors"]] == [
        ("until", "order"),
        ("substituteId", "department"),
    ]
    assert all(one["zh"] and one["en"] for one in refused.json["errors"])
    assert away(csr, "csr2").status_code == 201
    assert away(csr, "csr2").json["holder"] == "csr"


def test_the_inbox_says_whom_its_reader_covers_now(calls: str, csr: Person, someone: Someone) -> None:
    assert someone("csr2").get("/api/tasks").json["covers"] == []
    away(csr, "csr2")
    assert someone("csr2").get("/api/tasks").json["covers"] == ["csr"]
    assert csr.get("/api/tasks").json["covers"] == []


def test_a_colleague_of_the_same_role_sees_that_it_is_in_somebodys_place(
    task_id: str, csr: Person, someone: Someone
) -> None:
    csr.post(f"/api/tasks/{task_id}/claim")
    away(csr, "csr2")
    (card,) = someone("csr2").get("/api/tasks?view=covered").json["items"]
    assert card["why"] == {"kind": "substitute", "group": None, "person": "csr"}
