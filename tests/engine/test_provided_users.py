"""People of the identity provider have a row here that mirrors the newest of their claims."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from engine import history, models, provided_users, users
from engine.clock import to_micros
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import InvalidRequest
from engine.process_engine import ProcessEngine
from engine.provided_users import Claims
from engine.users import User
from tests.conftest import NOW

WANG = "oidc-7f3a-wang"
AT = to_micros(NOW)
MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)


def claims(*roles: str, at: int = AT, name: str = "王芳", user_id: str = WANG) -> Claims:
    return Claims(User(user_id, name, roles), at)


def show(engine: ProcessEngine, shown: Claims) -> provided_users.Known | None:
    """Does what every request with a token does."""
    found = engine.read(SYSTEM_ACTOR, provided_users.find, shown)
    if found is not None and found.newer:
        engine.run(SYSTEM_ACTOR, provided_users.mirror, shown)
    return found


def kept(engine: ProcessEngine, user_id: str = WANG) -> User:
    return engine.read(SYSTEM_ACTOR, users.get, user_id)


def events(engine: ProcessEngine) -> list[dict[str, Any]]:
    def read(ctx: CommandContext) -> list[bytes]:
        table = models.history_event
        query = select(table.c.body).where(table.c.chain_id == history.ADMIN_CHAIN).order_by(table.c.seq)
        return [bytes(body) for body in ctx.connection.execute(query).scalars()]

    return [json.loads(body) for body in engine.read(SYSTEM_ACTOR, read)]


def test_the_first_request_makes_a_row_and_the_chain_says_so_without_the_name(engine: ProcessEngine) -> None:
    show(engine, claims("CSR", "ADMIN", "offline_access"))

    assert kept(engine) == User(WANG, "王芳", ("CSR",))
    (event,) = events(engine)
    assert (event["kind"], event["user"], event["roles"], event["provided"]) == ("userCreated", WANG, ["CSR"], True)
    assert "王芳" not in str(event)


def test_two_first_requests_at_once_make_one_row(engine: ProcessEngine) -> None:
    crowd = 8
    together = Barrier(crowd)

    def first() -> None:
        found = engine.read(SYSTEM_ACTOR, provided_users.find, claims("CSR"))
        assert found is not None
        assert found.newer
        together.wait()
        engine.run(SYSTEM_ACTOR, provided_users.mirror, claims("CSR"))

    with ThreadPoolExecutor(crowd) as pool:
        for one in [pool.submit(first) for _ in range(crowd)]:
            one.result()

    assert kept(engine).roles == ("CSR",)
    assert [event["kind"] for event in events(engine)] == ["userCreated"]


def test_the_same_token_is_mirrored_once(engine: ProcessEngine) -> None:
    first, again = show(engine, claims("CSR")), show(engine, claims("CSR"))

    assert first is not None
    assert again is not None
    assert (first.newer, again.newer) == (True, False)


def test_a_newer_token_withdraws_roles_and_an_older_one_does_not_bring_them_back(engine: ProcessEngine) -> None:
    show(engine, claims("CSD", "CSR"))
    show(engine, claims("CSR", at=AT + 2 * MINUTE))
    assert kept(engine).roles == ("CSR",)

    for at in (AT, AT + MINUTE, AT + 2 * MINUTE):
        known = show(engine, claims("CSD", "CSR", at=at))
        assert known is not None
        assert known.user.roles == ("CSD", "CSR"), "the bearer has the roles of its token until that ends"
        engine.run(SYSTEM_ACTOR, provided_users.mirror, claims("CSD", "CSR", at=at))
        assert kept(engine).roles == ("CSR",)

    changed = events(engine)[1:]
    assert [(one["kind"], one["before"], one["roles"]) for one in changed] == [
        ("rolesChanged", ["CSD", "CSR"], ["CSR"])
    ]


def test_an_unchanged_newer_token_counts_against_those_between(engine: ProcessEngine) -> None:
    show(engine, claims("CSR"))
    show(engine, claims("CSR", at=AT + 2 * MINUTE))
    show(engine, claims("CSD", "CSR", at=AT + MINUTE))

    assert kept(engine).roles == ("CSR",)
    assert len(events(engine)) == 1, "nothing changed but an instant"


def test_a_new_name_is_kept_and_stands_in_no_chain(engine: ProcessEngine) -> None:
    show(engine, claims("CSR"))
    show(engine, claims("CSR", at=AT + MINUTE, name="李芳"))

    assert kept(engine).name == "李芳"
    assert len(events(engine)) == 1


def test_who_was_deactivated_here_stays_out_and_unchanged(engine: ProcessEngine) -> None:
    show(engine, claims("CSR"))
    engine.run(SYSTEM_ACTOR, users.set_active, WANG, active=False)

    newest = claims("CSD", at=AT + MINUTE)
    assert show(engine, newest) is None
    engine.run(SYSTEM_ACTOR, provided_users.mirror, newest)
    assert kept(engine) == User(WANG, "王芳", ("CSR",), active=False)


def test_the_provider_alone_gives_roles_and_passwords_to_its_people(engine: ProcessEngine) -> None:
    show(engine, claims("CSR"))

    with pytest.raises(InvalidRequest, match="identity provider"):
        engine.run(SYSTEM_ACTOR, users.set_roles, WANG, ["OWNER"])
    with pytest.raises(InvalidRequest, match="identity provider"):
        engine.run(SYSTEM_ACTOR, users.set_branches, WANG, ["SZ-NS"])
    with pytest.raises(InvalidRequest, match="no password here"):
        engine.run(SYSTEM_ACTOR, users.set_password, WANG, "green hills 42")
    with pytest.raises(InvalidRequest, match="no password here"):
        engine.run(SYSTEM_ACTOR, users.create, "oidc-li", name="l", roles=["CSR"], password="green hills 42")
