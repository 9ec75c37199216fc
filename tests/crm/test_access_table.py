"""The access matrix (DT-07) as the policies write it, cell by cell, against what people are really shown.

Each cell has two letters: outside any case and inside the own one; R in the clear, M masked, - hidden. What a scope
ties to a branch, a customer or a signing counts inside the own case only, until the register holds those facts.
"""

from __future__ import annotations

import pytest

from crm import access
from engine import user_tasks
from engine.context import SYSTEM_ACTOR
from engine.personal_values import Sight, absorb
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.crm.cases import REPAIR, actor, open_case, task_of

CLASSES = ("BASIC", "ID", "BEHAVIOUR", "NEED", "FEEDBACK", "SERVICE")
# Requirements 2.7, in the order of the classes.
TABLE = {
    "CSR": "RR MM -- RR RR RR",
    "CSS": "RR MM -- RR RR RR",
    "CSD": "RR MM -- RR RR RR",
    "RM": "-R -- -- -- -R -R",
    "CMPH": "-R -- -R -R -R -R",
    "OPS": "MR -- -R RR -R RR",
    "OPSM": "MR -- RR RR -R RR",
    "OPSD": "-R -- RR RR -R RR",
    "SEN": "-- -- -- -- -R --",
    "GM": "-- -- -- -- -R --",
    "HR": "-- -- -- -- -- --",
    "ADM": "-- -- -- -- -- --",
    "IT": "-- -- -- -- -- --",
    "OWNER": "-- -- -- -- -- --",
    "ADMIN": "-- -- -- -- -- --",
    "LEGAL": "-R -R -R -- -R -R",
    "PIO": "-R -R -R -R -R -R",
    "DATA": "RR RR MM RR -- RR",
    "SUPV": "-- -- -- -- -- --",
    "COMPL": "-- -- -- -- -- --",
}
VALUES = {name: f"secret-{name}-0011" for name in CLASSES}


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str, str], str]:
    return {
        (role, column, where): letters[at]
        for role, row in TABLE.items()
        for column, letters in zip(CLASSES, row.split(), strict=True)
        for at, where in enumerate(("outside", "inside"))
    }


def letter(seen: Sight, column: str) -> str:
    return "R" if column in seen.clear else "M" if column in seen.masked else "-"


def test_everybody_is_shown_what_the_policies_say(
    engine: ProcessEngine, deploy: Deploy, table: dict[tuple[str, str, str], str]
) -> None:
    deploy(repair__bpmn=REPAIR)
    found: dict[tuple[str, str, str], str] = {}
    kept = engine.run(
        SYSTEM_ACTOR,
        lambda ctx: absorb(ctx, subject="customer:K1", variables=VALUES, form_classes={one: one for one in CLASSES}),
    )
    case = open_case(engine)
    for role in TABLE:
        who = actor(role.lower(), role)
        for where in ("outside", "inside"):
            holder = who.user_id if where == "inside" else "somebody_else"
            engine.run(SYSTEM_ACTOR, user_tasks.assign, task_of(engine, case).id, holder)
            seen = engine.run(who, access.read_case, case, kept)
            said = engine.read(who, access.sight, case)
            found |= {(role, one, where): letter(said, one) for one in CLASSES}
            in_the_clear = {one for one in CLASSES if seen[one] == VALUES[one]}
            assert in_the_clear == {one for one in CLASSES if table[role, one, where] == "R"}, (role, where)
            assert all(VALUES[one] not in str(seen[one]) for one in set(CLASSES) - in_the_clear), (role, where)

    assert {cell: (said, found[cell]) for cell, said in table.items() if found[cell] != said} == {}
