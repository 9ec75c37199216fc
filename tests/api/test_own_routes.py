"""Whatever is sent to whatever route of our own: an answer in the one shape."""

from __future__ import annotations

import pytest

from api.app import own_routes
from api.routing import Parts
from engine.process_engine import ProcessEngine
from tests.api.desk import ON_BOTH_DATABASES, Person
from tests.api.hostile_requests import answers, in_the_one_shape, methods_of

pytestmark = [ON_BOTH_DATABASES, pytest.mark.usefixtures("no_rate_limit")]


def test_nothing_that_is_sent_makes_the_interface_stumble(
    engine: ProcessEngine, task_id: str, calls: str, csr: Person, admin: Person
) -> None:
    instance_id = csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"]
    ids = {"task_id": task_id, "instance_id": instance_id, "definition_id": calls, "key": "calls", "name": "subject"}
    routes = methods_of(own_routes(Parts.of(engine, run_jobs=False)))
    assert len(routes) > 60
    for method, path in routes:
        for sent, answer in answers(admin, method, path, ids):
            assert in_the_one_shape(answer), (sent, answer.text)
    assert admin.get("/api/audit/verify").json["intact"]
