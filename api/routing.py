"""What the tables of routes are made of. Each area has its own beside its resources; app.py puts them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from api.commands import Commands
from api.job_executor import Executor
from api.security import Doorkeeper
from api.waiting import Waiters
from crm.keystore import KeyStore
from crm.vault import PersonVault
from engine.process_engine import ProcessEngine

Route = tuple[str, Any, str | None]  # template, resource, suffix of its responders
# Where one process definition stands: by its id, or by its key in the version that is in force.
ONE_DEFINITION = ("/process-definition/{definition_id}", "/process-definition/key/{key}")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the resources of one application share."""

    commands: Commands
    doorkeeper: Doorkeeper
    executor: Executor
    waiters: Waiters

    @classmethod
    def of(cls, engine: ProcessEngine, *, run_jobs: bool) -> Parts:
        """Makes the parts for an engine; none of them has begun to run."""
        commands = Commands(engine)
        return cls(commands, Doorkeeper(commands), Executor(engine, wanted=run_jobs), Waiters(engine))

    @property
    def keystore(self) -> KeyStore:
        """The composition root gave the engine this vault; files are encrypted under the keys of the same people."""
        return cast(PersonVault, self.commands.engine.vault).keystore
