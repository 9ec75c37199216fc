"""Whoever asks too often is told when to come back; the others notice nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from falcon import testing

from api.rate_limits import MAX_BUCKETS, Buckets
from engine.errors import InvalidRequest
from engine.settings import Settings, read_settings
from tests.api.desk import PASSWORD, Person, basic


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, requests_per_second=1, log_ins_per_minute=3)


def test_a_user_who_runs_wild_is_stopped_and_nobody_else(csr: Person, css: Person, calls: str) -> None:
    answers = [csr.get("/engine-rest/version") for _ in range(11)]

    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert answers[-1].json["type"] == "TooManyRequestsException"
    assert answers[-1].headers["Retry-After"] == "1"
    assert css.get("/engine-rest/version").status_code == 200


def test_an_address_that_tries_passwords_is_stopped(client: testing.TestClient) -> None:
    def try_in(password: str) -> int:
        return client.simulate_post("/api/session", json={"username": "csr", "password": password}).status_code

    assert [try_in("wrong-password") for _ in range(3)] == [401] * 3
    assert try_in(PASSWORD) == 429
    assert client.simulate_get("/healthz").status_code == 200


def test_one_password_tried_on_many_accounts_meets_the_bound_of_log_ins(
    client: testing.TestClient, css: Person
) -> None:
    def spray(name: str, password: str) -> int:
        headers = {"Authorization": basic(name, password)}
        return client.simulate_get("/engine-rest/version", headers=headers).status_code

    assert css.get("/engine-rest/version").status_code == 200

    assert [spray(name, "summer-2026") for name in ("csr", "nobody", "owner", "tech")] == [401, 401, 401, 429]
    assert spray("csr", PASSWORD) == 429, "the bound does not tell which guess is right"
    log_in = client.simulate_post("/api/session", json={"username": "csr", "password": PASSWORD})
    assert log_in.status_code == 429, "it is one bound for all ways in"
    assert css.get("/engine-rest/version").status_code == 200, "who is known already works on"


def test_right_passwords_cost_nothing_of_the_bound(
    client: testing.TestClient, someone: Callable[[str], Person]
) -> None:
    for name in ("csr", "csr2", "css", "tech", "opsd"):
        assert someone(name).get("/engine-rest/version").status_code == 200

    assert client.simulate_post("/api/session", json={"username": "csr", "password": "wrong"}).status_code == 401


def test_a_bucket_fills_with_time_and_never_over_its_brim() -> None:
    now = 0.0
    buckets = Buckets(per_second=2, burst=3, now=lambda: now)
    assert [buckets.take("a") for _ in range(4)] == [None, None, None, 1]
    assert buckets.take("b") is None

    now = 0.5
    assert [buckets.take("a") for _ in range(2)] == [None, 1]
    now = 1000.0
    assert [buckets.take("a") for _ in range(4)] == [None, None, None, 1]


def test_buckets_are_bounded() -> None:
    buckets = Buckets(per_second=1, burst=1)
    for number in range(MAX_BUCKETS + 100):
        buckets.take(str(number))
    assert len(buckets._buckets) == MAX_BUCKETS


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_bound_is_a_number(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_settings({"MARQUE_LOG_INS_PER_MINUTE": text})
    assert read_settings({"MARQUE_LOG_INS_PER_MINUTE": "7"}).log_ins_per_minute == 7
