"""Default deny: every route of the application has a declared permission, and nobody gets past the door without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon.asgi
import falcon.inspect
import pytest
from falcon import testing

from api import permissions
from api.app import create_app
from api.commands import Resource
from api.permissions import Own, Right, Staff
from engine import users
from engine.access_matrix import matrix
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import Person

METHODS = ("get", "post", "put", "patch", "delete")
# What answers whoever asks: whether the house is open, how to log in, and what the interface looks like.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/api/session",
    "/api/password",
    "/api/demo",
    "/api/docs",
    "/api/docs/{name}",
    "/api/openapi.json",
}
LEAST_ROUTES = 150
ID = "0199a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def routes(app: falcon.asgi.App[Any, Any]) -> list[tuple[str, str]]:
    """All (template, method) that the running application answers: asked of Falcon, not of our own tables."""
    found = []
    for route in falcon.inspect.inspect_routes(app):
        found += [(route.path, one.method) for one in route.methods if not one.internal]
    # `/metrics` has a method like any other; if the inspection missed resources, this test would prove nothing.
    assert len(found) > LEAST_ROUTES
    assert {method for _, method in found} >= {"GET", "POST", "PUT", "DELETE"}
    return found


def filled(template: str) -> str:
    for part in [one.split("}")[0] for one in template.split("{")[1:]]:
        template = template.replace("{" + part + "}", "2026" if part in {"year", "period"} else ID)
    return template


def closed(routes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(template, method) for template, method in routes if template not in PUBLIC]


def test_every_route_declares_what_it_needs(routes: list[tuple[str, str]]) -> None:
    without = [route for route in closed(routes) if permissions.permission_of(*route) is None]

    assert without == []


def test_every_right_that_the_door_asks_for_is_in_the_matrix(
    routes: list[tuple[str, str]], engine: ProcessEngine
) -> None:
    known = set(matrix(engine.settings.rules).operations)
    asked = {permissions.permission_of(*route) for route in closed(routes)}

    rights = {(one.resource, one.operation) for one in asked if isinstance(one, Right)}
    rights |= {pair for one in asked if isinstance(one, Staff) for pair in one.beyond}
    assert rights - known == set()
    assert len(rights) > 15


def test_what_answers_whoever_asks_is_listed_here(routes: list[tuple[str, str]], client: testing.TestClient) -> None:
    for template, method in routes:
        answer = client.simulate_request(method, filled(template))
        if template in PUBLIC:
            assert answer.status_code in {200, 400, 401, 404, 415, 503}, (template, method)
        else:
            assert answer.status_code == 401, (template, method)
            assert answer.json["type"] == "AuthenticationException"


def test_who_has_no_role_gets_nothing_but_the_own_affairs(
    routes: list[tuple[str, str]], client: testing.TestClient, engine: ProcessEngine
) -> None:
    engine.run(SYSTEM_ACTOR, users.create, "newcomer", name="N", roles=[], password="marque-demo")
    nobody = Person(client, "newcomer")
    for template, method in closed(routes):
        answer = nobody.send(method, filled(template))
        if isinstance(permissions.permission_of(template, method), Own):
            assert answer.status_code != 500, (template, method)
            continue
        assert answer.status_code == 403, (template, method, answer.text)
        assert answer.json["missingAuthorizations"][0]["permissionName"], (template, method)
    own = {
        template for template, method in closed(routes) if isinstance(permissions.permission_of(template, method), Own)
    }
    for template in sorted(own):
        answer = nobody.get(filled(template))
        assert answer.status_code in {200, 400, 404, 405} or template.endswith("/profile"), (template, answer.text)


@pytest.mark.parametrize("name", ["tech", "csr"])
def test_who_lacks_a_right_is_refused_at_every_route_that_needs_it(
    routes: list[tuple[str, str]], someone: Callable[[str], Person], engine: ProcessEngine, name: str
) -> None:
    who, known, refused = someone(name), matrix(engine.settings.rules), 0
    for template, method in closed(routes):
        needed = permissions.permission_of(template, method)
        if isinstance(needed, Right) and not known.allows([name.upper()], needed.resource, needed.operation):
            answer = who.send(method, filled(template))
            assert answer.status_code == 403, (template, method, answer.text)
            missing = answer.json["missingAuthorizations"][0]
            assert (missing["resourceName"], missing["permissionName"]) == (needed.resource, needed.operation)
            refused += 1
    assert refused > 40


class Forgotten(Resource):
    """A resource that somebody added without saying who may use it."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = {"secret": True}


def test_a_route_that_nobody_declared_is_closed_to_everybody(engine: ProcessEngine, admin: Person) -> None:
    app = create_app(engine, run_jobs=False)
    app.add_route("/api/forgotten", Forgotten(None))  # type: ignore[arg-type]

    answer = Person(testing.TestClient(app), "admin").get("/api/forgotten")

    assert (answer.status_code, answer.json["missingAuthorizations"][0]["resourceName"]) == (403, "Route")


@pytest.fixture(autouse=True)
def people(no_rate_limit: None, app: falcon.asgi.App[Any, Any]) -> None:
    """The people of the desk exist before anybody asks."""
