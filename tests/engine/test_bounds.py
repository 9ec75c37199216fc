"""Bounds of a whole case: reaching one stops that operation, is an incident of that case and touches no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import incidents, process_instances
from engine.context import SYSTEM_ACTOR
from engine.errors import LimitReached
from engine.process_engine import ProcessEngine
from engine.settings import Limits
from tests.conftest import Deploy
from tests.engine.commands import complete, instance, open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task

SCRIPT = (
    '<scriptTask id="grow" scriptFormat="feel" camunda:resultVariable="list">'
    "<script>for i in 1..20000 return i</script></scriptTask>"
)
GROWING = diagram(
    '<startEvent id="begin"/>' + user_task("check") + SCRIPT + user_task("after") + '<endEvent id="done"/>'
    + flows("begin>check", "check>grow", "grow>after", "after>done")
)  # fmt: skip


@pytest.mark.parametrize(
    ("bound", "code"),
    [
        ({"state_bytes": 50_000}, "stateTooLarge"),
        ({"variables": 5}, "tooManyVariables"),
        ({"variable_bytes": 1_000}, "variableTooLarge"),
    ],
)
def test_a_case_that_grows_too_large_stays_where_it_was(
    engine: ProcessEngine, deploy: Deploy, bound: dict[str, int], code: str
) -> None:
    deploy(case__bpmn=GROWING)
    case, other = start(engine), start(engine)
    engine.settings = replace(engine.settings, limits=replace(Limits(), **bound))

    with pytest.raises(LimitReached) as reached:
        complete(engine, case.id, "check")

    assert reached.value.code == code
    assert instance(engine, case.id).revision == case.revision
    assert list(open_tasks(engine, case.id)) == ["check"]
    (incident,) = engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)
    assert incident.type == code
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, other.id) == []
    engine.settings = replace(engine.settings, limits=Limits())
    assert complete(engine, other.id, "check").state == process_instances.ACTIVE
