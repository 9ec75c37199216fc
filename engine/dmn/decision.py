"""Decides: asks the required decisions first, then the decision itself, and keeps the explanation (DMN 1.5, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import as_utc
from engine.dmn.faults import Faults
from engine.dmn.frame import DecisionFailed, Frame
from engine.dmn.model import Decision, DecisionService, DmnModel
from engine.dmn.program import Program, compile_program
from engine.dmn.result import DecisionResult, FiredRow
from engine.dmn.types import resolve, restricted
from engine.errors import NotFound
from engine.feel import Environment, FeelError, FeelSyntaxError, UnaryTests, compile_unary_tests
from engine.feel.functions import invoke
from engine.feel.limits import Work
from engine.feel.types import Type, coerced
from engine.feel.values import FeelFunction, Opaque


def compile_model(model: DmnModel) -> CompiledModel:
    """Makes a model ready to decide. Rulesets are compiled when they are first needed, in the process that asks."""
    return CompiledModel(model, compile_program(model, Faults()))


class CompiledModel:
    """A DMN file that can decide; thread-safe, and shared by everybody who asks the same version."""

    def __init__(self, model: DmnModel, program: Program) -> None:
        self.model = model
        self.program = program

    def decide(
        self,
        decision_id: str,
        variables: Mapping[str, Any],
        environment: Environment,
        *,
        anchor: datetime | None = None,
    ) -> DecisionResult:
        """Decides on process variables.

        Rows count if they are in effect on the day of `anchor` (or of `environment.now`) where people are. Raises
        NotFound, and DecisionFailed when rows contradict each other or a value may not be read.
        """
        if decision_id not in self.model.decisions:
            raise NotFound(f"file {self.model.name} has no decision {decision_id}")
        frame = self._frame(variables, environment, anchor)
        try:
            return Run(self, frame, anchor).decision(decision_id)
        except (FeelError, RecursionError) as error:
            raise DecisionFailed(
                f"decision {decision_id} of {self.model.name} could not be evaluated: {error}",
                code="decisionFailed",
            ) from error

    def call(self, name: str, arguments: Mapping[str, Any], environment: Environment) -> Any:
        """Calls a decision service or business knowledge model, by name or id, with named arguments."""
        run = Run(self, self._frame(arguments, environment, None), None)
        names = {item.name: item.id for item in self.model.knowledge.values()}
        names |= {item.name: item.id for item in self.model.services.values()}
        function = run.function(names.get(name, name))
        if function is not None:
            values = [arguments.get(parameter) for parameter in function.parameters]
            return invoke(function, values, run.frame.work())
        raise NotFound(f"file {self.model.name} has no decision service or function {name}")

    def close(self) -> None:
        """Frees what durable_rules holds; a straggler may still decide and makes new rulesets."""
        for table in self.program.all_tables:
            table.close()

    def runs_on(self, decision_id: str) -> str:
        """Tells which evaluator matches the rows of a decision: `durable_rules` or `feel`."""
        table = self.program.tables.get(decision_id)
        return "feel" if table is None else table.runs_on

    def _frame(self, variables: Mapping[str, Any], environment: Environment, anchor: datetime | None) -> Frame:
        moment = as_utc(anchor if anchor is not None else environment.now)
        day = moment.astimezone(ZoneInfo(environment.zone)).date()
        return Frame(variables, environment, day, self.model.tolerant)


class Run:
    """One evaluation: each decision is decided once, whoever requires it."""

    def __init__(
        self,
        compiled: CompiledModel,
        frame: Frame,
        anchor: datetime | None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = compiled.model
        self.program = compiled.program
        self.frame = frame
        self._anchor = anchor
        self._known = dict(known or {})
        self._results: dict[str, DecisionResult] = {}
        self._functions: dict[str, FeelFunction] = {}
        self._asked: list[str] = []

    def decision(self, identifier: str) -> DecisionResult:
        """Decides one decision after all that it requires."""
        if identifier in self._results:
            return self._results[identifier]
        if identifier in self._asked:
            raise FeelError(f"decision {identifier} requires itself")
        self._asked.append(identifier)
        decision = self.model.decisions[identifier]
        required = tuple(
            self.decision(other)
            for other in decision.decisions
            if other in self.model.decisions and other not in self._known
        )
        frame = self.frame.inside(self._supplied(decision))
        result = self._decide(decision, frame, required)
        self._asked.pop()
        self._results[identifier] = result
        return result

    def value(self, identifier: str) -> Any:
        """The output of a decision, or what a service was given for it."""
        return self._known[identifier] if identifier in self._known else self.decision(identifier).output

    def function(self, identifier: str) -> FeelFunction | None:
        """Returns a business knowledge model or decision service as a value that can be invoked."""
        if identifier not in self._functions:
            if identifier in self.model.services:
                self._functions[identifier] = self._service(self.model.services[identifier])
            elif identifier in self.program.functions and self.model.knowledge[identifier].function:
                self._functions[identifier] = self._knowledge(identifier)
        return self._functions.get(identifier)

    def _decide(self, decision: Decision, frame: Frame, required: tuple[DecisionResult, ...]) -> DecisionResult:
        wanted = resolve(decision.type_ref, self.model)
        table = self.program.tables.get(decision.id)
        hit_policy: str
        if table is not None:
            found = table.decide(frame)
            output, rows, inputs = found.output, found.rows, found.inputs
            evaluated_by, hit_policy = found.evaluated_by, table.table.hit_policy
        else:
            compiled = self.program.decisions[decision.id]
            output = coerced(compiled.run(frame), wanted, frame.work())
            rows = (FiredRow(decision.id, 1, {decision.variable: output}, clause=decision.clause),)
            inputs = {name: frame.variables.get(name) for name in sorted(compiled.free)}
            evaluated_by, hit_policy = "feel", ""
        return DecisionResult(
            decision_key=decision.id,
            output=coerced(output, wanted, frame.work()),
            rows=rows,
            inputs={name: value for name, value in inputs.items() if type(value) is not FeelFunction},
            digest=self.model.digest,
            evaluated_by=evaluated_by,
            hit_policy=hit_policy,
            required=required,
            anchor=self._anchor,
        )

    def _supplied(self, decision: Decision) -> dict[str, Any]:
        """What requirements bring in: typed inputs, results of decisions, functions, imported models."""
        supplied: dict[str, Any] = {}
        for identifier in decision.inputs:
            data = self.model.inputs.get(identifier)
            if data is not None and data.name in self.frame.variables:
                supplied[data.name] = self._typed(self.frame.variables[data.name], data.type_ref)
        for identifier in decision.decisions:
            if identifier in self.model.decisions:
                supplied[self.model.decisions[identifier].variable] = self.value(identifier)
        imported = self._imported(decision)
        unnamed = imported.pop("", {})  # DMN 1.5, 6.3.3: an import without a name brings its names in as they are
        return {**imported, **unnamed, **supplied, **self._callables(decision.knowledge)}

    def _callables(self, knowledge: tuple[str, ...]) -> dict[str, Any]:
        functions: dict[str, Any] = {}
        for identifier in knowledge:
            item = self.model.knowledge.get(identifier) or self.model.services.get(identifier)
            if item is not None:
                functions[item.name] = self.function(identifier)
        return functions

    def _typed(self, value: Any, type_ref: str) -> Any:
        """Brings an input to its type; null if it does not fit or is not among the allowed values."""
        wanted = resolve(type_ref, self.model)
        if wanted is None or isinstance(value, Opaque):
            return value
        typed = coerced(value, wanted, self.frame.work())
        return typed if not restricted(wanted) or _is_allowed(typed, wanted, self.frame.environment) else None

    def _knowledge(self, identifier: str) -> FeelFunction:
        """A function that sees its parameters and the functions that it requires, and no process variable."""
        item = self.model.knowledge[identifier]
        define = self.program.functions[identifier].run
        template: FeelFunction = define(self.frame.only({}))

        def call(work: Work, arguments: list[Any]) -> Any:
            function: FeelFunction = define(self.frame.only(self._callables(item.knowledge)))
            return function.call(work, arguments)

        return FeelFunction(item.name, template.parameters, call, template.types, resolve(item.type_ref, self.model))

    def _service(self, service: DecisionService) -> FeelFunction:
        data = [self.model.inputs[other] for other in service.input_data if other in self.model.inputs]
        asked = [self.model.decisions[other] for other in service.input_decisions if other in self.model.decisions]
        parameters = (*(item.name for item in data), *(decision.variable for decision in asked))
        references = [*(item.type_ref for item in data), *(decision.type_ref for decision in asked)]
        types = tuple(resolve(reference, self.model) for reference in references)

        def call(_: Work, arguments: list[Any]) -> Any:
            values = dict(zip(parameters, arguments, strict=True))
            known = {decision.id: values[decision.variable] for decision in asked}
            return self.frame.call(lambda frame: self._serve(service, frame.only(values), known), {})

        return FeelFunction(service.name, parameters, call, types, resolve(service.type_ref, self.model))

    def _serve(self, service: DecisionService, frame: Frame, known: Mapping[str, Any]) -> Any:
        run = Run(CompiledModel(self.model, self.program), frame, self._anchor, known)
        outputs = {self.model.decisions[o].variable: run.value(o) for o in service.outputs if o in self.model.decisions}
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _imported(self, decision: Decision) -> dict[str, Any]:
        """Imported models as contexts: their functions, and those of their decisions that are required."""
        contexts: dict[str, Any] = {}
        for prefix, model in self.model.imports.items():
            given = self.frame.variables.get(prefix) if prefix else None
            own = given if isinstance(given, dict) else {}
            program = self.program.imports[prefix]
            run = Run(CompiledModel(model, program), self.frame.inside(own), self._anchor)
            context = {item.name: run.function(item.id) for item in model.knowledge.values()}
            context |= {item.name: run.function(item.id) for item in model.services.values()}
            for reference in decision.decisions:
                space, _, identifier = reference.rpartition("#")
                if space == model.namespace and identifier in model.decisions:
                    context[model.decisions[identifier].variable] = run.value(identifier)
            contexts[prefix] = {**own, **context}
        return contexts


def _is_allowed(value: Any, wanted: Type, environment: Environment) -> bool:
    """Checks allowed values, inside lists and contexts too; null is always allowed."""
    if value is None:
        return True
    if wanted.allowed is not None and _allowed(wanted.allowed).evaluate(value, {}, environment) is not True:
        return False
    if wanted.item is not None and isinstance(value, list):
        return all(_is_allowed(item, wanted.item, environment) for item in value)
    entries = wanted.entries or {}
    return all(_is_allowed(value.get(name), each, environment) for name, each in entries.items())


@lru_cache(maxsize=256)
def _allowed(text: str) -> UnaryTests:
    try:
        return compile_unary_tests(text)
    except FeelSyntaxError:  # only in a tolerant model, whose faults are findings
        return compile_unary_tests("-")
