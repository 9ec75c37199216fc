"""`marque user`: the local users at the command line, as the system."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Column, Table

from api.calendar_commands import Opened
from api.token_commands import token_group
from engine import users
from engine.context import SYSTEM_ACTOR, CommandContext


def user_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("user")
    def group() -> None:
        """Manage the users."""

    @group.command("add")
    @click.argument("user_id")
    @click.option("--name", required=True, help="The name that colleagues see.")
    @click.option("--role", "roles", multiple=True, required=True, help="A role code; may be given several times.")
    @click.option("--branch", "of_branches", multiple=True, help="A branch of the user; may be given several times.")
    @click.password_option(help="Asked for if it is not given.")
    def add(user_id: str, name: str, roles: tuple[str, ...], of_branches: tuple[str, ...], password: str) -> None:
        """Add a user.

        Example: marque user add wang --name 王芳 --role STORE --branch SZ-NS
        """

        def create(ctx: CommandContext) -> None:
            users.create(ctx, user_id, name=name, roles=roles, password=password, of_branches=of_branches)

        with opened() as engine:
            engine.run(SYSTEM_ACTOR, create)
        console.print(f"user {user_id} added")

    @group.command("list")
    def list_() -> None:
        """Show the users with their roles and branches.

        Example: marque user list
        """
        with opened() as engine:
            found = engine.read(SYSTEM_ACTOR, users.listed)
        table = Table(Column("id", no_wrap=True), "name", "roles", "branches", "active")
        for one in found:
            places = ", ".join(one.branches)
            table.add_row(one.id, one.name, ", ".join(one.roles), places, "yes" if one.active else "no")
        console.print(table, markup=False)

    @group.command("password")
    @click.argument("user_id")
    @click.password_option(help="Asked for if it is not given.")
    def password_(user_id: str, password: str) -> None:
        """Give a user a new password; it unlocks the account and ends the user's sessions.

        Example: marque user password wang
        """
        with opened() as engine:
            engine.run(SYSTEM_ACTOR, users.set_password, user_id, password)
        console.print(f"user {user_id} has a new password")

    @group.command("roles")
    @click.argument("user_id")
    @click.option("--role", "roles", multiple=True, required=True, help="A role code; may be given several times.")
    def roles_(user_id: str, roles: tuple[str, ...]) -> None:
        """Replace the roles of a user; it ends the user's sessions.

        Example: marque user roles wang --role CSS --role CSR
        """
        with opened() as engine:
            engine.run(SYSTEM_ACTOR, users.set_roles, user_id, roles)
        console.print(f"user {user_id} has the roles {', '.join(sorted(set(roles)))}")

    @group.command("branches")
    @click.argument("user_id")
    @click.argument("of_branches", nargs=-1, metavar="[BRANCH]...")
    def branches_(user_id: str, of_branches: tuple[str, ...]) -> None:
        """Replace the branches of a user, none given takes all away; it ends the user's sessions.

        Example: marque user branches wang SZ-NS SZ-FT
        """
        with opened() as engine:
            engine.run(SYSTEM_ACTOR, users.set_branches, user_id, of_branches)
        console.print(f"user {user_id} has the branches {', '.join(sorted(set(of_branches))) or 'none'}", markup=False)

    for name, active in (("activate", True), ("deactivate", False)):
        group.add_command(_switch(opened, console, name, active=active))
    group.add_command(token_group(opened, console))
    return group


def _switch(opened: Opened, console: Console, name: str, *, active: bool) -> click.Command:
    does = "Let users log in again" if active else "Shut users out at once; what they did keeps their names"

    @click.command(name, help=f"{does}. All of them, or none.\n\nExample: marque user {name} wang li")
    @click.argument("user_ids", nargs=-1, required=True)
    def switch(user_ids: tuple[str, ...]) -> None:
        def each(ctx: CommandContext) -> None:
            for user_id in user_ids:
                users.set_active(ctx, user_id, active=active)

        with opened() as engine:
            engine.run(SYSTEM_ACTOR, each)
        console.print(f"{', '.join(user_ids)}: {name}d", markup=False)

    return switch
