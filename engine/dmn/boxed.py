"""Compiles boxed expressions to closures over a frame (DMN 1.5, 10.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.dmn import model as boxed
from engine.dmn.frame import NOTHING, Compiled, Frame, constant
from engine.dmn.hit_policy import Policy
from engine.dmn.model import DecisionTable, DmnModel, Expression, LiteralExpression, Parameter
from engine.dmn.table import CompiledRow, CompiledTable
from engine.dmn.texts import Names, TextCompiler
from engine.dmn.types import resolve
from engine.feel import (
    FeelError,
    FeelSyntaxError,
    compile_expression,
)
from engine.feel.builtins import BUILTINS
from engine.feel.external import bind
from engine.feel.functions import invoke
from engine.feel.limits import Work
from engine.feel.operators import truth
from engine.feel.sequences import at, sequence
from engine.feel.types import Type, coerced
from engine.feel.values import FeelFunction, is_number

MAX_PARTIAL = 5_000


class BoxedCompiler:
    """Compiles the expressions of one file. A text that is no FEEL becomes a finding and evaluates to null."""

    def __init__(self, model: DmnModel, texts: TextCompiler, tables: list[CompiledTable]) -> None:
        self.texts = texts
        self._model = model
        self._tables = tables

    # ------------------------------------------------------------ boxed expressions

    def expression(self, expression: Expression | None, names: Names) -> Compiled:
        """Compiles any boxed expression and brings its result to the declared type."""
        if expression is None:
            return NOTHING
        compiled = self._compile(expression, names)
        is_function = isinstance(expression, boxed.FunctionDefinition)
        return compiled if is_function else self.typed(compiled, expression.type_ref)

    def typed(self, compiled: Compiled, type_ref: str) -> Compiled:
        """Coerces what `compiled` yields (DMN 1.5, 10.3.2.9.4)."""
        wanted = resolve(type_ref, self._model)
        if wanted is None:
            return compiled
        return Compiled(lambda frame: coerced(compiled.run(frame), wanted, frame.work()), compiled.free)

    def _compile(self, expression: Expression, names: Names) -> Compiled:
        match expression:
            case boxed.LiteralExpression():
                return self.texts.text(expression, names)
            case boxed.DecisionTable():
                return self.table(expression, names)[1]
            case boxed.Context():
                return self._context(expression, names)
            case boxed.Invocation():
                return self._invocation(expression, names)
            case boxed.Relation():
                return self._relation(expression, names)
            case boxed.BoxedList():
                items = [self.expression(item, names) for item in expression.items]
                return Compiled(lambda frame: [item.run(frame) for item in items], _free(items))
            case boxed.FunctionDefinition():
                return self.function(expression, names)
            case boxed.Conditional():
                return self._conditional(expression, names)
            case boxed.Filter():
                return self._filter(expression, names)
            case boxed.Iterator():
                return self._iterator(expression, names)

    def _context(self, expression: boxed.Context, names: Names) -> Compiled:
        entries: list[tuple[str | None, Compiled]] = []
        free: set[str] = set()
        known = names
        for variable, value in expression.entries:
            compiled = self.expression(value, known)
            if variable is not None:
                compiled = self.typed(compiled, variable.type_ref)
                known |= {variable.name}
            free |= compiled.free - {name for name, _ in entries if name}
            entries.append((variable.name if variable else None, compiled))

        def run(frame: Frame) -> Any:
            context: dict[str, Any] = {}
            for name, value in entries:
                result = value.run(frame.inside(context))
                if name is None:
                    return result
                context[name] = result
            return context

        return Compiled(run, frozenset(free))

    def _invocation(self, expression: boxed.Invocation, names: Names) -> Compiled:
        bindings = [(p.name, self.typed(self.expression(v, names), p.type_ref)) for p, v in expression.bindings]
        arguments = _free(value for _, value in bindings)
        called = expression.called
        builtin = BUILTINS.get(called.text.strip()) if isinstance(called, LiteralExpression) else None
        parameters = tuple(name for name, _ in bindings)
        if builtin is not None and called is not None and called.text.strip() not in names:  # type: ignore[union-attr]
            resolved = builtin.resolve(len(bindings), parameters)
            return Compiled(
                lambda frame: resolved(frame.work(), [value.run(frame) for _, value in bindings]), arguments
            )
        function = self.expression(called, names)

        def run(frame: Frame) -> Any:
            found = function.run(frame)
            if type(found) is not FeelFunction or set(parameters) != set(found.parameters):
                return None
            values = {name: value.run(frame) for name, value in bindings}
            return invoke(found, [values[name] for name in found.parameters], frame.work())

        return Compiled(run, arguments | function.free)

    def _relation(self, expression: boxed.Relation, names: Names) -> Compiled:
        columns = [column.name for column in expression.columns]
        rows = [
            [
                self.typed(self.expression(cell, names), column.type_ref)
                for cell, column in zip(row, expression.columns, strict=False)
            ]
            for row in expression.rows
        ]

        def run(frame: Frame) -> Any:
            return [dict(zip(columns, (cell.run(frame) for cell in row), strict=False)) for row in rows]

        return Compiled(run, _free(cell for row in rows for cell in row))

    def function(self, definition: boxed.FunctionDefinition | None, names: Names, *, name: str = "") -> Compiled:
        """Compiles a function; it sees the variables of the place where it is defined."""
        if definition is None:
            return NOTHING
        parameters = tuple(parameter.name for parameter in definition.parameters)
        types = tuple(self._type(parameter) for parameter in definition.parameters)
        body = NOTHING
        if definition.kind == "FEEL":
            body = self.typed(self.expression(definition.body, names | set(parameters)), definition.type_ref)
        elif definition.kind == "Java":
            return self._external(definition, names, name)

        def define(frame: Frame) -> FeelFunction:
            def call(_: Work, arguments: list[Any]) -> Any:
                return frame.call(body.run, dict(zip(parameters, arguments, strict=True)))

            return FeelFunction(name, parameters, call, types)

        return Compiled(define, body.free - set(parameters))

    def _external(self, definition: boxed.FunctionDefinition, names: Names, name: str) -> Compiled:
        """A function of Java's library, if it is among the few that FEEL computes itself; else it yields null."""
        parameters = tuple(parameter.name for parameter in definition.parameters)
        types = tuple(self._type(parameter) for parameter in definition.parameters)
        description = self.expression(definition.body, names)

        def define(frame: Frame) -> FeelFunction:
            bound = bind({"java": description.run(frame)})

            def call(work: Work, arguments: list[Any]) -> Any:
                return None if bound is None else bound(arguments, work)

            return FeelFunction(name, parameters, call, types)

        return Compiled(define, description.free)

    def _type(self, parameter: Parameter) -> Type | None:
        return resolve(parameter.type_ref, self._model)

    def _conditional(self, expression: boxed.Conditional, names: Names) -> Compiled:
        condition, then, otherwise = (
            self.expression(part, names) for part in (expression.condition, expression.then, expression.otherwise)
        )
        return Compiled(
            lambda frame: (then if condition.run(frame) is True else otherwise).run(frame),
            _free((condition, then, otherwise)),
        )

    def _filter(self, expression: boxed.Filter, names: Names) -> Compiled:
        source = self.expression(expression.source, names)
        match = self.expression(expression.match, names | {"item"})

        def run(frame: Frame) -> Any:
            value = source.run(frame)
            if value is None:
                return None
            items = value if isinstance(value, list) else [value]
            found = [match.run(frame.inside(_item_scope(item))) for item in items]
            if found and is_number(found[0]):
                return at(items, found[0])
            return [item for item, kept in zip(items, found, strict=True) if truth(kept) is True]

        return Compiled(run, source.free | (match.free - {"item"}))

    def _iterator(self, expression: boxed.Iterator, names: Names) -> Compiled:
        variable = expression.variable
        source = self.expression(expression.source, names)
        body = self.expression(expression.body, names | {variable, "partial"})
        finish, partial = _FINISHES[expression.kind], "partial" in body.free

        def run(frame: Frame) -> Any:
            items = sequence(source.run(frame), bare=False)
            if items is None:
                return None
            results: list[Any] = []
            for item in items:
                names = {variable: item, "partial": _copied(results)} if partial else {variable: item}
                results.append(body.run(frame.inside(names)))
            return finish(results)

        return Compiled(run, source.free | (body.free - {variable, "partial"}))

    # ------------------------------------------------------------ tables

    def table_of(self, expression: Expression | None, names: Names) -> tuple[CompiledTable, Compiled] | None:
        """Returns the table of a decision that is a table directly, else None."""
        return self.table(expression, names) if isinstance(expression, DecisionTable) else None

    def table(self, table: DecisionTable, names: Names) -> tuple[CompiledTable, Compiled]:
        """Compiles a table and its closure."""
        inputs = [
            self.texts.text(
                clause.expression, names, self.texts.column(clause.label or clause.title, None, clause.expression.line)
            )
            for clause in table.inputs
        ]
        for clause in table.inputs:
            self.texts.allowed(clause.allowed, clause.label or clause.title)
        for output in table.outputs:
            self.texts.allowed(output.allowed, output.label or output.name)
        rows = [self._row(rule, table, names) for rule in table.rules]
        output_names = [output.name or output.label or "result" for output in table.outputs]
        defaults = [self.texts.text(o.default, names) if o.default is not None else None for o in table.outputs]
        compiled = CompiledTable(
            table,
            inputs=inputs,
            rows=rows,
            names=output_names,
            types=self._output_types(table),
            defaults=defaults,
            policy=Policy(
                self.texts.place.element_id or "",
                table.hit_policy,
                table.aggregation,
                [self._ranks(output.allowed, names) for output in table.outputs],
            ),
        )
        self._tables.append(compiled)
        free = _free([*inputs, *(cell for row in rows for cell in row.outputs)])
        free |= {name for row in rows for tests in row.tests if tests is not None for name in tests.names}
        return compiled, Compiled(lambda frame: compiled.decide(frame).output, free - {"?"})

    def _row(self, rule: boxed.Rule, table: DecisionTable, names: Names) -> CompiledRow:
        tests, outputs = [], []
        provenance: dict[str, str] = {}
        for cell, clause in zip(rule.inputs, table.inputs, strict=True):
            tests.append(
                self.texts.tests(cell.text, names, self.texts.column(clause.label or clause.title, rule, cell.line))
            )
            if cell.provenance:
                provenance[clause.title] = cell.provenance
        for cell, output in zip(rule.outputs, table.outputs, strict=True):
            title = output.name or output.label
            literal = LiteralExpression(cell.text, line=cell.line)
            outputs.append(self.texts.text(literal, names, self.texts.column(title, rule, cell.line)))
            if cell.provenance:
                provenance[title] = cell.provenance
        return CompiledRow(rule, tuple(tests), tuple(outputs), provenance)

    def _output_types(self, table: DecisionTable) -> list[Type | None]:
        return [resolve(output.type_ref, self._model) for output in table.outputs]

    def _ranks(self, allowed: LiteralExpression | None, names: Names) -> list[Any] | None:
        """Allowed output values as a list, best first."""
        if allowed is None:
            return None
        try:
            ranks = compile_expression(f"[{allowed.text}]", names)
        except FeelSyntaxError:
            return None
        value = constant(ranks)
        return value if isinstance(value, list) else None


def _free(parts: Iterable[Compiled]) -> Names:
    return frozenset[str]().union(*(part.free for part in parts))


def _copied(results: list[Any]) -> list[Any]:
    """What a loop sees as `partial`: a copy, lest a body that yields it makes a list that holds itself."""
    if len(results) > MAX_PARTIAL:
        raise FeelError(f"a loop that reads partial is limited to {MAX_PARTIAL} rounds")
    return list(results)


def _item_scope(item: Any) -> dict[str, Any]:
    """Inside a filter the entries of the item are visible too."""
    return {**item, "item": item} if isinstance(item, dict) else {"item": item}


def _some(results: list[Any]) -> bool | None:
    return _quantified(results, decisive=True)


def _every(results: list[Any]) -> bool | None:
    return _quantified(results, decisive=False)


def _quantified(results: list[Any], *, decisive: bool) -> bool | None:
    """Three-valued: decided by one result, null if one is no boolean, else the contrary."""
    found = [truth(result) for result in results]
    if decisive in found:
        return decisive
    return None if None in found else not decisive


_FINISHES: Mapping[str, Callable[[list[Any]], Any]] = {
    "for": lambda results: results,
    "some": _some,
    "every": _every,
}
