"""What an instance lives on without a database: shipped tables, forms and diagrams, an instant, and an empty vault."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from engine import decisions, personal_values
from engine.bpmn.definition import Definition
from engine.bpmn.parser import parse
from engine.context import CommandContext
from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.reader import read_dmn
from engine.dmn.result import DecisionResult
from engine.feel import Environment
from engine.forms import Form, parse_form
from engine.ids import new_id
from engine.personal_values import PersonalItem
from engine.settings import Settings
from engine.values import PersonalRef
from engine.working_calendar_files import read_directory
from tests.conftest import ROOT
from tests.processes.playhouse import SHIPPED
from tests.processes.playhouse import definitions as shipped_definitions

BEGIN = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)


class Shipped:
    """All shipped diagrams, forms and tables, and a vault that keeps nothing."""

    def __init__(self) -> None:
        self.definitions = shipped_definitions()
        forms = [parse_form(body, name=name) for name, body in SHIPPED.items() if name.endswith(".form")]
        self.forms: Mapping[str, Form] = {form.id: form for form in forms}
        models = [compile_model(read_dmn(body, name=name)) for name, body in SHIPPED.items() if name.endswith(".dmn")]
        self.tables: Mapping[str, CompiledModel] = {
            decision: model for model in models for decision in model.model.decisions
        }
        self.calendar = read_directory(ROOT / "rules" / "calendar")

    def environment(self, now: datetime) -> Environment:
        house = SimpleNamespace(engine=SimpleNamespace(calendar=self.calendar, settings=Settings()), now=now)
        return decisions.environment(cast(CommandContext, house))

    def absorb(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces personal values by references, as the engine does before an instance sees them."""
        definition = self.definitions[key]
        forms = [self.forms[ref] for ref in sorted(definition.form_refs)]
        read = set(definition.expression_names)
        for ref in definition.decision_refs:
            read |= self.tables[ref].model.decisions[ref].input_names
        return personal_values.absorb(
            cast(CommandContext, SimpleNamespace(engine=SimpleNamespace(vault=self))),
            subject="customer:C-1",
            variables=values,
            form_classes={path: data_class for form in forms for path, data_class in form.data_classes.items()},
            definition_classes=definition.classes,
            expression_names=frozenset(read),
        )

    def put_many(self, _ctx: CommandContext, items: list[PersonalItem]) -> list[PersonalRef]:
        return [PersonalRef(new_id(), "0" * 64, item.data_class) for item in items]


class ParsedAfresh(Mapping[str, Definition]):
    """The shipped diagrams by key, each parsed anew when it is first asked for."""

    def __init__(self) -> None:
        self._parsed: dict[str, Definition] = {}

    def __getitem__(self, key: str) -> Definition:
        if key not in self._parsed:
            name = f"{key}.bpmn"
            body = next(body for path, body in SHIPPED.items() if path.endswith(f"/{name}"))
            self._parsed |= {definition.key: definition for definition in parse(body, name=name)}
        return self._parsed[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed)

    def __len__(self) -> int:
        return len(self._parsed)


@dataclass
class Moment:
    """The instant at which both twins are."""

    now: datetime = BEGIN


class PathServices:
    """What an instance asks for while it runs: the tables, the moment, and the diagrams of its twin."""

    def __init__(self, shipped: Shipped, moment: Moment, definitions: Mapping[str, Definition]) -> None:
        self._shipped = shipped
        self._moment = moment
        self._definitions = definitions

    @property
    def now(self) -> datetime:
        return self._moment.now

    @property
    def environment(self) -> Environment:
        return self._shipped.environment(self.now)

    def decide(
        self,
        decision_ref: str,
        variables: Mapping[str, Any],
        *,
        binding: str,
        version: str | None,
        anchor: datetime | None,
    ) -> DecisionResult:
        del binding, version
        found = self._shipped.tables[decision_ref].decide(decision_ref, variables, self.environment, anchor=anchor)
        return dataclasses.replace(found, anchor=anchor)

    def definition(self, key: str, *, binding: str, version: str | None) -> tuple[str, Definition]:
        del binding, version
        return key, self._definitions[key]

    def definition_by_id(self, definition_id: str) -> Definition:
        return self._definitions[definition_id]
