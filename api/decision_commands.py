"""`marque decide`: tries a table and prints why it says what it says, and what would have changed it."""

from __future__ import annotations

import click
from rich.console import Console

from api.calendar_commands import Opened
from api.publishing import given_values
from api.times import write_micros
from engine import decision_definitions, explanations
from engine.context import SYSTEM_ACTOR
from engine.explanations import Json, Origin
from engine.values import dump


def decide_command(opened: Opened, console: Console) -> click.Command:
    """Returns the command."""

    @click.command("decide")
    @click.argument("key")
    @click.option("--set", "assignments", multiple=True, metavar="NAME=FEEL", help="An input; several times.")
    def decide(key: str, assignments: tuple[str, ...]) -> None:
        """Try the table in force: result, rows with provenance, who answers for it, and what would have changed it.

        Example: marque decide dt_21 --set amount_fen=20001 --set cross_department=false
        """
        values = given_values(None, assignments)
        with opened() as engine:
            told = engine.read(
                SYSTEM_ACTOR,
                lambda ctx: explanations.evaluate(ctx, decision_definitions.latest(ctx, key), values),
            )
        for line in _lines(told):
            console.print(line, markup=False, soft_wrap=True)

    return decide


def _lines(told: Json) -> list[str]:
    made: Origin = told["origin"]
    stands = f"release {made.release}, by {made.author}" + (f", approved by {made.approver}" if made.approver else "")
    since = f", since {write_micros(made.effective_at)}" if made.effective_at else ""
    lines = [
        f"{told['decision']} version {told['version']} ({stands}{since}), {told['hitPolicy'] or 'no table'}, "
        f"matched by {told['by']}",
        f"  output {dump(told['output']).decode()}",
    ]
    for row in told["rows"]:
        provenance = " ".join(f"{column}={mark}" for column, mark in row["provenance"].items())
        lines.append(f"  row {row['index']} {row['row']} {row['clause']} {provenance}".rstrip())
        lines += [f"    {note}" for note in (row["noteZh"], row["noteEn"]) if note]
    answer = told["counterfactual"]
    for found in answer["found"]:
        lines += [f"  · {found['zh']}", f"    {found['en']}"]
    lines += [f"  · {words}" for words in (answer["zh"], answer["en"]) if words]
    if not answer["complete"]:
        lines.append("  the search reached its bound; there may be more")
    return lines
