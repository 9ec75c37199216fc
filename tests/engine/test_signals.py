"""Signals: from one case to everybody who waits and to every process they start, one transaction each."""

from __future__ import annotations

from sqlalchemy import func, select

from engine import models, process_instances, signals, variables
from engine.context import SYSTEM_ACTOR
from engine.job_executor import run_due
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.engine.bpmn.diagrams import SIGNAL, boundary, catch, definitions, event_sub, mapping, process, throw, user
from tests.engine.commands import open_tasks, start
from tests.engine.test_messages import events, running

SENDER = process(
    '<startEvent id="begin"/>' + throw("call", mapping(reason="=reason") + SIGNAL) + '<endEvent id="done"/>',
    "begin>call call>done",
    key="sender",
)
WAITING = process(
    '<startEvent id="begin"/>' + catch("hear", SIGNAL) + user("then") + '<endEvent id="over"/>',
    "begin>hear hear>then then>over",
    key="waiting",
)
STARTED = process(
    f'<startEvent id="heard">{SIGNAL}</startEvent>' + user("work") + '<endEvent id="worked"/>',
    "heard>work work>worked",
    key="started",
)
GUARDED = process(
    '<startEvent id="begin"/>' + user("sit") + boundary("up", "sit", SIGNAL, interrupting=False) + user("stand")
    + '<endEvent id="over"/>' + event_sub("es", SIGNAL, user("look") + '<endEvent id="ee"/>', "ess>look look>ee",
                                          interrupting=False),
    "begin>sit sit>over up>stand stand>over", key="guarded",
)  # fmt: skip


def test_a_signal_reaches_everybody_and_starts_what_it_starts(engine: ProcessEngine, deploy: Deploy) -> None:
    parts = {"a": SENDER, "b": WAITING, "c": STARTED, "d": GUARDED}
    deploy(**{f"{name}__bpmn": definitions(part) for name, part in parts.items()})
    waiting = [start(engine, "waiting").id for _ in range(2)]
    guarded = start(engine, "guarded").id

    start(engine, "sender", reason=7)
    run_due(engine)

    assert [list(open_tasks(engine, one)) for one in waiting] == [["then"], ["then"]]
    assert sorted(open_tasks(engine, guarded)) == ["look", "sit", "stand"]
    (begun,) = running(engine, "started")
    assert list(open_tasks(engine, begun)) == ["work"]
    for case in (*waiting, guarded, begun):
        assert engine.read(SYSTEM_ACTOR, variables.of_instance, case)["reason"] == 7
    assert events(engine, waiting[0], "event.received")[0]["event"] == "sig1"


def test_a_receiver_that_fails_keeps_nobody_else_from_the_signal(engine: ProcessEngine, deploy: Deploy) -> None:
    stuck = WAITING.replace('id="waiting"', 'id="stuck"')
    deploy(b__bpmn=definitions(WAITING), c__bpmn=definitions(stuck))
    held, free = start(engine, "stuck").id, start(engine, "waiting").id
    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, held, suspended=True)

    assert engine.run(SYSTEM_ACTOR, signals.broadcast, "sig1", {"n": 1}) == 2
    run_due(engine)

    assert list(open_tasks(engine, free)) == ["then"]
    with engine.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(models.job)).scalar_one() == 1
