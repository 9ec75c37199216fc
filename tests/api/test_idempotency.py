"""A write that is sent twice is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from falcon import testing
from sqlalchemy import select

from engine import models
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.process_engine import ProcessEngine
from tests.api.desk import Person
from tests.conftest import NOW

BODY = {"processKey": "calls", "data": {"subject": "tyres"}}


def start(who: Person, key: str = "k-1", body: Any = BODY) -> testing.Result:
    return who.post("/api/start", body, headers={"Idempotency-Key": key})


def cases(who: Person) -> int:
    return int(who.get("/engine-rest/process-instance/count").json["count"])


def test_the_same_write_with_the_same_key_is_done_once(csr: Person, owner: Person, calls: str) -> None:
    first, second = start(csr), start(csr)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Content-Type"] == "application/json"
    assert cases(owner) == 1


def test_another_write_with_the_same_key_is_refused(csr: Person, owner: Person, calls: str) -> None:
    start(csr)

    refused = start(csr, body={**BODY, "data": {"subject": "brakes"}})

    assert (refused.status_code, refused.json["type"]) == (409, "ConflictException")
    assert cases(owner) == 1


def test_a_key_belongs_to_its_user_and_to_a_day(
    csr: Person, someone: Any, owner: Person, calls: str, clock: VirtualClock
) -> None:
    start(csr)
    start(someone("csr2"))
    assert cases(owner) == 2

    clock.move_to(NOW + timedelta(hours=24))
    start(csr)
    assert cases(owner) == 3


def test_an_answer_without_a_body_is_the_same_again(csr: Person, task_id: str) -> None:
    headers = {"Idempotency-Key": "claim-1"}
    path = f"/engine-rest/task/{task_id}/claim"
    answers = [csr.post(path, {"userId": "csr"}, headers=headers) for _ in range(2)]

    assert [(one.status_code, one.text) for one in answers] == [(204, ""), (204, "")]
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_what_was_refused_may_be_sent_again(csr: Person, owner: Person, calls: str) -> None:
    assert start(csr, body={"processKey": "calls", "data": {}}).status_code == 400
    assert start(csr).status_code == 200
    assert cases(owner) == 1


def test_a_write_whose_end_is_unknown_is_not_done_again(
    engine: ProcessEngine, csr: Person, owner: Person, calls: str
) -> None:
    start(csr)

    def lose_the_answer(ctx: CommandContext) -> None:
        ctx.connection.execute(models.idempotent_answer.update().values(status=None, body=None))

    engine.run(SYSTEM_ACTOR, lose_the_answer)

    assert start(csr).status_code == 409
    assert cases(owner) == 1


def test_answers_are_kept_encrypted(engine: ProcessEngine, csr: Person, calls: str) -> None:
    shown = start(csr).text

    def stored(ctx: CommandContext) -> bytes:
        body: bytes = ctx.connection.execute(select(models.idempotent_answer.c.body)).scalar_one()
        return body

    kept = engine.read(SYSTEM_ACTOR, stored)
    assert len(kept) > len(shown)
    assert b"processKey" not in kept


@pytest.mark.parametrize("key", ["x" * 256, "a b", "\u00e9"])
def test_a_key_that_is_none_is_refused(csr: Person, owner: Person, calls: str, key: str) -> None:
    assert start(csr, key).status_code == 400
    assert cases(owner) == 0


def test_a_query_takes_no_notice_of_a_key(csr: Person, task_id: str) -> None:
    for body in ({}, {"assignee": "nobody"}):
        answer = csr.post("/engine-rest/task", body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200
