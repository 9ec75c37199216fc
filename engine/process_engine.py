"""The engine as a whole: settings, clock, database, ports and what is parsed once and shared.

Transactions open at three seams only: a resource method, the job executor, a command of the command line. All three
call `run` (write, run again after a lost race) or `read`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from engine.attachments import Attachments
from engine.clock import Clock
from engine.context import Actor, CommandContext
from engine.database import Database
from engine.definitions import DefinitionStore
from engine.errors import ExecutionFailed, StaleRevision
from engine.handlers import Handler
from engine.incidents import open_incident
from engine.keys import derive_key, read_master_key
from engine.live_instances import LiveInstances
from engine.personal_values import Vault
from engine.settings import Settings
from engine.working_calendar import WorkingCalendar
from engine.working_calendar_cache import CalendarCache

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger("marque.engine")


class ProcessEngine:
    """Everything commands share. `vault` keeps personal values, `attachments` knows the files of a case, `handlers` do
    the work of topics inside the house."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        vault: Vault,
        attachments: Attachments,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.vault = vault
        self.attachments = attachments
        self.handlers: Mapping[str, Handler] = handlers or {}
        self.database = Database(settings.database_url)
        self.master_key = read_master_key(settings.key_file)
        self.chain_key = derive_key(self.master_key, "chain")
        self.calendars = CalendarCache(self.database, settings.rules / "calendar")
        self.definitions = DefinitionStore()
        self.live = LiveInstances()
        # Called after each commit that made jobs, so that an executor in this process need not poll.
        self.on_jobs: list[Callable[[], None]] = []
        # Called with the topics after each commit that lets workers fetch something, so that those who wait wake up.
        self.on_external_tasks: list[Callable[[Iterable[str]], None]] = []

    @property
    def calendar(self) -> WorkingCalendar:
        """The working calendar in force."""
        return self.calendars.current

    def run(
        self,
        actor: Actor,
        command: Callable[Concatenate[CommandContext, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a command in one transaction; a lost revision race is run again on fresh state.

        If an instance cannot go on, nothing of the command is kept; an incident in its own transaction says why.
        """
        for attempt in range(self.settings.limits.reruns + 1):
            ctx: CommandContext | None = None
            try:
                with self.transaction(actor) as ctx:
                    return command(ctx, *args, **kwargs)
            except StaleRevision:
                if attempt == self.settings.limits.reruns:
                    raise
                time.sleep(0.002 * 2**attempt)
            except ExecutionFailed as failure:
                if ctx is not None and ctx.instance_id is not None:
                    self._report(actor, ctx.instance_id, failure)
                raise
        raise AssertionError("unreachable")

    def _report(self, actor: Actor, instance_id: str, failure: ExecutionFailed) -> None:
        self.run(
            actor,
            open_incident,
            type=failure.code,
            message=str(failure),
            process_instance_id=instance_id,
            element_id=failure.element_id,
        )

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[CommandContext]:
        """One writing transaction; commits at the end, then runs what waits for the commit."""
        self.calendars.keep_up()
        with self.database.write() as connection:
            ctx = CommandContext(self, connection, self.clock.now(), actor)
            yield ctx
        for call in ctx.after_commit:
            call()

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[CommandContext]:
        """One reading transaction on a consistent snapshot."""
        self.calendars.keep_up()
        with self.database.read() as connection:
            yield CommandContext(self, connection, self.clock.now(), actor)

    def read(
        self,
        actor: Actor,
        query: Callable[Concatenate[CommandContext, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a query in a reading transaction."""
        with self.reading(actor) as ctx:
            return query(ctx, *args, **kwargs)

    def close(self) -> None:
        """Gives back connections and compiled tables, and forgets the keys of the vault."""
        self.database.dispose()
        self.definitions.close()
        self.vault.close()


def jobs_changed(ctx: CommandContext) -> None:
    """Wakes the executors of this process once the transaction is committed."""
    ctx.after_commit.extend(call for call in ctx.engine.on_jobs if call not in ctx.after_commit)
