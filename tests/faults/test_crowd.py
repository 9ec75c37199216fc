"""A small sample of the crowd on the same tasks; `make proof` runs it in full."""

from __future__ import annotations

from pathlib import Path

from tests.faults.crowd import run


def test_each_task_is_completed_once_and_losers_are_told_who_has_it(postgresql_url: str, tmp_path: Path) -> None:
    result = run(6, 16, postgresql_url, tmp_path)

    assert result["problems"] == []
    assert result["completed"] == 16
    assert result["refused_with_holder"] == 5 * 16
