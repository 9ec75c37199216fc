"""Compares two files, two deployed versions, or a proposal with what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from sqlalchemy import select

from engine import authorizations, definitions, models, proposals, releases
from engine.bpmn import difference as diagrams
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.deployment_files import FORM_FILE, TABLE_FILE
from engine.differences import Change
from engine.dmn import difference as tables
from engine.dmn.libraries import has_imports
from engine.dmn.reader import read_dmn
from engine.drawn_forms import DIAGRAM
from engine.errors import InvalidRequest, NotFound
from engine.forms import difference as forms
from engine.forms import parse_form

KINDS = ("process", "decision", "form")


def of_files(old: bytes, new: bytes, *, names: tuple[str, str]) -> list[Change]:
    """Returns what differs between two files of one kind, told by their names; raises ParseFailed, InvalidRequest."""
    kinds = [_kind(name) for name in names]
    if kinds[0] != kinds[1]:
        raise InvalidRequest(f"{names[0]} and {names[1]} are files of different kinds")
    if kinds[0] == "process":
        return diagrams.compare(old, new, name=names[1])
    if kinds[0] == "decision":
        pairs = zip((old, new), names, strict=True)
        # What a file imports does not lie beside it here, and is no part of the comparison.
        return tables.compare(*(read_dmn(body, name=name, tolerant=has_imports(body)) for body, name in pairs))
    return forms.compare(parse_form(old, name=names[0]), parse_form(new, name=names[1]))


def _kind(name: str) -> str:
    lower = PurePosixPath(name).name.lower()
    for kind, endings in (("process", DIAGRAM), ("decision", TABLE_FILE), ("form", FORM_FILE)):
        if lower.endswith(endings):
            return kind
    raise InvalidRequest(f"{name} is no diagram, table or form")


def of_versions(ctx: CommandContext, old: str, new: str) -> list[Change]:
    """Returns what differs between two deployed versions; see `named` for how they are named."""
    return _of_deployed(ctx, named(ctx, old), named(ctx, new))


def of_proposal(ctx: CommandContext, proposal_id: str) -> dict[str, list[Change]]:
    """Returns what a proposal changes of what was in force when it was made, by file; a new file is no comparison."""
    proposal = proposals.get(ctx, proposal_id)
    found: dict[str, list[Change]] = {}
    for kind, keys in proposal.brought.items():
        for key, made in keys.items():
            deployed = ctx.engine.definitions.deployed(ctx, made)
            before = proposal.replaces[kind][key]
            if deployed.resource_name in found:
                continue
            old = None if before is None else ctx.engine.definitions.deployed(ctx, before)
            found[deployed.resource_name] = [] if old is None else _of_deployed(ctx, old, deployed)
    return found


def _of_deployed(ctx: CommandContext, old: Deployed, new: Deployed) -> list[Change]:
    bodies = [definitions.body_of(ctx, one.resource_id) for one in (old, new)]
    return of_files(bytes(bodies[0]), bytes(bodies[1]), names=(old.resource_name, new.resource_name))


def named(ctx: CommandContext, name: str) -> Deployed:
    """Returns the version that `key@3`, `key` (the one in force) or a definition id names; raises NotFound.

    Where a process, a decision and a form share a key, `decision:key@3` says which one is meant.
    """
    authorizations.require(ctx, "Deployment", "read")
    kind, _, rest = name.rpartition(":")
    if kind and kind not in KINDS:
        raise InvalidRequest(f"{kind} is no kind of definition; {', '.join(KINDS)} are")
    key, _, version = rest.partition("@")
    if version and not (version.isascii() and version.isdigit() and len(version) < 9):
        raise InvalidRequest(f"the version of {name} must be a number, as in {key}@3")
    found = _find(ctx, kind, key, int(version)) if version else _in_force(ctx, kind, key) or _find_id(ctx, rest)
    if not found:
        raise NotFound(f"there is no definition {name}")
    if len(found) > 1:
        known = " and ".join(f"{one.kind}:{key}" for one in found)
        raise InvalidRequest(f"{name} may mean {known}; name the kind")
    return found[0]


def _find(ctx: CommandContext, kind: str, key: str, version: int) -> list[Deployed]:
    table = models.definition
    query = select(table.c.id).where(table.c.key == key, table.c.version == version)
    rows = ctx.connection.execute(query.where(table.c.kind == kind) if kind else query).all()
    return [ctx.engine.definitions.deployed(ctx, row.id) for row in rows]


def _in_force(ctx: CommandContext, kind: str, key: str) -> list[Deployed]:
    contents: Mapping[str, Mapping[str, str]] = ctx.engine.definitions.contents(ctx, releases.current(ctx))
    held = [keys[key] for each, keys in contents.items() if key in keys and kind in ("", each)]
    return [ctx.engine.definitions.deployed(ctx, definition_id) for definition_id in held]


def _find_id(ctx: CommandContext, definition_id: str) -> list[Deployed]:
    try:
        return [ctx.engine.definitions.deployed(ctx, definition_id)]
    except NotFound:
        return []
