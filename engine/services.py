"""What a running instance may ask of the engine while it runs in memory: decisions, called diagrams, the instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from engine import decisions, definitions
from engine.bpmn.definition import Definition
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.dmn.result import DecisionResult
from engine.errors import ExecutionFailed, NotFound
from engine.feel import Environment


class InstanceServices:
    """The port of `engine.bpmn.instance.Services`, bound to one transaction and one release."""

    def __init__(self, ctx: CommandContext, *, release: int, deployment_id: str) -> None:
        self._ctx = ctx
        self._release = release
        self._deployment_id = deployment_id
        self._environment: Environment | None = None

    @property
    def now(self) -> datetime:
        return self._ctx.now

    @property
    def environment(self) -> Environment:
        if self._environment is None:
            self._environment = decisions.environment(self._ctx)
        return self._environment

    def decide(
        self,
        decision_ref: str,
        variables: Mapping[str, Any],
        *,
        binding: str = "latest",
        version: str | None = None,
        anchor: datetime | None = None,
    ) -> DecisionResult:
        """Asks a deployed decision; a missing one stops the instance with a sentence that says so."""
        deployed = self._resolve("decision", decision_ref, binding, version)
        return decisions.decide(self._ctx, deployed, variables, anchor=anchor)

    def definition(self, key: str, *, binding: str = "latest", version: str | None = None) -> tuple[str, Definition]:
        """Returns the diagram that a call activity names, with its definition id."""
        deployed = self._resolve("process", key, binding, version)
        return deployed.id, self.definition_by_id(deployed.id)

    def definition_by_id(self, definition_id: str) -> Definition:
        return self._ctx.engine.definitions.process(self._ctx, definition_id)

    def _resolve(self, kind: Literal["decision", "process"], key: str, binding: str, version: str | None) -> Deployed:
        try:
            return definitions.resolve(
                self._ctx,
                kind,
                key,
                release=self._release,
                binding=binding,
                version=version,
                deployment_id=self._deployment_id,
            )
        except NotFound as cause:
            raise ExecutionFailed(str(cause), code=f"unknown{kind.capitalize()}") from cause
