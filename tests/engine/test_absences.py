"""Who is away is stood in for: on that person's tasks, for that time, by one person, under both names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from crm import access
from engine import absences, authorizations, models, user_tasks, users
from engine.absences import Absence
from engine.clock import VirtualClock, to_micros
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.process_engine import ProcessEngine
from engine.user_tasks import TaskQuery, UserTask
from engine.values import load
from tests.conftest import NOW, Deploy
from tests.crm.cases import REPAIR, open_case, task_of

PEOPLE = {
    "front": ("FRONT",),
    "front2": ("FRONT",),
    "tech": ("TECH",),
    "wm": ("WM",),
    "csr": ("CSR",),
    "rm": ("RM",),
    "hr": ("HR",),
    "admin": ("ADMIN",),
}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def staff(engine: ProcessEngine) -> None:
    for name, roles in PEOPLE.items():
        engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=roles)


def who(engine: ProcessEngine, name: str) -> Actor:
    """Returns the actor as the door makes one: with whom the person covers right now."""
    return engine.read(SYSTEM_ACTOR, lambda ctx: absences.actor_of(ctx, users.get(ctx, name)))


def away(
    engine: ProcessEngine,
    by: str,
    person: str,
    substitute: str,
    *,
    begin: datetime = NOW,
    end: datetime = NOW + 7 * DAY,
) -> Absence:
    def record(ctx: CommandContext) -> Absence:
        return absences.record(
            ctx, user_id=person, substitute_id=substitute, from_at=to_micros(begin), until_at=to_micros(end)
        )

    return engine.run(who(engine, by), record)


@pytest.fixture
def task(engine: ProcessEngine, deploy: Deploy) -> UserTask:
    """A task offered to FRONT and STORE."""
    deploy(repair__bpmn=REPAIR)
    return task_of(engine, open_case(engine))


def seen(engine: ProcessEngine, name: str) -> list[str]:
    actor = who(engine, name)
    return [one.id for one in engine.read(actor, user_tasks.find, TaskQuery(visible_to=actor))]


def last_event(engine: ProcessEngine, case: str) -> dict[str, Any]:
    table = models.history_event

    def read(ctx: CommandContext) -> dict[str, Any]:
        query = select(table.c.body).where(table.c.chain_id == case).order_by(table.c.seq.desc()).limit(1)
        body: dict[str, Any] = load(ctx.connection.execute(query).scalar_one())
        return body

    return engine.read(SYSTEM_ACTOR, read)


# ------------------------------------------------------------ what a substitute may


def test_a_substitute_sees_and_does_what_is_offered_to_the_absent_role(engine: ProcessEngine, task: UserTask) -> None:
    assert seen(engine, "tech") == []
    away(engine, "front", "front", "tech")

    assert seen(engine, "tech") == [task.id]
    engine.run(who(engine, "tech"), user_tasks.complete, task.id)

    closed = engine.read(SYSTEM_ACTOR, user_tasks.get, task.id)
    assert (closed.closed_by, closed.acting_for) == ("tech", "front")
    event = last_event(engine, task.root_id)
    assert (event["actor"], event["actingFor"]) == ("tech", "front")


def test_a_substitute_takes_over_what_the_absent_person_holds(engine: ProcessEngine, task: UserTask) -> None:
    engine.run(who(engine, "front"), user_tasks.claim, task.id)
    away(engine, "front", "front", "front2")

    taken = engine.run(who(engine, "front2"), user_tasks.claim, task.id)

    assert (taken.assignee, taken.acting_for) == ("front2", "front")
    event = last_event(engine, task.root_id)
    assert (event["actor"], event["was"], event["actingFor"]) == ("front2", "front", "front")


def test_a_substitute_who_may_do_it_anyway_acts_as_oneself(engine: ProcessEngine, task: UserTask) -> None:
    away(engine, "front", "front", "front2")

    assert engine.run(who(engine, "front2"), user_tasks.claim, task.id).acting_for is None


def test_a_cover_has_the_branches_of_the_absent_person(engine: ProcessEngine, task: UserTask) -> None:
    engine.run(SYSTEM_ACTOR, users.set_branches, "front", ["B1"])
    away(engine, "front", "front", "front2")

    substitute = who(engine, "front2")
    assert (substitute.branches, [cover.branches for cover in substitute.covers]) == (frozenset(), [frozenset({"B1"})])


def test_a_cover_begins_and_ends_by_itself(engine: ProcessEngine, task: UserTask, clock: VirtualClock) -> None:
    away(engine, "front", "front", "tech", begin=NOW + DAY, end=NOW + 3 * DAY)
    found = []
    for instant in (NOW, NOW + DAY, NOW + 3 * DAY - timedelta(seconds=1), NOW + 3 * DAY):
        clock.move_to(instant)
        found.append(bool(seen(engine, "tech")))

    assert found == [False, True, True, False]


def test_what_a_substitute_still_has_goes_back_when_the_cover_is_over(
    engine: ProcessEngine, task: UserTask, clock: VirtualClock
) -> None:
    engine.run(who(engine, "front"), user_tasks.claim, task.id)
    away(engine, "front", "front", "tech")
    engine.run(who(engine, "tech"), user_tasks.claim, task.id)
    clock.move_to(NOW + 8 * DAY)

    with pytest.raises(Forbidden):
        engine.run(who(engine, "tech"), user_tasks.complete, task.id)
    assert engine.read(who(engine, "tech"), access.sight, task.root_id) == engine.read(
        Actor("tech", frozenset({"TECH"})), access.sight, None
    )
    assert seen(engine, "front") == [task.id]
    back = engine.run(who(engine, "front"), user_tasks.claim, task.id)
    assert (back.assignee, back.acting_for) == ("front", None)


def test_a_substitute_hands_nothing_on(engine: ProcessEngine, task: UserTask) -> None:
    away(engine, "front", "front", "tech")
    substitute = who(engine, "tech")
    engine.run(substitute, user_tasks.claim, task.id)

    with pytest.raises(Forbidden):
        engine.run(substitute, user_tasks.assign, task.id, "csr")
    with pytest.raises(Forbidden):
        engine.run(substitute, user_tasks.delegate, task.id, "csr")
    assert engine.run(substitute, user_tasks.unclaim, task.id).assignee is None


def test_there_are_no_chains(engine: ProcessEngine, task: UserTask) -> None:
    """Front is away, tech stands in; then tech is away, too, and wm stands in for tech: not for front."""
    engine.run(who(engine, "front"), user_tasks.claim, task.id)
    away(engine, "front", "front", "tech")
    engine.run(who(engine, "tech"), user_tasks.claim, task.id)
    away(engine, "tech", "tech", "wm")

    assert seen(engine, "wm") == []
    for command in (user_tasks.claim, user_tasks.complete):
        with pytest.raises(Forbidden):
            engine.run(who(engine, "wm"), command, task.id)


def test_a_cover_gives_the_tasks_and_nothing_else(engine: ProcessEngine, task: UserTask) -> None:
    other = open_case(engine)
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task.id, "rm")
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task_of(engine, other).id, "front")
    away(engine, "admin", "rm", "tech")
    substitute = who(engine, "tech")

    # RM sees BASIC inside the assigned case; so does who stands in, there and nowhere else.
    assert "BASIC" in engine.read(substitute, access.sight, task.root_id).clear
    assert engine.read(substitute, access.sight, other) == engine.read(
        Actor("tech", substitute.roles), access.sight, other
    )
    for resource, operation in (("Tier", "run"), ("Absence", "record_department"), ("Task", "read_any")):
        assert not engine.read(substitute, authorizations.may, resource, operation)


def test_a_cover_of_an_administrator_makes_no_administrator(engine: ProcessEngine, task: UserTask) -> None:
    with pytest.raises(InvalidRequest):
        away(engine, "admin", "admin", "front")
    row = {
        "id": "a" * 36,
        "user_id": "admin",
        "substitute_id": "front2",
        "from_at": 0,
        "until_at": to_micros(NOW + DAY),
        "recorded_at": 0,
        "recorded_by": "system",
    }
    engine.run(SYSTEM_ACTOR, lambda ctx: ctx.connection.execute(insert(models.absence).values(row)) and None)

    substitute = who(engine, "front2")
    assert substitute.covers
    assert not engine.read(substitute, authorizations.may, "Task", "assign_any")
    with pytest.raises(Forbidden):
        engine.run(substitute, user_tasks.assign, task.id, "csr")


def test_who_was_deactivated_is_not_stood_in_for(engine: ProcessEngine, task: UserTask) -> None:
    away(engine, "front", "front", "tech")
    engine.run(SYSTEM_ACTOR, lambda ctx: users.set_active(ctx, "front", active=False))

    assert who(engine, "tech").covers == ()


# ------------------------------------------------------------ who records it


def test_one_records_the_own_absence_with_a_colleague(engine: ProcessEngine) -> None:
    made = away(engine, "front", "front", "front2")

    assert (made.user_id, made.substitute_id, made.recorded_by) == ("front", "front2", "front")
    assert [one.id for one in engine.read(who(engine, "front2"), absences.listed)] == [made.id]
    assert engine.read(who(engine, "csr"), absences.listed) == []
    with pytest.raises(NotFound):
        engine.read(who(engine, "csr"), absences.get, made.id)


def test_who_leads_the_department_records_it_for_others_and_may_name_anybody(engine: ProcessEngine) -> None:
    assert away(engine, "wm", "front", "csr").recorded_by == "wm"
    with pytest.raises(Forbidden):
        away(engine, "wm", "csr", "front")
    with pytest.raises(Forbidden):
        away(engine, "front2", "tech", "front2")


@pytest.mark.parametrize(
    ("by", "person", "substitute", "begin", "end"),
    [
        ("front", "front", "front", NOW, NOW + DAY),
        ("front", "front", "csr", NOW, NOW + DAY),
        ("front", "front", "nobody", NOW, NOW + DAY),
        ("front", "front", "front2", NOW, NOW),
        ("front", "front", "front2", NOW - 3 * DAY, NOW - DAY),
        ("front", "front", "front2", NOW, NOW + 367 * DAY),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    engine: ProcessEngine, by: str, person: str, substitute: str, begin: datetime, end: datetime
) -> None:
    with pytest.raises(InvalidRequest):
        away(engine, by, person, substitute, begin=begin, end=end)


def test_nobody_has_two_substitutes_or_one_who_is_away(engine: ProcessEngine) -> None:
    away(engine, "front", "front", "front2", end=NOW + 2 * DAY)

    with pytest.raises(Conflict):
        away(engine, "front", "front", "tech", begin=NOW + DAY)
    with pytest.raises(Conflict):
        away(engine, "tech", "tech", "front")
    away(engine, "front", "front", "tech", begin=NOW + 2 * DAY)


def test_an_absence_is_changed_and_ended_early(engine: ProcessEngine, task: UserTask) -> None:
    made = away(engine, "front", "front", "front2")
    front = who(engine, "front")
    engine.run(front, lambda ctx: absences.change(ctx, made.id, substitute_id="tech"))
    assert seen(engine, "tech") == [task.id]

    engine.run(front, absences.end, made.id)

    assert seen(engine, "tech") == []
    with pytest.raises(Conflict):
        engine.run(front, lambda ctx: absences.change(ctx, made.id, substitute_id="front2"))
