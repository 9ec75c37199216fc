"""Branches of people and cases: where they come from, and what belonging to one means."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from crm import access
from engine import (
    authorizations,
    branches,
    history_queries,
    models,
    process_instances,
    user_tasks,
    users,
    variable_changes,
)
from engine.context import SYSTEM_ACTOR, Actor, CommandContext, Cover
from engine.errors import Forbidden, InvalidRequest
from engine.history_queries import InstanceQuery
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.crm.cases import REPAIR, open_case, repair, task_of


@pytest.fixture(autouse=True)
def deployed(deploy: Deploy) -> None:
    deploy(repair__bpmn=REPAIR)


def person(role: str, *of: str, covers: tuple[Cover, ...] = ()) -> Actor:
    return Actor(role.lower(), frozenset({role}), covers, frozenset(of))


def branch_of(engine: ProcessEngine, case: str) -> str | None:
    return engine.read(SYSTEM_ACTOR, branches.of_case, case)


def started(engine: ProcessEngine, who: Actor, **values: object) -> str:
    def start(ctx: CommandContext) -> str:
        return process_instances.start(ctx, repair(ctx), values=values, start_event_id="start").id

    return engine.run(who, start)


def _offer_to_nobody(ctx: CommandContext) -> None:
    """Leaves no role a part in any case: what is seen is seen for the branch alone."""
    ctx.connection.execute(delete(models.task_candidate))


def basic(engine: ProcessEngine, who: Actor, case: str) -> bool:
    return "BASIC" in engine.read(who, access.sight, case).clear


# ------------------------------------------------------------ people


def test_a_user_belongs_to_branches_that_a_session_and_its_tokens_carry(engine: ProcessEngine) -> None:
    def create(ctx: CommandContext) -> users.User:
        return users.create(ctx, "wang", name="W", roles=["STORE", "CSR"], of_branches=["SZ-NS", "SZ-FT", "SZ-NS"])

    made = engine.run(SYSTEM_ACTOR, create)

    assert made.branches == ("SZ-FT", "SZ-NS")
    assert engine.read(SYSTEM_ACTOR, users.get, "wang") == made
    assert engine.read(SYSTEM_ACTOR, users.listed) == [made]
    assert engine.read(SYSTEM_ACTOR, users.actor_of, made).branches == {"SZ-FT", "SZ-NS"}

    engine.run(SYSTEM_ACTOR, users.set_branches, "wang", ["南山店"])
    engine.run(SYSTEM_ACTOR, users.set_roles, "wang", ["STORE"])
    assert engine.read(SYSTEM_ACTOR, users.get, "wang").branches == ("南山店",)


@pytest.mark.parametrize("name", ["", " ", " SZ-NS", "x" * 65, "a\nb"])
def test_what_can_be_no_key_is_refused(engine: ProcessEngine, name: str) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(SYSTEM_ACTOR, lambda ctx: users.create(ctx, "wang", name="W", roles=["STORE"], of_branches=[name]))


# ------------------------------------------------------------ cases


def test_a_case_has_the_branch_that_its_header_names_and_goes_where_it_says(engine: ProcessEngine) -> None:
    case = open_case(engine, branch_id="B1")
    assert branch_of(engine, case) == "B1"

    engine.run(SYSTEM_ACTOR, variable_changes.change_instance, case, {"branch_id": "B2"})
    assert branch_of(engine, case) == "B2"

    engine.run(SYSTEM_ACTOR, lambda ctx: variable_changes.change_instance(ctx, case, {}, deletions=["branch_id"]))
    assert branch_of(engine, case) is None


def test_a_variable_of_the_same_name_inside_one_task_moves_nothing(engine: ProcessEngine) -> None:
    case = open_case(engine, branch_id="B1")
    task = task_of(engine, case)

    engine.run(SYSTEM_ACTOR, lambda ctx: variable_changes.change_task(ctx, task.id, {"branch_id": "B2"}, local=True))

    assert branch_of(engine, case) == "B1"


@pytest.mark.parametrize("value", ["", " B1", 7, ["B1"], None, "x" * 300])
def test_what_is_no_key_is_no_branch(engine: ProcessEngine, value: object) -> None:
    assert branch_of(engine, open_case(engine, branch_id=value)) is None


def test_who_starts_a_case_gives_it_the_own_branch_unless_another_is_named(engine: ProcessEngine) -> None:
    store = person("STORE", "B1")

    assert branch_of(engine, started(engine, store)) == "B1"
    assert branch_of(engine, started(engine, store, branch_id=None)) == "B1"
    assert branch_of(engine, started(engine, store, branch_id="B2")) == "B2"
    assert branch_of(engine, started(engine, person("STORE", "B1", "B2"))) is None
    assert branch_of(engine, started(engine, person("STORE"))) is None


# ------------------------------------------------------------ what it means


def test_basic_data_of_the_own_branch_is_seen_without_a_task(engine: ProcessEngine) -> None:
    case = open_case(engine, branch_id="B1")

    assert basic(engine, person("STORE", "B1", "B3"), case)
    assert not basic(engine, person("STORE", "B2"), case)
    assert not basic(engine, person("STORE"), case)
    assert not basic(engine, person("RM", "B1"), case)


@pytest.mark.parametrize(
    ("of_person", "of_case", "seen"),
    [("B1", "B1", True), ("B2", "B1", False), ("B1", None, True), (None, "B1", True), (None, None, True)],
)
def test_inside_the_own_task_a_branch_that_nobody_recorded_is_no_wall(
    engine: ProcessEngine, of_person: str | None, of_case: str | None, seen: bool
) -> None:
    case = open_case(engine, branch_id=of_case)
    store = person("STORE", *filter(None, [of_person]))
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task_of(engine, case).id, store.user_id)

    assert basic(engine, store, case) is seen


def test_a_substitute_sees_by_the_branch_of_the_absent_person(engine: ProcessEngine) -> None:
    case = open_case(engine, branch_id="B1")
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task_of(engine, case).id, "anna")

    for of, seen in (("B1", True), ("B2", False)):
        cover = Cover("anna", frozenset({"STORE"}), frozenset({of}))
        assert basic(engine, person("TECH", "B1", covers=(cover,)), case) is seen


def test_values_of_the_own_branch_are_asked_for_and_its_history_by_who_is_granted_it(engine: ProcessEngine) -> None:
    case = open_case(engine, branch_id="B1")
    elsewhere = open_case(engine, branch_id="B2")
    engine.run(SYSTEM_ACTOR, _offer_to_nobody)

    def listed(who: Actor) -> list[str]:
        return [one.id for one in engine.read(who, history_queries.find_instances, InstanceQuery())]

    store, supervisor = person("STORE", "B1"), person("SSUP", "B1")
    for who in (store, supervisor):
        engine.read(who, authorizations.require_values, case)
        with pytest.raises(Forbidden):
            engine.read(who, authorizations.require_values, elsewhere)
    engine.read(supervisor, authorizations.require_history, case)
    with pytest.raises(Forbidden):
        engine.read(store, authorizations.require_history, case)
    assert listed(supervisor) == [case]
    assert listed(store) == listed(person("SSUP")) == []
    assert listed(person("SSUP", "B1", "B2")) == [elsewhere, case]
