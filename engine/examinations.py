"""Examines a proposal before somebody approves it: files, cases beside tables, scenarios.

Reading happens in one transaction, checking in none: scenarios play for seconds on a database of their own. The result
names the release against which it was made; approving asks for one that is still current.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlalchemy import select

from engine import models, proposals, releases
from engine.bpmn.definition import Definition
from engine.context import CommandContext
from engine.definitions import body_of
from engine.deployment_files import CASES_FILE, Checked, check_resources
from engine.dmn.cases import Case, read_cases, run_cases
from engine.dmn.decision import compile_model
from engine.errors import ParseFailed
from engine.proposals import Examination
from engine.settings import Limits

SCENARIOS_FOLDER = "scenarios"
MAX_FAILURES = 100
# Plays scenarios (name -> YAML) on files (name -> bytes) and returns what did not hold, as sentences.
Player = Callable[[Mapping[str, bytes], Mapping[str, bytes]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the examination of a proposal reads.

    `files` are what it brings, `surroundings` everything that would be in force with it. `cases` and `scenarios` are
    its own, and those in force for what it touches and does not bring itself.
    """

    proposal_id: str
    release: int
    files: Mapping[str, bytes]
    surroundings: Mapping[str, bytes]
    own_cases: Mapping[str, bytes] = field(default_factory=dict)
    cases_in_force: Mapping[str, bytes] = field(default_factory=dict)
    scenarios: Mapping[str, bytes] = field(default_factory=dict)


def read_dossier(ctx: CommandContext, proposal_id: str) -> Dossier:
    """Collects what the examination of a proposal needs; raises NotFound."""
    proposal = proposals.get(ctx, proposal_id)
    brought = _files_of(ctx, proposal.deployment_id)
    beside = _in_force_beside(ctx)
    touched = _touched_processes(ctx, proposal)
    scenarios = {name: body for name, body in beside.items() if _process_of(name) in touched}
    own_scenarios = {name: body for name, body in brought.items() if _is_scenario(name)}
    return Dossier(
        proposal_id=proposal_id,
        release=releases.current(ctx),
        files={name: body for name, body in brought.items() if not _is_companion(name)},
        surroundings=_surroundings(ctx, proposal.draft_release),
        own_cases={name: body for name, body in brought.items() if _is_cases(name)},
        cases_in_force={name: body for name, body in beside.items() if _is_cases(name)},
        scenarios=scenarios | own_scenarios,
    )


def examine(
    dossier: Dossier, *, limits: Limits, roles: Collection[str] | None = None, play: Player | None = None
) -> Examination:
    """Checks the files again, runs the cases of their tables, plays the scenarios. `limits` bound a file,
    `roles` are the known role codes.

    Without a player a proposal that has scenarios does not pass.
    """
    try:
        checked = check_resources(dossier.files, limits=limits, roles=roles)
    except ParseFailed as refused:
        faults = [f"{name}: {one}" for name, found in refused.findings.items() for one in found]
        return _told(dossier, faults, files=len(dossier.files))
    warnings = [f"{name}: {one}" for name, found in checked.warnings.items() for one in found]
    cases, failures = _run_cases(dossier, checked)
    if dossier.scenarios:
        failures += ["the scenarios were not played"] if play is None else _play(dossier, play)
    return _told(dossier, failures, files=len(dossier.files), cases=cases, warnings=warnings)


def _told(
    dossier: Dossier, failures: Sequence[str], *, files: int, cases: int = 0, warnings: Sequence[str] = ()
) -> Examination:
    return Examination(
        proposal_id=dossier.proposal_id,
        release=dossier.release,
        failures=tuple(failures[:MAX_FAILURES]),
        files=files,
        cases=cases,
        scenarios=len(dossier.scenarios),
        warnings=tuple(warnings[:MAX_FAILURES]),
    )


def _play(dossier: Dossier, play: Player) -> list[str]:
    return list(play(dossier.surroundings, dossier.scenarios))


def _run_cases(dossier: Dossier, checked: Checked) -> tuple[int, list[str]]:
    """Runs the proposal's own cases; where it brings none for a decision, those in force count."""
    own = list(_cases(dossier.own_cases))
    covered = {case.decision for case in own}
    inherited = [case for case in _cases(dossier.cases_in_force) if case.decision not in covered]
    count, failures = 0, []
    for file, model in checked.models.items():
        compiled = compile_model(model)
        try:
            results = run_cases(compiled, [case for case in own + inherited if case.decision in model.decisions])
        finally:
            compiled.close()
        count += len(results)
        failures += [f"{file}: {one.case.name}: {one.reason}" for one in results if not one.passed]
    return count, failures


def _cases(files: Mapping[str, bytes]) -> Iterator[Case]:
    for name, body in files.items():
        yield from read_cases(body, name=name)


# ------------------------------------------------------------ what is read


def _files_of(ctx: CommandContext, deployment_id: str) -> dict[str, bytes]:
    table = models.resource
    query = select(table.c.name, table.c.body).where(table.c.deployment_id == deployment_id).order_by(table.c.name)
    return {row.name: bytes(row.body) for row in ctx.connection.execute(query)}


def _in_force_beside(ctx: CommandContext) -> dict[str, bytes]:
    """Returns the newest cases and scenarios by file name, without those of proposals that are not in force."""
    table, deployment, proposal = models.resource, models.deployment, models.proposal
    waiting = select(proposal.c.deployment_id).where(proposal.c.state != proposals.RELEASED)
    rows = ctx.connection.execute(
        select(table.c.name, table.c.body)
        .join(deployment, deployment.c.id == table.c.deployment_id)
        .where(table.c.name.like("%.yaml"), deployment.c.id.not_in(waiting))
        .order_by(deployment.c.deployed_at, deployment.c.id)
    )
    return {row.name: bytes(row.body) for row in rows if _is_companion(row.name)}


def _surroundings(ctx: CommandContext, release: int) -> dict[str, bytes]:
    """Returns the files of a release under names that are unlike: two deployments may call a file the same."""
    held = ctx.engine.definitions.contents(ctx, release)
    found: dict[str, bytes] = {}
    for keys in held.values():
        for definition_id in keys.values():
            deployed = ctx.engine.definitions.deployed(ctx, definition_id)
            name = f"{deployed.resource_id}/{PurePosixPath(deployed.resource_name).name}"
            if name not in found:
                found[name] = bytes(body_of(ctx, deployed.resource_id))
    return found


def _touched_processes(ctx: CommandContext, proposal: proposals.Proposal) -> frozenset[str]:
    """Returns the keys of the processes that change, or that use a table, form or process that does."""
    brought = {kind: frozenset(keys) for kind, keys in proposal.brought.items()}
    held = ctx.engine.definitions.contents(ctx, proposal.draft_release).get("process", {})
    touched = set(brought.get("process", ()))
    for key, definition_id in held.items():
        if _uses(ctx.engine.definitions.process(ctx, definition_id), brought):
            touched.add(key)
    return frozenset(touched)


def _uses(definition: Definition, brought: Mapping[str, frozenset[str]]) -> bool:
    nothing: frozenset[str] = frozenset()
    return bool(
        definition.decision_refs & brought.get("decision", nothing)
        or definition.form_refs & brought.get("form", nothing)
        or definition.called_elements & brought.get("process", nothing)
    )


def _is_companion(name: str) -> bool:
    return _is_cases(name) or _is_scenario(name)


def _is_cases(name: str) -> bool:
    return PurePosixPath(name).name.lower() == CASES_FILE


def _is_scenario(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".yaml" and path.parent.name == SCENARIOS_FOLDER


def _process_of(name: str) -> str:
    """The process of a scenario, by its folder: `<key>/scenarios/<name>.yaml`."""
    return PurePosixPath(name).parent.parent.name if _is_scenario(name) else ""
