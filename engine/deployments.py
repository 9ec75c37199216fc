"""Deployments: diagrams, tables and forms brought in together, checked as a whole, kept exactly as uploaded.

What concerns no controlled key is in force at once. A person's deployment of a controlled key, or of a diagram that
declares itself `controlled`, is a proposal: stored and checked, not in force (engine/proposals.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from engine import authorizations, definitions, entries, history, models, proposals, releases, variables
from engine.access_matrix import matrix, role_codes
from engine.bpmn.definition import Definition
from engine.context import CommandContext
from engine.deployment_files import Checked, check_resources, definitions_in, with_imports
from engine.drawn_forms import with_forms
from engine.errors import InvalidRequest, NotFound, ParseFailed, StaleRevision
from engine.findings import Finding
from engine.forms import Form
from engine.ids import new_id
from engine.references import check_definition

CONTROLLED = "controlled"  # property of a process that declares its key controlled


@dataclass(frozen=True, slots=True)
class Deployment:
    """What one upload brought. `definitions` are the new versions; an upload without changes brings none.

    `proposal_id` is set where they are not in force but wait for a second person.
    """

    id: str
    name: str
    source: str | None
    deployed_at: int
    deployed_by: str
    definitions: tuple[definitions.Deployed, ...] = ()
    warnings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    proposal_id: str | None = None


def create(
    ctx: CommandContext,
    *,
    name: str,
    resources: Mapping[str, bytes],
    source: str | None = None,
    duplicate_filtering: bool = False,
    changed_only: bool = False,
    controlled: bool = False,
) -> Deployment:
    """Deploys files. All are checked before anything is kept; ParseFailed lists every fault of every file.

    `duplicate_filtering`: an upload equal to the last one of the same name brings nothing new. `changed_only`: of a
    changed upload only the changed files get new versions. `controlled`: the keys need a second person from now on.
    """
    authorizations.require_deploy(ctx)
    if not resources:
        raise InvalidRequest("a deployment needs at least one file")
    resources = with_forms(resources)
    checked = _checked(ctx, resources)
    wanted = dict(resources)
    if duplicate_filtering or changed_only:
        present = _last_hashes(ctx, name, source)
        changed = {file: body for file, body in resources.items() if present.get(file) != _sha(body)}
        if not changed:
            return _unchanged(ctx, name, source)
        wanted = with_imports(resources, changed) if changed_only else wanted
    try:
        return _store(ctx, name, source, wanted, checked, controlled=controlled)
    except IntegrityError as cause:
        raise StaleRevision("another deployment took the next version or release meanwhile") from cause


def _checked(ctx: CommandContext, resources: Mapping[str, bytes]) -> Checked:
    settings = ctx.engine.settings
    checked = check_resources(
        resources,
        limits=settings.limits,
        roles=role_codes(settings.rules),
        handled=frozenset(ctx.engine.handlers),
    )
    _warn_of_unknown(ctx, checked)
    return checked


def _warn_of_unknown(ctx: CommandContext, checked: Checked) -> None:
    """Adds what the diagrams name and nobody has deployed: neither this upload nor an earlier one."""
    held = ctx.engine.definitions.contents(ctx, releases.current(ctx))
    known = {kind: set(held.get(kind, ())) for kind in ("process", "decision", "form")}
    known["form"] |= {form.id for form in checked.forms.values()}
    known["decision"] |= {key for model in checked.models.values() for key in model.decisions}
    known["process"] |= {one.key for found in checked.processes.values() for one in found}
    forms = {form.id: form for form in checked.forms.values()}
    for file, found in checked.processes.items():
        checked.warnings[file] += [warning for one in found for warning in check_definition(one, known)]
        checked.warnings[file] += [warning for one in found for warning in _warn_of_writing(ctx, one, forms)]


def _warn_of_writing(ctx: CommandContext, one: Definition, forms: Mapping[str, Form]) -> Iterator[Finding]:
    """Yields what tasks ask of roles that may not write it, by the forms of this upload, else by those in force."""
    rules, release = ctx.engine.settings.rules, releases.current(ctx)
    if role_codes(rules) is None:
        return
    held = {ref: form for ref in one.form_refs if (form := variables.find_form(ctx, ref, release)) is not None}
    yield from entries.check(one, {**held, **forms}, matrix(rules))


def findings(ctx: CommandContext, resources: Mapping[str, bytes]) -> dict[str, list[Finding]]:
    """Returns what a deployment of the files would find, errors and warnings by file; nothing is kept."""
    authorizations.require_deploy(ctx)
    try:
        checked = _checked(ctx, with_forms(resources))
    except ParseFailed as refused:
        return {file: list(found) for file, found in refused.findings.items()}
    return {file: found for file, found in checked.warnings.items() if found}


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _last_hashes(ctx: CommandContext, name: str, source: str | None) -> dict[str, str]:
    """Returns file -> SHA-256 of the newest version of each file under a deployment name."""
    files, deployment = models.resource, models.deployment
    rows = ctx.connection.execute(
        select(files.c.name, files.c.sha256)
        .join(deployment, deployment.c.id == files.c.deployment_id)
        .where(deployment.c.name == name, deployment.c.id.not_in(_turned_down()))
        .order_by(deployment.c.deployed_at, deployment.c.id)
    )
    return {row.name: row.sha256 for row in rows}


def _turned_down() -> Select[Any]:
    """What was proposed and rejected may be deployed again, unchanged."""
    table = models.proposal
    return select(table.c.deployment_id).where(table.c.state.in_(proposals.TURNED_DOWN))


def _unchanged(ctx: CommandContext, name: str, source: str | None) -> Deployment:
    table = models.deployment
    row = ctx.connection.execute(
        select(table)
        .where(table.c.name == name, table.c.id.not_in(_turned_down()))
        .order_by(table.c.deployed_at.desc(), table.c.id.desc())
        .limit(1)
    ).one()
    return Deployment(row.id, row.name, row.source, row.deployed_at, row.deployed_by)


def _store(
    ctx: CommandContext,
    name: str,
    source: str | None,
    resources: Mapping[str, bytes],
    checked: Checked,
    *,
    controlled: bool,
) -> Deployment:
    deployment_id = new_id()
    ctx.connection.execute(
        insert(models.deployment).values(
            id=deployment_id,
            name=name,
            source=source,
            deployed_at=ctx.now_micros,
            deployed_by=ctx.actor.user_id,
        )
    )
    rows = [
        {"id": new_id(), "deployment_id": deployment_id, "name": file, "sha256": _sha(body), "body": body}
        for file, body in resources.items()
    ]
    ctx.connection.execute(insert(models.resource), rows)
    brought = _insert_definitions(ctx, deployment_id, rows, checked)
    declared = controlled or _declares_control(checked, resources)
    proposal_id = number = None
    if _needs_second_person(ctx, brought, controlled=controlled, declared=declared):
        proposal_id = proposals.propose(ctx, deployment_id, brought)
    else:
        number = releases.publish(ctx, deployment_id, brought) if brought else releases.current(ctx)
        if declared:
            releases.control(ctx, brought)
    made_ids = [definition_id for keys in brought.values() for definition_id in keys.values()]
    _record(ctx, deployment_id, name, number, rows, brought)
    return Deployment(
        id=deployment_id,
        name=name,
        source=source,
        deployed_at=ctx.now_micros,
        deployed_by=ctx.actor.user_id,
        definitions=tuple(ctx.engine.definitions.deployed(ctx, made_id) for made_id in made_ids),
        warnings=checked.warnings,
        proposal_id=proposal_id,
    )


def _insert_definitions(
    ctx: CommandContext, deployment_id: str, rows: Sequence[Mapping[str, Any]], checked: Checked
) -> dict[str, dict[str, str]]:
    """Returns {kind: {key: definition id}} of the new versions."""
    brought: dict[str, dict[str, str]] = {}
    for row in rows:
        for found in definitions_in(checked, str(row["name"])):
            made = _insert_definition(ctx, deployment_id, row, found)
            if made["key"] in brought.get(made["kind"], {}):
                raise InvalidRequest(f"the deployment holds {made['kind']} {made['key']} twice")
            brought.setdefault(made["kind"], {})[made["key"]] = made["id"]
    return brought


def _declares_control(checked: Checked, resources: Mapping[str, bytes]) -> bool:
    return any(
        process.properties.get(CONTROLLED) == "true"
        for file in resources
        for process in checked.processes.get(file, ())
    )


def _needs_second_person(
    ctx: CommandContext, brought: Mapping[str, Mapping[str, str]], *, controlled: bool, declared: bool
) -> bool:
    """The system itself approves (demonstration, scenarios). The operator, who may say `controlled`, puts the first
    release of a key into force; whoever else declares a new key controlled has its first release approved, too."""
    if ctx.actor.is_system or not brought:
        return False
    return bool(releases.controlled_among(ctx, brought)) or (declared and not controlled)


def _record(
    ctx: CommandContext,
    deployment_id: str,
    name: str,
    release: int | None,
    rows: Sequence[Mapping[str, Any]],
    brought: Mapping[str, Mapping[str, str]],
) -> None:
    files = {row["name"]: row["sha256"] for row in rows}
    body = {
        "deployment": deployment_id,
        "name": name,
        "release": release,
        "files": files,
        "definitions": brought,
    }
    history.record(ctx, history.ADMIN_CHAIN, "deployment.created", body)


def _insert_definition(
    ctx: CommandContext, deployment_id: str, resource: Mapping[str, Any], found: Mapping[str, Any]
) -> dict[str, Any]:
    table = models.definition
    newest = select(func.coalesce(func.max(table.c.version), 0)).where(
        table.c.kind == found["kind"], table.c.key == found["key"]
    )
    row = {
        "id": new_id(),
        "version": ctx.connection.execute(newest).scalar_one() + 1,
        "deployment_id": deployment_id,
        "resource_id": resource["id"],
        "sha256": resource["sha256"],
        **found,
    }
    ctx.connection.execute(insert(table).values(**row))
    return row


def get(ctx: CommandContext, deployment_id: str) -> Deployment:
    """Returns a deployment; raises NotFound."""
    table = models.deployment
    row = ctx.connection.execute(select(table).where(table.c.id == deployment_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no deployment {deployment_id}")
    brought = ctx.connection.execute(
        select(models.definition.c.id).where(models.definition.c.deployment_id == deployment_id)
    ).all()
    return Deployment(
        row.id,
        row.name,
        row.source,
        row.deployed_at,
        row.deployed_by,
        tuple(ctx.engine.definitions.deployed(ctx, made.id) for made in brought),
    )


def resources_of(ctx: CommandContext, deployment_id: str) -> list[tuple[str, str]]:
    """Returns (resource id, file name) of a deployment."""
    table = models.resource
    rows = ctx.connection.execute(
        select(table.c.id, table.c.name).where(table.c.deployment_id == deployment_id).order_by(table.c.name)
    )
    return [(row.id, row.name) for row in rows]
