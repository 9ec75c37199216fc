"""A small sample of the kill test; `make proof` runs it in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kills import run


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_done_twice(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue(f"{kind}_url")

    result = run(3, 7, url, tmp_path)

    assert result["problems"] == []
    assert result["chain_verifies"]
    assert result["completed"] > 0
