"""The cookie of a session: what a browser is told about it, how long it lasts, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from falcon import testing

from engine.clock import VirtualClock
from engine.sessions import ABSOLUTE, IDLE
from tests.api.desk import PASSWORD

SECOND = timedelta(seconds=1)


def log_in(client: testing.TestClient, name: str = "csr", **more: Any) -> testing.Result:
    opened = client.simulate_post("/api/session", json={"username": name, "password": PASSWORD}, **more)
    assert opened.status_code == 200, opened.text
    return opened


def cookies_of(opened: testing.Result) -> dict[str, str]:
    return {"marque_session": opened.cookies["marque_session"].value}


def status(client: testing.TestClient, cookies: dict[str, str], path: str = "/engine-rest/version", **more: Any) -> int:
    return client.simulate_get(path, cookies=cookies, **more).status_code


# ------------------------------------------------------------ what the browser is told


def test_the_cookie_is_for_this_site_alone_and_for_no_script(client: testing.TestClient) -> None:
    cookie = log_in(client).cookies["marque_session"]

    assert (cookie.http_only, cookie.same_site, cookie.path, cookie.domain) == (True, "Strict", "/", None)
    assert cookie.max_age == ABSOLUTE.total_seconds()


@pytest.mark.parametrize(
    ("more", "secure"),
    [
        ({}, False),  # on loopback, where a browser would not send a secure cookie back over plain http
        ({"headers": {"Origin": "http://falconframework.org"}}, False),
        ({"protocol": "https"}, True),
        ({"headers": {"X-Forwarded-Proto": "https"}}, True),
        ({"headers": {"Forwarded": "for=192.0.2.1;proto=https"}}, True),
        # A proxy that ends TLS and says nothing of it: the browser does.
        ({"headers": {"Origin": "https://falconframework.org"}}, True),
    ],
)
def test_a_cookie_that_came_over_https_goes_over_nothing_else(
    client: testing.TestClient, more: dict[str, Any], secure: bool
) -> None:
    assert bool(log_in(client, **more).cookies["marque_session"].secure) is secure


def test_a_log_out_takes_the_cookie_away(client: testing.TestClient) -> None:
    opened = log_in(client)
    token = {"X-CSRF-Token": opened.json["csrfToken"]}

    ended = client.simulate_delete("/api/session", cookies=cookies_of(opened), headers=token)

    cookie = ended.cookies["marque_session"]
    assert (cookie.value, cookie.path, cookie.same_site) == ("", "/", "Strict")
    assert cookie.expires is not None


# ------------------------------------------------------------ how long it lasts


def test_a_session_ends_after_half_an_hour_without_use(client: testing.TestClient, clock: VirtualClock) -> None:
    used, unused = cookies_of(log_in(client)), cookies_of(log_in(client))
    clock.move_to(clock.now() + IDLE - SECOND)
    assert status(client, used) == 200

    clock.move_to(clock.now() + SECOND)

    assert (status(client, used), status(client, unused)) == (200, 401)
    clock.move_to(clock.now() + IDLE)
    assert status(client, used) == 401


def test_a_session_ends_twelve_hours_after_the_log_in_however_busy_it_is(
    client: testing.TestClient, clock: VirtualClock
) -> None:
    cookies, began = cookies_of(log_in(client)), clock.now()
    while clock.now() + timedelta(minutes=29) < began + ABSOLUTE:
        clock.move_to(clock.now() + timedelta(minutes=29))
        assert status(client, cookies) == 200
    clock.move_to(began + ABSOLUTE - SECOND)
    assert status(client, cookies) == 200

    clock.move_to(began + ABSOLUTE)

    assert status(client, cookies) == 401


def test_an_open_page_that_asks_by_itself_keeps_nobody_logged_in(
    client: testing.TestClient, clock: VirtualClock, calls: str
) -> None:
    cookies = cookies_of(log_in(client))
    shown = client.simulate_get("/api/tasks", cookies=cookies)
    again = {"If-None-Match": shown.headers["ETag"]}
    for _ in range(2):
        clock.move_to(clock.now() + IDLE / 2 - SECOND)
        assert status(client, cookies, "/api/tasks", headers=again) == 304

    clock.move_to(clock.now() + 2 * SECOND)

    assert status(client, cookies, "/api/tasks", headers=again) == 401


# ------------------------------------------------------------ what it is bound to


def test_a_log_in_ends_the_session_that_the_browser_had(client: testing.TestClient) -> None:
    before, elsewhere = cookies_of(log_in(client)), cookies_of(log_in(client))

    after = cookies_of(log_in(client, "css", cookies=before))

    assert after != before
    assert [status(client, one) for one in (before, elsewhere, after)] == [401, 200, 200]


def test_a_log_in_that_fails_ends_nothing(client: testing.TestClient) -> None:
    mine = cookies_of(log_in(client))
    wrong = {"username": "css", "password": "wrong-password"}

    assert client.simulate_post("/api/session", json=wrong, cookies=mine).status_code == 401
    assert status(client, mine) == 200


def test_the_token_against_foreign_sites_is_the_sessions_own(client: testing.TestClient, task_id: str) -> None:
    mine, hers = log_in(client), log_in(client, "css")
    path = f"/api/tasks/{task_id}/claim"
    stolen = {"X-CSRF-Token": hers.json["csrfToken"]}
    assert client.simulate_post(path, cookies=cookies_of(mine), headers=stolen).status_code == 403

    renewed = log_in(client, cookies=cookies_of(mine))
    old, own = ({"X-CSRF-Token": one.json["csrfToken"]} for one in (mine, renewed))
    assert client.simulate_post(path, cookies=cookies_of(renewed), headers=old).status_code == 403
    assert client.simulate_post(path, cookies=cookies_of(renewed), headers=own).status_code == 200
