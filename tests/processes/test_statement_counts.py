"""What completing a user task of the shipped flows costs the database."""

from __future__ import annotations

from tests.processes.playhouse import SCENARIOS, Playhouse

LIMIT = 12  # statements from BEGIN to COMMIT, an executemany as one, the key store apart


def test_completing_any_task_of_a_scenario_costs_few_statements(playhouse: Playhouse) -> None:
    completions = [one for file in SCENARIOS for one in playhouse.play(file).completions]
    worst = max(completions, key=lambda one: len(one.statements))

    assert len(completions) >= 20
    assert len(worst.statements) <= LIMIT, f"{worst.element_id} in {worst.scenario}:\n" + "\n".join(worst.statements)
