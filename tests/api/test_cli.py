"""What the command says before it can do anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from api.composition import build_engine
from engine import users
from engine.context import SYSTEM_ACTOR
from engine.settings import Settings, read_settings


def test_a_database_without_this_versions_schema_is_named_with_the_remedy(tmp_path: Path) -> None:
    environment = {
        "MARQUE_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}",
        "MARQUE_KEYSTORE_URL": f"sqlite:///{tmp_path / 'keys.db'}",
        "MARQUE_KEY_FILE": str(tmp_path / "marque.key"),
    }

    told = CliRunner().invoke(main, ["audit", "verify"], env=environment)
    assert told.exit_code == 1
    assert "run marque migrate" in told.output

    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    assert "intact" in CliRunner().invoke(main, ["audit", "verify"], env=environment).output


def test_a_table_is_tried_with_what_would_have_changed_it(tmp_path: Path) -> None:
    environment = {
        "MARQUE_DATABASE_URL": f"sqlite:///{tmp_path / 'house.db'}",
        "MARQUE_KEYSTORE_URL": f"sqlite:///{tmp_path / 'keys.db'}",
        "MARQUE_KEY_FILE": str(tmp_path / "marque.key"),
    }
    rules = Path(__file__).parents[2] / "rules" / "dt_21_compensation_authority"

    def tell(*arguments: str) -> str:
        told = CliRunner().invoke(main, arguments, env=environment)
        assert told.exit_code == 0, told.output
        return told.output

    assert "1 decision table(s): 1 on durable_rules" in tell("check", str(rules))
    tell("migrate")
    tell("deploy", str(rules))
    told = tell("decide", "dt_21", "--set", "amount_fen=20001", "--set", "cross_department=false")

    assert "dt_21 version 1 (release 1, by" in told
    assert "若金额（分）为200.00元（现为200.01元，少0.01元），则审批角色为“CSS”（现为“CSD”）" in told
    assert 'if amount in fen were ¥200.00 (now ¥200.01, ¥0.01 less), role would be "CSS" (now "CSD")' in told


def test_users_are_managed_at_the_command_line(tmp_path: Path) -> None:
    environment = {
        "MARQUE_DATABASE_URL": f"sqlite:///{tmp_path / 'house.db'}",
        "MARQUE_KEYSTORE_URL": f"sqlite:///{tmp_path / 'keys.db'}",
        "MARQUE_KEY_FILE": str(tmp_path / "marque.key"),
    }

    def tell(*arguments: str, fails: bool = False) -> str:
        told = CliRunner().invoke(main, arguments, env=environment)
        assert told.exit_code == int(fails), told.output
        return told.output

    tell("migrate")
    tell("user", "add", "wang", "--name", "王芳", "--role", "CSS", "--password", "green hills 42")
    tell("user", "password", "wang", "--password", "blue hills 42")
    tell("user", "roles", "wang", "--role", "CSR", "--role", "CSD")
    assert "CSD, CSR" in tell("user", "list")
    assert "there is no user li" in tell("user", "deactivate", "wang", "li", fails=True)
    assert "yes" in tell("user", "list"), "all of them or none"
    tell("user", "deactivate", "wang")
    assert "no" in tell("user", "list").split("CSD, CSR")[1]
    tell("user", "activate", "wang")
    assert "commonest" in tell("user", "password", "wang", "--password", "password123", fails=True)


def test_a_server_outside_demo_mode_says_who_has_the_public_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        "MARQUE_DATABASE_URL": f"sqlite:///{tmp_path / 'house.db'}",
        "MARQUE_KEYSTORE_URL": f"sqlite:///{tmp_path / 'keys.db'}",
        "MARQUE_KEY_FILE": str(tmp_path / "marque.key"),
    }
    served: list[Settings] = []
    monkeypatch.setattr("api.server.serve", served.append)

    def start(command: str = "serve", **more: str) -> str:
        told = CliRunner().invoke(main, [command], env=environment | more)
        assert told.exit_code == 0, told.output
        return " ".join(told.output.split())

    assert "public password" not in start(), "without a schema the server says so itself"
    assert "public password" not in start("migrate")
    assert "public password" not in start()
    engine = build_engine(read_settings(environment))
    engine.run(SYSTEM_ACTOR, users.create_demo_users)
    engine.close()

    for command in ("serve", "migrate"):
        told = start(command)
        assert "users have the public password of the demonstration" in told
        assert "admin, " in told
        assert "whoever comes first" not in start(command, MARQUE_DEMO="1")
    assert len(served) == 4
