"""Decision definitions: the deployed versions of tables, and trying one without a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import authorizations, decisions, definitions, models, releases
from engine.context import CommandContext
from engine.definition_queries import selection
from engine.definitions import Deployed
from engine.errors import NotFound
from engine.queries import Conditions, among, equal, like

TABLE = models.definition


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Filters of decision definitions. `latest` keeps what is in force of each key."""

    id: str | None = equal(TABLE.c.id)
    ids: tuple[str, ...] | None = among(TABLE.c.id)
    key: str | None = equal(TABLE.c.key)
    key_like: str | None = like(TABLE.c.key)
    name: str | None = equal(TABLE.c.name)
    name_like: str | None = like(TABLE.c.name)
    version: int | None = equal(TABLE.c.version)
    version_tag: str | None = equal(TABLE.c.version_tag)
    deployment_id: str | None = equal(TABLE.c.deployment_id)
    latest: bool | None = None


def _conditions(query: DecisionQuery) -> Conditions:
    if query.id is None and query.deployment_id is None:
        yield TABLE.c.released_at.is_not(None)


DECISIONS = selection("decision", TABLE, _conditions)
find, count = DECISIONS.find, DECISIONS.count


def get(ctx: CommandContext, definition_id: str) -> Deployed:
    """Returns a deployed decision by id; raises NotFound."""
    deployed = ctx.engine.definitions.deployed(ctx, definition_id)
    if deployed.kind != "decision":
        raise NotFound(f"there is no decision definition {definition_id}")
    return deployed


def latest(ctx: CommandContext, key: str) -> Deployed:
    """Returns the version of a key that is in force; raises NotFound."""
    return definitions.resolve(ctx, "decision", key, release=releases.current(ctx))


def evaluate(ctx: CommandContext, deployed: Deployed, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Tries a decision without a case; returns the outputs of each row that fired, nothing is kept."""
    authorizations.require(ctx, "DecisionDefinition", "evaluate")
    result = decisions.decide(ctx, deployed, values)
    if result.rows:
        return [row.outputs for row in result.rows]
    if result.output is None:
        return []
    return [result.output if isinstance(result.output, Mapping) else {deployed.key: result.output}]
