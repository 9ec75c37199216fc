"""`marque searches`: what cases are found by, at the command line."""

from __future__ import annotations

from typing import cast

import click
from rich.console import Console

from api.calendar_commands import Opened
from crm import reindexing
from crm.vault import PersonVault
from engine.context import SYSTEM_ACTOR

BATCH = 200  # cases in one transaction: on SQLite everybody else waits for it, about a tenth of a second


def searches_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("searches")
    def group() -> None:
        """Finding cases by plate and case number."""

    @group.command("reindex")
    @click.option("--batch", type=click.IntRange(min=1), default=BATCH, show_default=True, help="Cases at a time.")
    def reindex(batch: int) -> None:
        """Let cases be found that began before there was an index; interrupted, it goes on where it stopped.

        It may run while people work. Nothing readable is written or printed.

        Example: marque searches reindex
        """
        with opened() as engine:
            vault, read = cast(PersonVault, engine.vault), 0
            while True:
                done = engine.run(SYSTEM_ACTOR, reindexing.run_batch, vault, batch)
                read += done.cases
                console.print(f"{read} case(s) indexed, {done.left} left")
                if not done.left:
                    return

    return group
