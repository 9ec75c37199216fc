"""Taking a deployment back: only one to which nothing refers, because what ran must stay readable."""

from __future__ import annotations

from sqlalchemy import Select, delete, select

from engine import authorizations, deployments, history, models
from engine.context import CommandContext
from engine.errors import Conflict


def remove(ctx: CommandContext, deployment_id: str) -> None:
    """Removes a deployment with its files; raises Conflict naming what refers to it."""
    authorizations.require(ctx, "Deployment", "delete")
    found = deployments.get(ctx, deployment_id)
    reasons = [reason for reason, query in _references(deployment_id).items() if _any(ctx, query)]
    if reasons:
        raise Conflict(f"the deployment {deployment_id} stays: {'; '.join(reasons)}")
    for table in (models.definition, models.resource):
        ctx.connection.execute(delete(table).where(table.c.deployment_id == deployment_id))
    ctx.connection.execute(delete(models.deployment).where(models.deployment.c.id == deployment_id))
    history.record(ctx, history.ADMIN_CHAIN, "deploymentRemoved", {"deployment": deployment_id, "name": found.name})


def _references(deployment_id: str) -> dict[str, Select[tuple[str]]]:
    brought = select(models.definition.c.id).where(models.definition.c.deployment_id == deployment_id)
    return {
        "instances run or ran on its diagrams": select(models.process_instance.c.id).where(
            models.process_instance.c.definition_id.in_(brought)
        ),
        "decisions were taken by its tables": select(models.decision_instance.c.id).where(
            models.decision_instance.c.definition_id.in_(brought)
        ),
        "a release was made from it": select(models.release.c.deployment_id).where(
            models.release.c.deployment_id == deployment_id
        ),
        "a proposal consists of it": select(models.proposal.c.id).where(
            models.proposal.c.deployment_id == deployment_id
        ),
    }


def _any(ctx: CommandContext, query: Select[tuple[str]]) -> bool:
    return ctx.connection.execute(query.limit(1)).first() is not None
