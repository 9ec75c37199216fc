"""`marque user token`: the tokens of programs at the command line."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Column, Table

from api.calendar_commands import Opened
from api.times import write_micros
from engine import tokens
from engine.context import SYSTEM_ACTOR, Actor
from engine.tokens import DEFAULT_DAYS, MAX_DAYS


def token_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("token")
    def group() -> None:
        """Tokens that programs log in with."""

    @group.command("add")
    @click.argument("user_id")
    @click.option("--name", required=True, help="What the token is for.")
    @click.option("--role", "roles", multiple=True, help="One of the user's roles; all of them if none is given.")
    @click.option("--read-only", is_flag=True, help="The token may only read.")
    @click.option("--days", type=click.IntRange(1, MAX_DAYS), default=DEFAULT_DAYS, show_default=True)
    def add(user_id: str, name: str, roles: tuple[str, ...], read_only: bool, days: int) -> None:
        """Make a token; it is printed this once.

        Example: marque user token add mailer --name "mail gateway" --role WORKER --days 30
        """
        with opened() as engine:
            secret, made = engine.run(
                SYSTEM_ACTOR,
                tokens.create,
                user_id=user_id,
                name=name,
                roles=roles or None,
                read_only=read_only,
                days=days,
            )
        click.echo(secret)
        click.echo(f"token {made.id} of {user_id}, expires {write_micros(made.expires_at)}", err=True)

    @group.command("list")
    @click.argument("user_id")
    def list_(user_id: str) -> None:
        """Show the tokens of a user, without their secrets.

        Example: marque user token list mailer
        """
        with opened() as engine:
            found = engine.read(Actor(user_id), tokens.listed)
        table = Table(Column("id", no_wrap=True), "name", "roles", "read only", "expires", "last used", "revoked")
        for one in found:
            instants = (write_micros(at) or "–" for at in (one.expires_at, one.last_used_at, one.revoked_at))
            table.add_row(one.id, one.name, ", ".join(one.roles), "yes" if one.read_only else "no", *instants)
        console.print(table)

    @group.command("revoke")
    @click.argument("token_id")
    def revoke(token_id: str) -> None:
        """End a token at once.

        Example: marque user token revoke 0193…
        """
        with opened() as engine:
            engine.run(SYSTEM_ACTOR, tokens.revoke, token_id)
        console.print(f"token {token_id} revoked")

    return group
