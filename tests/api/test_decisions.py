"""A decision explains itself through the interface: its rows, who answers for the table, and what would change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import deployments, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import FILES, Person
from tests.engine.commands import start
from tests.engine.test_proposals import OPERATOR, cases, table
from tests.engine.test_simulations import ASKING


@pytest.fixture
def house(engine: ProcessEngine, someone: Callable[[str], Person]) -> Person:
    """The calls and a table, put into force by the operator; the compliance reviewer asks."""
    files = {name: body.encode() for name, body in FILES.items()}
    files |= {"dt/t.dmn": table(100).encode(), "dt/tests.yaml": cases(100).encode(), "asking.bpmn": ASKING.encode()}
    engine.run(OPERATOR, deployments.create, name="house", resources=files, controlled=True)
    engine.run(SYSTEM_ACTOR, users.create, "owner2", name="OWNER2", roles=("OWNER",), password="marque-demo")
    return someone("compl")


def test_a_recorded_decision_says_what_would_have_changed_it(engine: ProcessEngine, house: Person, csr: Person) -> None:
    instance = start(engine, amount=130)
    (listed,) = house.get(f"/api/decisions?processInstanceId={instance.id}").json

    told = house.get(f"/api/decisions/{listed['id']}").json

    assert (told["decisionKey"], told["version"], told["at"]) == ("dt_99", 1, listed["at"])
    assert [row["row"] for row in told["rows"]] == ["large"]
    (found,) = told["counterfactual"]["found"]
    assert (found["rows"], found["output"]) == (["small"], True)
    assert found["changes"] == [
        {
            "input": "amount",
            "label": {"zh": "金额", "en": "amount"},
            "before": 130,
            "after": 100,
            "difference": -30,
            "condition": "<= 100",
            "isCount": False,
        }
    ]
    assert found["zh"] == "若金额为100（现为130，少30），则approved为是（现为否）"
    assert found["en"] == "if amount were 100 (now 130, 30 less), approved would be true (now false)"
    assert csr.get(f"/api/decisions/{listed['id']}").status_code == 403
    assert house.get("/api/decisions/nothing").status_code == 404


def test_release_author_and_approver_of_the_version_that_decided_are_named(
    engine: ProcessEngine, house: Person, owner: Person, someone: Callable[[str], Person]
) -> None:
    before = start(engine, amount=130)
    made = owner.deploy({"t.dmn": table(200)})
    proposal = made.json["proposalId"]
    approved = someone("owner2").post(f"/api/proposals/{proposal}/approve", {})
    assert approved.status_code == 200, approved.text
    after = start(engine, amount=130)

    def origin(instance_id: str) -> Any:
        (listed,) = house.get(f"/api/decisions?processInstanceId={instance_id}").json
        return house.get(f"/api/decisions/{listed['id']}").json["origin"]

    first, second = origin(before.id), origin(after.id)
    assert (first["version"], first["release"], first["author"], first["approver"]) == (1, 1, OPERATOR.user_id, None)
    assert (second["version"], second["release"]) == (2, 2)
    assert (second["author"], second["approver"]) == ("owner", "owner2")
    assert second["effectiveAt"] == approved.json["decidedAt"]


def test_a_decision_is_tried_with_its_explanation(house: Person, csr: Person) -> None:
    body = {"key": "dt_99", "variables": {"amount": {"value": 101, "type": "Integer"}}}
    tried = house.post("/api/decisions/evaluate", body)

    assert tried.status_code == 200, tried.text
    assert (tried.json["output"], tried.json["origin"]["release"]) == (False, 1)
    assert tried.json["counterfactual"]["found"][0]["changes"][0]["after"] == 100
    nothing = house.post("/api/decisions/evaluate", {"key": "dt_99"}).json["counterfactual"]
    assert (nothing["complete"], nothing["tried"]) == (True, ["amount"])
    assert csr.post("/api/decisions/evaluate", body).status_code == 403
    assert house.get("/api/decisions?processInstanceId=x").status_code == 404
    for wrong in ({}, {"key": "dt_99", "definitionId": "x"}, {"key": 1}, {"key": "dt_99", "anchor": "soon"}):
        assert house.post("/api/decisions/evaluate", wrong).status_code == 400, wrong
    assert house.post("/api/decisions/evaluate", {"key": "dt_0"}).status_code == 404
