"""Backtests: what a draft would have decided on the recorded cases, and for whom that is something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import deployments, models, process_instances, simulations
from engine.clock import VirtualClock, to_micros
from engine.context import SYSTEM_ACTOR, Actor
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.errors import Forbidden, InvalidRequest, NotFound
from engine.process_engine import ProcessEngine
from engine.simulations import Change, Question, Report
from engine.values import dump, load
from tests.conftest import NOW, Deploy
from tests.engine.commands import CSS, start
from tests.engine.diagrams import diagram, flows, user_task
from tests.engine.test_proposals import OPERATOR, OWNER, table

ASKING = diagram(
    '<startEvent id="begin"/><businessRuleTask id="ask" camunda:decisionRef="dt_99" camunda:resultVariable="approved" '
    'camunda:mapDecisionResult="singleEntry"/>'
    + user_task("look")
    + '<endEvent id="done"/>'
    + flows("begin>ask", "ask>look", "look>done")
)
SINCE = NOW - timedelta(days=1)


@pytest.fixture
def history(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> list[str]:
    """Four cases, an hour apart: 50, 100, 150 and nothing; the limit is 100."""
    deploy(case__bpmn=ASKING, t__dmn=table(100))
    made = []
    for number, amount in enumerate((50, 100, 150, None)):
        made.append(start(engine, amount=amount, customer_ref=f"C-{number}").id)
        clock.move_to(clock.now() + timedelta(hours=1))
    return made


def replay(
    engine: ProcessEngine, draft: str, *, actor: Actor = SYSTEM_ACTOR, since: Any = SINCE, **more: Any
) -> Report:
    changes: Callable[[Change], None] | None = more.pop("on_change", None)
    model = compile_model(read_dmn(draft.encode(), name="draft.dmn"))
    question = Question("dt_99", since, **more)
    report = engine.read(actor, simulations.backtest, model, question, source=draft.encode(), on_change=changes)
    model.close()
    return report


def test_the_same_table_changes_nobody(engine: ProcessEngine, history: list[str]) -> None:
    report = replay(engine, table(100))

    assert (report.total, report.replayed, report.equal, report.changed, report.failed) == (4, 4, 4, 0, 0)
    assert report.complete


def test_a_draft_says_who_would_change_and_from_which_row_to_which(engine: ProcessEngine, history: list[str]) -> None:
    seen: list[Change] = []
    report = replay(engine, table(60), on_change=seen.append)

    assert (report.equal, report.changed) == (3, 1)
    assert report.moves == {(("small",), ("large",)): 1}
    (change,) = report.examples
    assert seen == [change]
    assert (change.process_instance_id, change.customer_ref) == (history[1], "C-1")
    assert (change.output_before, change.output_after) == (True, False)
    assert change.case_no is not None


def test_an_equal_result_by_another_row_is_no_change_but_counted(engine: ProcessEngine, history: list[str]) -> None:
    report = replay(engine, table(100).replace('id="small"', 'id="tiny"'))

    assert (report.changed, report.equal, report.other_row) == (0, 4, 2)


def test_only_decisions_of_the_time_asked_for_count(engine: ProcessEngine, history: list[str]) -> None:
    later = replay(engine, table(60), since=NOW + timedelta(minutes=90))
    between = replay(engine, table(60), since=NOW + timedelta(minutes=30), until=NOW + timedelta(minutes=90))

    assert (later.total, later.changed) == (2, 0)
    assert (between.total, between.changed) == (1, 1)


def test_a_bounded_backtest_takes_the_newest_and_says_that_it_is_a_part(
    engine: ProcessEngine, history: list[str]
) -> None:
    report = replay(engine, table(149), limit=2)
    assert (report.total, report.replayed, report.changed) == (2, 2, 0)

    stopped = replay(engine, table(149), seconds=0)
    assert stopped.replayed == 4  # one chunk is always done
    assert stopped.complete


def test_given_values_replace_those_of_every_case(engine: ProcessEngine, history: list[str]) -> None:
    report = replay(engine, table(100), given={"amount": 500})

    assert report.moves == {(("small",), ("large",)): 2}
    assert (report.equal, report.other_row) == (2, 1)
    with pytest.raises(InvalidRequest, match="reads no mode"):
        replay(engine, table(100), given={"mode": "any"})


def test_rows_of_the_future_count_as_of_their_day(engine: ProcessEngine, history: list[str]) -> None:
    future = table(60).replace('<rule id="', '<rule marque:effectiveFrom="2027-01-01" id="')

    assert replay(engine, future).changed == 4  # no row is in effect yet
    assert replay(engine, future, as_of=date(2027, 1, 1)).changed == 1


def test_what_the_table_in_force_did_not_read_comes_from_the_case(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ASKING, t__dmn=table(100))
    start(engine, amount=50, vip=True)
    start(engine, amount=50, vip=False)
    start(engine, amount=50)
    draft = table(100).replace("<text>amount</text>", "<text>if vip then amount + 100 else amount</text>")

    report = replay(engine, draft)

    assert (report.changed, report.equal) == (1, 2)
    assert report.unrecorded == {"vip": 1}


def test_records_from_before_variables_were_kept_are_read_by_their_inputs(
    engine: ProcessEngine, history: list[str]
) -> None:
    decision = models.decision_instance
    with engine.database.write() as connection:
        for row in connection.execute(select(decision.c.id, decision.c.body)).all():
            body = load(row.body)
            assert body.pop("variables").keys() == {"amount"}
            connection.execute(update(decision).where(decision.c.id == row.id).values(body=dump(body)))

    assert replay(engine, table(60)).moves == {(("small",), ("large",)): 1}


def test_cases_that_the_draft_cannot_decide_are_told_and_not_counted_as_changed(
    engine: ProcessEngine, history: list[str]
) -> None:
    overlapping = table(100).replace("&gt; 100", "&gt; 90")

    report = replay(engine, overlapping)

    assert (report.failed, report.changed, report.equal) == (1, 0, 3)
    assert "rows 1, 2 match at once" in next(iter(report.errors))


def test_a_draft_that_reads_the_clock_sees_the_instant_of_each_case(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=ASKING, t__dmn=table(100))
    start(engine, amount=50)
    clock.move_to(clock.now() + timedelta(days=2))
    start(engine, amount=50)
    draft = table(100).replace(
        "<text>amount</text>", '<text>if today() &gt; date("2026-10-02") then 500 else amount</text>'
    )

    report = replay(engine, draft)

    assert (report.changed, report.equal) == (1, 1)
    assert report.examples[0].at == to_micros(NOW + timedelta(days=2))


def test_trials_in_a_sandbox_are_no_history(engine: ProcessEngine, history: list[str]) -> None:
    engine.run(OPERATOR, deployments.create, name="test", resources={"t.dmn": table(100).encode()}, controlled=True)
    resources = {"case.bpmn": ASKING.encode(), "t.dmn": table(10).encode()}
    made = engine.run(OWNER, deployments.create, name="test", resources=resources)
    process = next(one for one in made.definitions if one.kind == "process")
    trial = engine.run(OWNER, process_instances.start, process, values={"amount": 50})
    assert trial.sandbox

    assert replay(engine, table(60)).total == 4


def test_no_text_that_could_be_a_name_is_told(engine: ProcessEngine, history: list[str]) -> None:
    table_of_cases = models.process_instance
    with engine.database.write() as connection:
        connection.execute(update(table_of_cases).values(business_key="林晓彤 13958127746", customer_ref="林晓彤"))

    (change,) = replay(engine, table(60)).examples

    assert (change.case_no, change.customer_ref) == (None, None)
    assert change.process_instance_id == history[1]


def test_who_may_not_evaluate_decisions_may_not_backtest(engine: ProcessEngine, history: list[str]) -> None:
    with pytest.raises(Forbidden):
        replay(engine, table(60), actor=CSS)
    assert replay(engine, table(60), actor=OWNER).changed == 1


def test_a_draft_without_the_decision_is_refused(engine: ProcessEngine, history: list[str]) -> None:
    with pytest.raises(NotFound, match="the draft has no decision dt_99; it has dt_98"):
        replay(engine, table(60, key="dt_98"))
