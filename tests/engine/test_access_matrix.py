"""The access matrix is DT-07 cell by cell, with the provenance of each grant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.access_matrix import matrix, parse_matrix
from engine.errors import ParseFailed
from engine.findings import Finding

RULES = Path(__file__).parents[2] / "rules"
SOURCE = yaml.safe_load((RULES / "access" / "access.yaml").read_bytes())


def faults(change: str, by: str) -> list[Finding]:
    text = (RULES / "access" / "access.yaml").read_text()
    assert change in text
    try:
        parse_matrix(text.replace(change, by, 1).encode(), name="access.yaml")
    except ParseFailed as failed:
        return list(failed.findings["access.yaml"])
    raise AssertionError("the matrix was accepted")


def test_every_role_with_data_has_every_column_once() -> None:
    found = matrix(RULES)

    named = {role for role, _ in found.cells}
    assert named == {role for role in found.roles if role not in {"CUST", "ADMIN"}}
    assert len(found.cells) == len(named) * 11


def test_only_cells_whose_wording_says_so_are_policy() -> None:
    for (role, column), cell in matrix(RULES).cells.items():
        for grant in cell.grants:
            assert grant.provenance == "H" or "P 002" in cell.text, (role, column)


def test_every_cell_that_says_policy_has_a_policy_grant() -> None:
    for (role, column), cell in matrix(RULES).cells.items():
        if "P 002" in cell.text:
            assert any(grant.provenance == "P" for grant in cell.grants), (role, column)


def test_a_dash_grants_nothing() -> None:
    for (role, column), cell in matrix(RULES).cells.items():
        if cell.text == "–":
            assert cell.grants == (), (role, column)


def test_writing_beyond_the_cells_shows_nothing_and_is_of_the_house() -> None:
    found = matrix(RULES)

    assert found.writing
    for (role, column), grants in found.writing.items():
        assert {(grant.access, grant.provenance) for grant in grants} == {("edit", "H")}, (role, column)
        assert "case" in found.writes([role], column)
        assert grants[0] not in found.grants([role], column)


def test_who_is_not_named_is_granted_nothing() -> None:
    found = matrix(RULES)

    assert found.grants(["CUST", "NOBODY"], "BASIC") == []
    assert not found.allows(["CSR"], "Deployment", "create")
    assert not found.allows(["ADMIN"], "Deployment", "explode")


@pytest.mark.parametrize(
    ("change", "by", "code"),
    [
        ("grants: [read all P, edit assigned_task H]", "grants: [read everything P]", "bad-grant"),
        ("grants: [read all P, edit assigned_task H]", "grants: [own all P]", "bad-grant"),
        ("grants: [read all P, edit assigned_task H]", "grants: [read all]", "bad-grant"),
        ("grants: [read all P, edit assigned_task H]", "grants: [read all X]", "no-provenance"),
        ("- roles: [CSD]", "- roles: [CSD, BOSS]", "unknown-role"),
        ("- roles: [CSD]", "- roles: [CSD, CSR]", "duplicate-row"),
        ("delete: [ADMIN]", "delete: [BOSS]", "unknown-role"),
        ("      SYSTEM: {", "      OTHER: {", "columns"),
        ("columns: [NEED], grant", "columns: [NEEDS], grant", "columns"),
        ("- {roles: [FRONT], columns", "- {roles: [BOSS], columns", "unknown-role"),
        ("columns:", "columns: [", "bad-yaml"),
    ],
)
def test_a_doubtful_matrix_is_refused_as_a_whole(change: str, by: str, code: str) -> None:
    assert code in {fault.code for fault in faults(change, by)}
