"""Users log in with what they know, and what they may do follows their roles."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import history, models, sessions, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthenticated
from engine.logins import FAILURE_WINDOW, MAX_FAILURES, REMEMBERED_FOR, Logins
from engine.passwords import DEMO_PASSWORD
from engine.process_engine import ProcessEngine
from engine.sessions import ABSOLUTE, IDLE, Session
from engine.users import User

PASSWORD = "correct horse"
# The role codes of the policies (requirements, section 0) whose holders log in.
ROLES = [
    "FRONT",
    "TECH",
    "CSR",
    "CSS",
    "CSD",
    "RM",
    "AM",
    "STORE",
    "OPS",
    "OPSM",
    "OPSD",
    "MKT",
    "ADM",
    "SALES",
    "SSUP",
    "SMD",
    "DATA",
    "CMPH",
    "APPR",
    "SUPV",
    "SEN",
    "GM",
    "CRC",
    "IT",
    "PIO",
    "HR",
    "LEGAL",
    "CASHIER",
    "DH",
    "WM",
    "COMPL",
    "OWNER",
]


@pytest.fixture
def anna(engine: ProcessEngine) -> User:
    def create(ctx: CommandContext) -> User:
        return users.create(ctx, "anna", name="Anna", roles=["CSS", "CSR"], password=PASSWORD)

    return engine.run(SYSTEM_ACTOR, create)


@pytest.fixture
def door(engine: ProcessEngine) -> Logins:
    return Logins(engine)


def refused(door: Logins, user_id: str, password: str) -> str:
    with pytest.raises(Unauthenticated) as wrong:
        door.check(user_id, password)
    return str(wrong.value)


# ------------------------------------------------------------ users


def test_a_user_is_kept_with_sorted_roles_and_no_password_in_the_clear(engine: ProcessEngine, anna: User) -> None:
    assert engine.read(SYSTEM_ACTOR, users.get, "anna") == User("anna", "Anna", ("CSR", "CSS"), True)

    def stored(ctx: CommandContext) -> str:
        return str(ctx.connection.execute(select(models.user.c.password_hash)).scalar_one())

    assert engine.read(SYSTEM_ACTOR, stored).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("user_id", "roles", "password"),
    [
        ("Anna!", ["CSR"], PASSWORD),
        ("", ["CSR"], PASSWORD),
        ("1anna", ["CSR"], PASSWORD),
        ("x" * 65, ["CSR"], PASSWORD),
        ("berta", ["BOSS"], PASSWORD),
        ("berta", ["csr"], PASSWORD),
        ("berta", ["CSR"], "short"),
        ("berta", ["CSR"], "x" * 201),
    ],
)
def test_a_user_without_proper_id_roles_or_password_is_refused(
    engine: ProcessEngine, user_id: str, roles: list[str], password: str
) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(SYSTEM_ACTOR, lambda ctx: users.create(ctx, user_id, name="x", roles=roles, password=password))


def test_an_id_is_given_once_and_unknown_users_are_not_found(engine: ProcessEngine, anna: User) -> None:
    with pytest.raises(Conflict):
        engine.run(SYSTEM_ACTOR, lambda ctx: users.create(ctx, "anna", name="Other", roles=[]))
    with pytest.raises(NotFound):
        engine.read(SYSTEM_ACTOR, users.get, "berta")
    with pytest.raises(NotFound):
        engine.run(SYSTEM_ACTOR, users.set_password, "berta", PASSWORD)


def test_changes_of_users_stand_in_the_history_without_passwords(engine: ProcessEngine, anna: User) -> None:
    engine.run(SYSTEM_ACTOR, users.set_roles, "anna", ["CSD"])
    engine.run(SYSTEM_ACTOR, users.set_password, "anna", "another one!")

    def read(ctx: CommandContext) -> list[tuple[str, bytes]]:
        table = models.history_event
        query = select(table.c.kind, table.c.body).where(table.c.chain_id == history.ADMIN_CHAIN)
        return [(row.kind, row.body) for row in ctx.connection.execute(query.order_by(table.c.seq))]

    events = engine.read(SYSTEM_ACTOR, read)
    assert [kind for kind, _ in events] == ["userCreated", "rolesChanged", "passwordChanged"]
    assert b"another" not in b"".join(body for _, body in events)
    assert b'"before":["CSR","CSS"]' in events[1][1]


def test_members_act_for_their_committee(engine: ProcessEngine) -> None:
    def actor(ctx: CommandContext, *roles: str) -> frozenset[str]:
        return users.actor_of(ctx, User("x", "X", roles)).roles

    assert engine.read(SYSTEM_ACTOR, actor, "OPSD") == {"OPSD", "CRC"}
    assert engine.read(SYSTEM_ACTOR, actor, "CSR") == {"CSR"}


def test_every_role_has_names_in_both_languages(engine: ProcessEngine) -> None:
    names = engine.read(SYSTEM_ACTOR, users.role_names)

    assert names["CSS"] == ("客服主管", "Customer-service supervisor")
    assert set(ROLES) | {"CUST", "ADMIN", "WORKER"} == set(names)


def test_demo_users_are_two_per_role_and_an_administrator(engine: ProcessEngine, door: Logins) -> None:
    made = engine.run(SYSTEM_ACTOR, users.create_demo_users)

    assert {user.id for user in made} == {
        "admin",
        *(code.lower() for code in ROLES),
        *(code.lower() + "2" for code in ROLES),
    }
    assert door.check("cmph2", DEMO_PASSWORD).roles == ("CMPH",)
    assert engine.run(SYSTEM_ACTOR, users.create_demo_users) == []


# ------------------------------------------------------------ passwords


def test_the_right_password_opens(anna: User, door: Logins) -> None:
    assert door.check("anna", PASSWORD) == anna


def test_all_failures_read_the_same(engine: ProcessEngine, anna: User, door: Logins) -> None:
    engine.run(SYSTEM_ACTOR, lambda ctx: users.create(ctx, "sso", name="S", roles=[]))
    engine.run(SYSTEM_ACTOR, lambda ctx: users.create(ctx, "gone", name="G", roles=[], password=PASSWORD))
    engine.run(SYSTEM_ACTOR, lambda ctx: users.set_active(ctx, "gone", active=False))

    said = {
        refused(door, "anna", "wrong"),
        refused(door, "nobody", PASSWORD),
        refused(door, "sso", PASSWORD),
        refused(door, "gone", PASSWORD),
        refused(door, "x" * 100_000, "y" * 100_000),
        refused(door, "", ""),
        refused(door, "an\x00na", PASSWORD),
        refused(door, "anna", "\ud800"),
    }

    assert said == {"the user name or the password is wrong"}


def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(
    anna: User, door: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = users.is_hash_of
    monkeypatch.setattr(users, "is_hash_of", lambda stored, tried: checked.append(stored[:9]) or verify(stored, tried))

    refused(door, "anna", "wrong")
    refused(door, "nobody", "wrong")

    assert checked == ["$argon2id", "$argon2id"]


def test_a_verified_password_is_remembered_for_five_minutes(
    anna: User, door: Logins, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = counted(monkeypatch)

    door.check("anna", PASSWORD)
    clock.move_to(clock.now() + REMEMBERED_FOR - timedelta(seconds=1))
    door.check("anna", PASSWORD)
    assert checks() == 1
    refused(door, "anna", "wrong")
    assert checks() == 2

    clock.move_to(clock.now() + timedelta(seconds=1))
    door.check("anna", PASSWORD)
    assert checks() == 3


def test_a_remembered_check_is_quick(anna: User, door: Logins) -> None:
    door.check("anna", PASSWORD)

    started = time.perf_counter()
    for _ in range(5):
        door.check("anna", PASSWORD)

    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("change", ["password", "roles", "active"])
def test_a_change_of_the_user_makes_what_was_verified_useless(
    engine: ProcessEngine, anna: User, door: Logins, clock: VirtualClock, change: str
) -> None:
    door.check("anna", PASSWORD)
    clock.move_to(clock.now() + timedelta(seconds=1))
    changes: dict[str, Callable[[CommandContext], None]] = {
        "password": lambda ctx: users.set_password(ctx, "anna", "another one!"),
        "roles": lambda ctx: users.set_roles(ctx, "anna", ["OWNER"]),
        "active": lambda ctx: users.set_active(ctx, "anna", active=False),
    }

    engine.run(SYSTEM_ACTOR, changes[change])

    if change == "roles":
        assert door.check("anna", PASSWORD).roles == ("OWNER",)
    else:
        refused(door, "anna", PASSWORD)


def test_nothing_that_is_remembered_names_the_password(anna: User, door: Logins) -> None:
    door.check("anna", PASSWORD)

    assert PASSWORD.encode() not in b"".join(door._verified)
    assert all(len(tag) == 32 for tag in door._verified)


# ------------------------------------------------------------ lock-out


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    calls: list[int] = []
    verify = users.is_hash_of
    monkeypatch.setattr(users, "is_hash_of", lambda stored, tried: calls.append(1) or verify(stored, tried))
    return lambda: len(calls)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets passwords be compared without argon2id, where a test tries many."""
    monkeypatch.setattr(users, "is_hash_of", lambda stored, tried: tried == PASSWORD.encode())


def test_ten_failures_lock_the_account_for_fifteen_minutes(
    anna: User, door: Logins, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    for _ in range(MAX_FAILURES):
        clock.move_to(clock.now() + timedelta(seconds=80))
        refused(door, "anna", "wrong")

    refused(door, "anna", PASSWORD)
    clock.move_to(clock.now() + FAILURE_WINDOW - timedelta(seconds=1))
    refused(door, "anna", PASSWORD)
    clock.move_to(clock.now() + timedelta(seconds=1))

    assert door.check("anna", PASSWORD).id == "anna"


def test_failures_spread_over_a_longer_time_lock_nobody_out(
    anna: User, door: Logins, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    for _ in range(2 * MAX_FAILURES):
        clock.move_to(clock.now() + timedelta(minutes=2))
        refused(door, "anna", "wrong")

    assert door.check("anna", PASSWORD).id == "anna"


def test_a_success_forgets_the_failures_before_it(anna: User, door: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            refused(door, "anna", "wrong")
        Logins(door._engine).check("anna", PASSWORD)


def test_a_new_password_unlocks(
    engine: ProcessEngine, anna: User, door: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    for _ in range(MAX_FAILURES):
        refused(door, "anna", "wrong")

    engine.run(SYSTEM_ACTOR, users.set_password, "anna", PASSWORD)

    assert door.check("anna", PASSWORD).id == "anna"


# ------------------------------------------------------------ sessions


@pytest.fixture
def session(engine: ProcessEngine, anna: User) -> tuple[str, Session]:
    return engine.run(SYSTEM_ACTOR, sessions.open_session, anna)


def found(engine: ProcessEngine, token: str) -> Session | None:
    return engine.read(SYSTEM_ACTOR, sessions.find, token)


def test_a_session_is_found_by_its_token_which_is_stored_hashed(
    engine: ProcessEngine, anna: User, session: tuple[str, Session], tmp_path: Path
) -> None:
    token, opened = session

    assert found(engine, token) == Session(anna, opened.csrf_token)
    assert found(engine, token[:-1]) is None
    assert token.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_a_session_ends_half_an_hour_after_the_last_request(
    engine: ProcessEngine, session: tuple[str, Session], clock: VirtualClock
) -> None:
    token = session[0]
    clock.move_to(clock.now() + IDLE - timedelta(seconds=1))
    live = found(engine, token)
    assert live is not None
    assert live.stale
    engine.run(SYSTEM_ACTOR, sessions.touch, token)

    clock.move_to(clock.now() + IDLE - timedelta(seconds=1))
    assert found(engine, token) is not None
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert found(engine, token) is None


def test_a_session_ends_twelve_hours_after_the_log_in(
    engine: ProcessEngine, session: tuple[str, Session], clock: VirtualClock
) -> None:
    token, begin = session[0], clock.now()
    while clock.now() + timedelta(minutes=20) < begin + ABSOLUTE:
        clock.move_to(clock.now() + timedelta(minutes=20))
        engine.run(SYSTEM_ACTOR, sessions.touch, token)
    assert found(engine, token) is not None

    clock.move_to(begin + ABSOLUTE)

    assert found(engine, token) is None


def test_logging_out_and_any_change_of_the_user_end_sessions(engine: ProcessEngine, anna: User) -> None:
    changes: list[Callable[[CommandContext, str], None]] = [
        sessions.close_session,
        lambda ctx, _: users.set_password(ctx, "anna", PASSWORD),
        lambda ctx, _: users.set_roles(ctx, "anna", ["CSD"]),
        lambda ctx, _: users.set_active(ctx, "anna", active=False),
    ]
    for change in changes:
        token, _ = engine.run(SYSTEM_ACTOR, sessions.open_session, anna)
        engine.run(SYSTEM_ACTOR, change, token)
        assert found(engine, token) is None


def test_sessions_that_are_over_are_cleared_away(
    engine: ProcessEngine, anna: User, session: tuple[str, Session], clock: VirtualClock
) -> None:
    clock.move_to(clock.now() + ABSOLUTE)

    engine.run(SYSTEM_ACTOR, sessions.open_session, anna)

    def count(ctx: CommandContext) -> int:
        return len(ctx.connection.execute(select(models.session)).all())

    assert engine.read(SYSTEM_ACTOR, count) == 1


def test_a_write_needs_the_token_that_no_other_site_can_read(session: tuple[str, Session]) -> None:
    opened = session[1]

    sessions.require_csrf(opened, opened.csrf_token)
    for wrong in (None, "", "x", opened.csrf_token + "x", "密"):
        with pytest.raises(Forbidden):
            sessions.require_csrf(opened, wrong)
