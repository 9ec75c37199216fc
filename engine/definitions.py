"""What is deployed, parsed once and shared by all threads: diagrams, tables, forms and the contents of releases.

Everything here is immutable once deployed, so the store only grows; suspension is a column and is not kept here.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

from sqlalchemy import or_, select

from engine import models
from engine.bpmn.definition import Definition
from engine.bpmn.limits import FileLimits
from engine.bpmn.parser import parse
from engine.context import CommandContext
from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.libraries import Library, has_imports
from engine.dmn.xml import TableLimits
from engine.errors import NotFound
from engine.forms import Form, parse_form
from engine.forms.reader import FormLimits
from engine.values import load

# What was accepted once stays readable, whatever bound was tightened since.
ANY_DIAGRAM = FileLimits(*[sys.maxsize] * len(fields(FileLimits)))
ANY_TABLE = TableLimits(*[sys.maxsize] * len(fields(TableLimits)))
ANY_FORM = FormLimits(*[sys.maxsize] * len(fields(FormLimits)))
Kind = Literal["process", "decision", "form"]
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployed version of a diagram, table or form."""

    id: str
    kind: Kind
    key: str
    version: int
    name: str | None
    name_en: str | None
    version_tag: str | None
    deployment_id: str
    resource_id: str
    resource_name: str
    sha256: str
    history_ttl_days: int | None


class DefinitionStore:
    """Reads definitions through the transaction at hand and keeps what it parsed."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._deployed: dict[str, Deployed] = {}
        self._processes: dict[str, Definition] = {}
        self._decisions: dict[str, CompiledModel] = {}  # by resource id: all decisions of a file are one model
        self._forms: dict[str, Form] = {}
        self._made: dict[tuple[object, ...], Any] = {}
        self._releases: dict[int, Mapping[str, Mapping[str, str]]] = {}

    def deployed(self, ctx: CommandContext, definition_id: str) -> Deployed:
        """Returns the row of a definition; raises NotFound."""
        return self._cached(self._deployed, definition_id, lambda: _read_deployed(ctx, definition_id))

    def process(self, ctx: CommandContext, definition_id: str) -> Definition:
        """Returns the parsed diagram of a process definition."""

        def read() -> Definition:
            deployed = self.deployed(ctx, definition_id)
            parsed = parse(
                body_of(ctx, deployed.resource_id), name=deployed.resource_name, deployed=True, limits=ANY_DIAGRAM
            )
            return next(definition for definition in parsed if definition.key == deployed.key)

        return self._cached(self._processes, definition_id, read)

    def decision(self, ctx: CommandContext, definition_id: str) -> CompiledModel:
        """Returns the compiled model in which a decision definition lies."""
        deployed = self.deployed(ctx, definition_id)

        def read() -> CompiledModel:
            files = {deployed.resource_name: body_of(ctx, deployed.resource_id)}
            if has_imports(files[deployed.resource_name]):
                files |= _files_of(ctx, deployed.deployment_id)
            return compile_model(Library(files, ANY_TABLE).model(deployed.resource_name))

        return self._cached(self._decisions, deployed.resource_id, read)

    def form(self, ctx: CommandContext, definition_id: str) -> Form:
        """Returns the parsed form of a form definition."""

        def read() -> Form:
            deployed = self.deployed(ctx, definition_id)
            return parse_form(body_of(ctx, deployed.resource_id), name=deployed.resource_name, limits=ANY_FORM)

        return self._cached(self._forms, definition_id, read)

    def contents(self, ctx: CommandContext, release: int) -> Mapping[str, Mapping[str, str]]:
        """Returns {kind: {key: definition id}} of a release; release 0 is empty."""
        if release == 0:
            return {}
        table = models.release

        def read() -> Mapping[str, Mapping[str, str]]:
            row = ctx.connection.execute(select(table.c.contents).where(table.c.number == release)).one_or_none()
            if row is None:
                raise NotFound(f"there is no release {release}")
            contents: Mapping[str, Mapping[str, str]] = load(row.contents)
            return contents

        return self._cached(self._releases, release, read)

    def remembered(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """Returns what was made of deployed things before; as they never change, neither does it."""
        return self._cached(self._made, key, make)

    def close(self) -> None:
        """Gives back the compiled tables."""
        with self._lock:
            for model in self._decisions.values():
                model.close()
            self._decisions.clear()

    def _cached(self, cache: dict[K, T], key: K, read: Callable[[], T]) -> T:
        found = cache.get(key)
        if found is None:
            with self._lock:
                found = cache.get(key)
                if found is None:
                    found = cache[key] = read()
        return found


def body_of(ctx: CommandContext, resource_id: str) -> bytes:
    """Returns the bytes of a deployed resource, exactly as they were uploaded."""
    table = models.resource
    body: bytes = ctx.connection.execute(select(table.c.body).where(table.c.id == resource_id)).scalar_one()
    return body


def _files_of(ctx: CommandContext, deployment_id: str) -> dict[str, bytes]:
    """The tables that were deployed together: what one of them imports is among them."""
    table = models.resource
    rows = ctx.connection.execute(select(table.c.name, table.c.body).where(table.c.deployment_id == deployment_id))
    return {row.name: row.body for row in rows if row.name.lower().endswith(".dmn")}


def resolve(
    ctx: CommandContext,
    kind: Kind,
    key: str,
    *,
    release: int,
    binding: str = "latest",
    version: str | None = None,
    deployment_id: str | None = None,
) -> Deployed:
    """Returns the version of `key` that a binding names. `latest` is what the release holds; raises NotFound."""
    if binding == "latest":
        found = ctx.engine.definitions.contents(ctx, release).get(kind, {}).get(key)
        if found is None:
            raise NotFound(f"no {kind} {key} is in force (release {release}){_meant(ctx, kind, key, release)}")
        return ctx.engine.definitions.deployed(ctx, found)
    table = models.definition
    query = select(table.c.id).where(table.c.kind == kind, table.c.key == key).order_by(table.c.version.desc())
    # What is only proposed is found from inside its own draft alone.
    own = table.c.deployment_id == deployment_id
    released = table.c.released_at.is_not(None)
    query = query.where(or_(released, own) if release < 0 else released)
    match binding:
        case "deployment":
            query = query.where(table.c.deployment_id == deployment_id)
        case "version":
            query = query.where(table.c.version == int(version or 0))
        case "versionTag":
            query = query.where(table.c.version_tag == version)
        case _:
            raise NotFound(f"the binding {binding} of {kind} {key} is unknown")
    found = ctx.connection.execute(query.limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no {kind} {key} for the binding {binding} {version or ''}".rstrip())
    return ctx.engine.definitions.deployed(ctx, found)


def _meant(ctx: CommandContext, kind: Kind, key: str, release: int) -> str:
    keys = list(ctx.engine.definitions.contents(ctx, release).get(kind, {}))
    return "".join(f"; is {one} meant?" for one in get_close_matches(key[:255], keys, n=1, cutoff=0.8))


def _read_deployed(ctx: CommandContext, definition_id: str) -> Deployed:
    table, files = models.definition, models.resource
    row = ctx.connection.execute(
        select(table, files.c.name.label("resource_name"))
        .join(files, files.c.id == table.c.resource_id)
        .where(table.c.id == definition_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no definition {definition_id}")
    return Deployed(
        id=row.id,
        kind=row.kind,
        key=row.key,
        version=row.version,
        name=row.name,
        name_en=row.name_en,
        version_tag=row.version_tag,
        deployment_id=row.deployment_id,
        resource_id=row.resource_id,
        resource_name=row.resource_name,
        sha256=row.sha256,
        history_ttl_days=row.history_ttl_days,
    )
