"""A token opens no more than its owner's doors, for a while, and its use is cheap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from engine import history, models, tokens, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.process_engine import ProcessEngine
from engine.tokens import ApiToken, Grant

OWNER, OTHER = Actor("mailer", frozenset({"CSR", "WORKER"})), Actor("css", frozenset({"CSS"}))
ADMIN, COMPL = Actor("admin", frozenset({"ADMIN"})), Actor("compl", frozenset({"COMPL"}))


@pytest.fixture(autouse=True)
def people(engine: ProcessEngine) -> None:
    for actor in (OWNER, OTHER, ADMIN, COMPL):
        engine.run(SYSTEM_ACTOR, users.create, actor.user_id, name="somebody", roles=actor.roles)


@pytest.fixture
def made(engine: ProcessEngine) -> tuple[str, ApiToken]:
    return engine.run(OWNER, tokens.create, name="mail gateway", roles=["WORKER"], days=30)


def found(engine: ProcessEngine, secret: str) -> Grant | None:
    return engine.read(SYSTEM_ACTOR, tokens.find, secret)


def test_a_token_stands_for_its_owner_with_the_roles_it_was_given(
    engine: ProcessEngine, made: tuple[str, ApiToken]
) -> None:
    grant = found(engine, made[0])

    assert grant is not None
    assert (grant.user.id, grant.user.roles, grant.token.read_only) == ("mailer", ("WORKER",), False)
    assert found(engine, made[0] + "x") is None


def test_the_database_does_not_know_the_token(engine: ProcessEngine, made: tuple[str, ApiToken]) -> None:
    def everything(ctx: CommandContext) -> str:
        rows = [
            *ctx.connection.execute(select(models.api_token)),
            *ctx.connection.execute(select(models.history_event)),
        ]
        return str(rows)

    assert made[1].id in engine.read(SYSTEM_ACTOR, everything)
    assert made[0] not in engine.read(SYSTEM_ACTOR, everything)
    assert len(made[0]) > 43


def test_a_token_expires(engine: ProcessEngine, made: tuple[str, ApiToken], clock: VirtualClock) -> None:
    clock.move_to(clock.now() + timedelta(days=30) - timedelta(seconds=1))
    assert found(engine, made[0]) is not None

    clock.move_to(clock.now() + timedelta(seconds=1))
    assert found(engine, made[0]) is None


def test_a_revoked_token_is_none(engine: ProcessEngine, made: tuple[str, ApiToken]) -> None:
    engine.run(OWNER, tokens.revoke, made[1].id)
    engine.run(OWNER, tokens.revoke, made[1].id)

    assert found(engine, made[0]) is None


def test_what_the_owner_loses_the_token_loses(engine: ProcessEngine, made: tuple[str, ApiToken]) -> None:
    engine.run(SYSTEM_ACTOR, users.set_roles, "mailer", ["CSR"])
    grant = found(engine, made[0])
    assert grant is not None
    assert grant.user.roles == ()

    engine.run(SYSTEM_ACTOR, users.set_active, "mailer", active=False)
    assert found(engine, made[0]) is None


@pytest.mark.parametrize("roles", [["ADMIN"], ["WORKER", "CSS"], []])
def test_a_token_never_has_a_role_that_its_owner_lacks(engine: ProcessEngine, roles: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(OWNER, tokens.create, name="x", roles=roles)


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 101, 1), ("x", 0), ("x", 367)])
def test_a_token_has_a_name_and_an_end(engine: ProcessEngine, name: str, days: int) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(OWNER, tokens.create, name=name, days=days)


def test_nobody_makes_a_token_in_another_name(engine: ProcessEngine) -> None:
    with pytest.raises(Forbidden):
        engine.run(ADMIN, tokens.create, name="x", user_id="css")
    assert engine.run(SYSTEM_ACTOR, tokens.create, name="x", user_id="css")[1].user_id == "css"


def test_tokens_of_others_are_seen_and_ended_by_administrators_alone(
    engine: ProcessEngine, made: tuple[str, ApiToken]
) -> None:
    assert [one.id for one in engine.read(COMPL, tokens.listed, "mailer")] == [made[1].id]
    with pytest.raises(Forbidden):
        engine.read(OTHER, tokens.listed, "mailer")
    for actor in (OTHER, COMPL):
        with pytest.raises(NotFound):
            engine.run(actor, tokens.revoke, made[1].id)
    engine.run(ADMIN, tokens.revoke, made[1].id)
    assert found(engine, made[0]) is None


def test_a_user_has_a_bounded_number_of_live_tokens(engine: ProcessEngine) -> None:
    for _ in range(tokens.MAX_LIVE):
        engine.run(OWNER, tokens.create, name="x")
    with pytest.raises(Conflict):
        engine.run(OWNER, tokens.create, name="x")
    engine.run(OWNER, tokens.revoke, engine.read(OWNER, tokens.listed)[0].id)
    engine.run(OWNER, tokens.create, name="x")


def test_the_last_use_is_stamped_at_most_once_a_minute(
    engine: ProcessEngine, made: tuple[str, ApiToken], clock: VirtualClock
) -> None:
    def is_stale() -> bool:
        grant = found(engine, made[0])
        assert grant is not None
        return grant.stale

    assert is_stale()
    engine.run(SYSTEM_ACTOR, tokens.touch, made[1].id)
    assert not is_stale()
    clock.move_to(clock.now() + timedelta(seconds=59))
    assert not is_stale()
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert is_stale()


def test_the_chain_tells_who_made_and_ended_a_token_but_not_its_name(
    engine: ProcessEngine, made: tuple[str, ApiToken]
) -> None:
    engine.run(ADMIN, tokens.revoke, made[1].id)

    def events(ctx: CommandContext) -> list[dict[str, object]]:
        table = models.history_event
        query = select(table.c.body).where(table.c.chain_id == history.ADMIN_CHAIN).order_by(table.c.seq)
        return [json.loads(body) for body in ctx.connection.execute(query).scalars()]

    created, revoked = engine.read(SYSTEM_ACTOR, events)[-2:]
    assert (created["kind"], created["actor"], created["roles"]) == ("tokenCreated", "mailer", ["WORKER"])
    assert (revoked["kind"], revoked["actor"], revoked["user"]) == ("tokenRevoked", "admin", "mailer")
    assert "mail gateway" not in str(created)


@pytest.fixture
def statements(engine: ProcessEngine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.database.engine, "before_cursor_execute", note)


def test_finding_a_token_writes_nothing(
    engine: ProcessEngine, made: tuple[str, ApiToken], statements: list[str]
) -> None:
    found(engine, made[0])

    assert statements
    assert not [one for one in statements if one.startswith(("UPDATE", "INSERT"))]
