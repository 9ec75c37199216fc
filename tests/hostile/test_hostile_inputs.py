"""Every hostile input is refused or contained, with a message that names the place, and harms nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.hostile.attack import GROUPS, Attack, attacks_of

CPU_SECONDS = 5.0
GROWTH_MB = 300
ALL = [pytest.param(group, attack, id=f"{group}-{attack.id}") for group in GROUPS for attack in attacks_of(group)]


@cache
def reports_of(group: str) -> dict[str, dict[str, Any]]:
    """Throws a whole group in a process of its own; an input that kills it leaves no report."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.hostile.attack", group],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {report["id"]: report for report in reports} | {"": {"stderr": done.stderr[-2_000:]}}


def test_there_are_more_than_a_hundred() -> None:
    ids = [f"{group}-{attack.id}" for group in GROUPS for attack in attacks_of(group)]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 100


@pytest.mark.parametrize(("group", "attack"), ALL)
def test_a_hostile_input_does_no_harm(group: str, attack: Attack) -> None:
    reports = reports_of(group)
    assert attack.id in reports, f"the process died: {reports['']['stderr']}"
    report = reports[attack.id]
    assert report["verdict"] in attack.expected, report
    assert report["named"], report
    assert not report["code_ran"], report
    assert not report["leaked"], report
    assert report["honest"], report
    assert report["cpu_seconds"] < CPU_SECONDS, report
    assert report["grown_mb"] < GROWTH_MB, report
