"""The access matrix (DT-07) as read from `rules/access/access.yaml`: roles, scopes, cells and operations.

The file is the only place where it is written; engine/authorizations.py and crm/access.py ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from engine.errors import ParseFailed
from engine.findings import Finding

ACCESSES = frozenset({"read", "mask", "edit", "aggregate", "pseudonym", "none"})
PROVENANCES = frozenset({"P", "L", "H"})
EVERYBODY = "*"
FILE = Path("access") / "access.yaml"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the policies. `person` is False where nobody logs in; `members` act for a committee."""

    code: str
    zh: str
    en: str
    department: str | None = None
    person: bool = True
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """One part of a cell: what is granted, what it is tied to, and where the value comes from (P, L, H)."""

    access: str
    scope: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with the wording of the table."""

    text: str
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class AccessMatrix:
    """`cells` by role and column; `relations` by scope; `operations` by resource and operation.

    `writing` holds by role and column what may be written without being seen for it: no cell of the table.
    """

    roles: Mapping[str, Role]
    relations: Mapping[str, str]
    cells: Mapping[tuple[str, str], Cell]
    operations: Mapping[tuple[str, str], frozenset[str]]
    writing: Mapping[tuple[str, str], tuple[Grant, ...]]

    def expanded(self, roles: Iterable[str]) -> frozenset[str]:
        """Returns the roles together with the committees that their holders belong to."""
        held = frozenset(roles)
        return held | {role.code for role in self.roles.values() if role.members & held}

    def grants(self, roles: Iterable[str], column: str) -> list[Grant]:
        """Returns what the roles are granted in a column; several roles add up."""
        cells = (self.cells.get((role, column)) for role in sorted(roles))
        return [grant for cell in cells if cell is not None for grant in cell.grants]

    def relations_of(self, roles: Iterable[str], column: str, access: str) -> frozenset[str]:
        """Returns the relations, one of which must hold for the access."""
        granted = self.grants(roles, column)
        return frozenset(self.relations[grant.scope] for grant in granted if grant.access == access)

    def writes(self, roles: Iterable[str], column: str) -> frozenset[str]:
        """Returns the relations, one of which must hold for writing values of a column."""
        held = frozenset(roles)
        more = (grant for role in held for grant in self.writing.get((role, column), ()))
        return self.relations_of(held, column, "edit") | {self.relations[grant.scope] for grant in more}

    def allows(self, roles: Iterable[str], resource: str, operation: str) -> bool:
        """Tells whether the roles may do this; what the file does not name nobody may."""
        allowed = self.operations.get((resource, operation), frozenset())
        return EVERYBODY in allowed or not allowed.isdisjoint(roles)

    def departments(self, roles: Iterable[str]) -> frozenset[str]:
        """Returns all roles of the departments of these roles."""
        own = {self.roles[role].department for role in roles if role in self.roles} - {None}
        return frozenset(role.code for role in self.roles.values() if role.department in own)


@lru_cache(maxsize=8)
def matrix(rules: Path) -> AccessMatrix:
    """Reads the matrix below a folder of rules, once per process; raises ParseFailed with all faults."""
    return parse_matrix((rules / FILE).read_bytes(), name="access.yaml")


def role_codes(rules: Path) -> frozenset[str] | None:
    """Returns the codes of all roles, None where the folder holds no matrix to compare a name with."""
    return frozenset(matrix(rules).roles) if (rules / FILE).is_file() else None


def parse_matrix(body: bytes, *, name: str) -> AccessMatrix:
    """Reads the matrix; raises ParseFailed with all faults, because a doubtful cell must not grant anything."""
    try:
        data = yaml.safe_load(body)
    except yaml.YAMLError as cause:
        raise ParseFailed({name: [_fault("bad-yaml", "文件不是有效的 YAML", "the file is no valid YAML")]}) from cause
    reader = _Reader()
    result = reader.read(data if isinstance(data, dict) else {})
    if reader.findings:
        raise ParseFailed({name: reader.findings})
    return result


class _Reader:
    """Reads the parts and notes what does not fit together."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def read(self, data: Mapping[str, Any]) -> AccessMatrix:
        roles = {code: _role(code, raw) for code, raw in data.get("roles", {}).items()}
        relations = {scope: str(raw["relation"]) for scope, raw in data.get("scopes", {}).items()}
        columns = list(data.get("columns", {}))
        cells: dict[tuple[str, str], Cell] = {}
        for row in data.get("matrix", []):
            self._row(row, cells, roles=roles, relations=relations, columns=columns)
        operations = {
            (resource, operation): frozenset(allowed)
            for resource, known in data.get("operations", {}).items()
            for operation, allowed in known.items()
        }
        for (resource, operation), allowed in operations.items():
            self._known_roles(allowed - {EVERYBODY}, roles, f"{resource}.{operation}")
        writing = dict(self._writing(data.get("writing", []), roles=roles, relations=relations, columns=columns))
        return AccessMatrix(roles, relations, cells, operations, writing)

    def _writing(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        roles: Mapping[str, Role],
        relations: Mapping[str, str],
        columns: list[str],
    ) -> Iterator[tuple[tuple[str, str], tuple[Grant, ...]]]:
        for row in rows:
            self._known_roles(row["roles"], roles, "writing")
            if not set(row["columns"]) <= set(columns):
                self._note("columns", "writing", "列不完整或未知", "columns are missing or unknown")
            granted = self._grant(row["grant"], relations, "writing")
            for role in row["roles"]:
                yield from (((role, column), (granted,)) for column in row["columns"])

    def _row(
        self,
        row: Mapping[str, Any],
        cells: dict[tuple[str, str], Cell],
        *,
        roles: Mapping[str, Role],
        relations: Mapping[str, str],
        columns: list[str],
    ) -> None:
        named = ", ".join(row["roles"])
        self._known_roles(row["roles"], roles, "matrix")
        given = {column: self._cell(raw, relations, named) for column, raw in row["cells"].items()}
        free = tuple(self._grant(text, relations, named) for text in row["free_text"] if text)
        given["FREE"] = Cell("", free)
        if set(given) != set(columns):
            self._note("columns", named, "列不完整或未知", "columns are missing or unknown")
        for role in row["roles"]:
            for column, cell in given.items():
                if (role, column) in cells:
                    self._note("duplicate-row", role, "角色出现两次", "the role has two rows")
                cells[role, column] = cell

    def _cell(self, raw: Mapping[str, Any], relations: Mapping[str, str], where: str) -> Cell:
        return Cell(str(raw["text"]), tuple(self._grant(text, relations, where) for text in raw["grants"]))

    def _grant(self, text: str, relations: Mapping[str, str], where: str) -> Grant:
        parts = text.split()
        if len(parts) != 3 or parts[0] not in ACCESSES or parts[1] not in relations:
            self._note("bad-grant", where, "授权写法有误", "a grant is <access> <scope> <provenance>")
            return Grant("none", "all", "H")
        if parts[2] not in PROVENANCES:
            self._note("no-provenance", where, "来源应为 P、L 或 H", "the provenance must be P, L or H")
        return Grant(*parts)

    def _known_roles(self, codes: Iterable[str], roles: Mapping[str, Role], where: str) -> None:
        for code in codes:
            if code not in roles:
                self._note("unknown-role", where, f"角色 {code} 未知", f"the role {code} is unknown")

    def _note(self, code: str, where: str, zh: str, en: str) -> None:
        self.findings.append(_fault(code, zh, en, where))


def _fault(code: str, zh: str, en: str, where: str | None = None) -> Finding:
    return Finding("error", code, zh, en, where)


def _role(code: str, raw: Mapping[str, Any]) -> Role:
    return Role(
        code=code,
        zh=raw["zh"],
        en=raw["en"],
        department=raw.get("department"),
        person=raw.get("person", True),
        members=frozenset(raw.get("members", ())),
    )
