"""Damaged files do no damage."""

from __future__ import annotations

from tests.engine.dmn import mutations


def test_a_damaged_file_is_read_or_refused_and_nothing_else() -> None:
    report = mutations.run(300, seed=2026)

    assert report.read > 50
    assert report.refused > 50
