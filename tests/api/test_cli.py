"""What the command says before it can do anything."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from api.cli import main


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
