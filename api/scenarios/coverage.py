"""Which sequence flows of which diagram the scenarios took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from engine import models
from engine.bpmn.definition import Definition
from engine.process_engine import ProcessEngine
from engine.values import load


@dataclass(slots=True)
class Coverage:
    """The flows that were taken, by process key."""

    taken: dict[str, set[str]] = field(default_factory=dict)

    def collect(self, engine: ProcessEngine) -> None:
        """Adds the flows of all instances of a finished run, read from their history.

        The history of a part that was called lies in the chain of the case, so a flow counts for each process of the
        case; the report keeps those that the diagram has.
        """
        table, instance = models.history_event, models.process_instance
        with engine.database.read() as connection:
            keys: dict[str, set[str]] = {}
            for row in connection.execute(select(instance.c.root_id, instance.c.definition_key)):
                keys.setdefault(row.root_id, set()).add(row.definition_key)
            for row in connection.execute(select(table.c.chain_id, table.c.body)):
                flows = {step["e"] for step in load(row.body).get("steps", ()) if step["s"] == "flow"}
                for key in keys.get(row.chain_id, ()):
                    self.taken.setdefault(key, set()).update(flows)

    def report(self, definitions: Iterable[Definition]) -> list[DiagramCoverage]:
        """Returns the share of each diagram, in order of its key."""
        return [
            DiagramCoverage(
                definition.key,
                frozenset(flow.id for flow in definition.flows),
                frozenset(self.taken.get(definition.key, set())),
            )
            for definition in sorted(definitions, key=lambda definition: definition.key)
        ]


@dataclass(frozen=True, slots=True)
class DiagramCoverage:
    """How much of one diagram was taken."""

    key: str
    flows: frozenset[str]
    taken: frozenset[str]

    @property
    def missed(self) -> list[str]:
        return sorted(self.flows - self.taken)

    @property
    def share(self) -> float:
        return len(self.flows & self.taken) / len(self.flows) if self.flows else 1.0


def by_key(reports: Iterable[DiagramCoverage]) -> Mapping[str, DiagramCoverage]:
    """Returns the reports by process key."""
    return {report.key: report for report in reports}
