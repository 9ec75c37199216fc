"""Types of a DMN file: what its decisions yield, and what in its texts can never be true or is always null.

A problem becomes a warning that names table, row and column. Nothing is refused for it: the standard says that such an
expression is null, and only its author knows whether that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.dmn import model as boxed
from engine.dmn.faults import table_finding
from engine.dmn.model import Cell, Decision, DecisionTable, DmnModel, Expression, LiteralExpression, Parameter, Rule
from engine.dmn.program import global_names
from engine.dmn.types import component_names, named_types, resolve
from engine.feel import DOMAIN_FUNCTIONS, FeelError
from engine.feel.builtins import BUILTINS
from engine.feel.inference import Inference, Problem, TypeEnvironment
from engine.feel.parser import Parser
from engine.feel.tree import Name, Node
from engine.feel.type_algebra import in_words, is_known, join
from engine.feel.types import ANY, ANYTHING, Type
from engine.feel.values import BOOLEAN, CONTEXT, DATE, DATE_TIME, FUNCTION, LIST, NUMBER
from engine.findings import Finding

Names = Mapping[str, Type]
Words = tuple[str, str]
Place = tuple[Words, Rule | None, Cell | None]
WHOLE: Place = (("", ""), None, None)


def check(model: DmnModel) -> list[Finding]:
    """Returns what is certainly wrong with the types of a file, in its order."""
    types = FileTypes(model)
    for decision in model.decisions:
        types.decision(decision)
    return types.findings


class FileTypes:
    """The types of one file, worked out once; `findings` collects the problems on the way."""

    def __init__(self, model: DmnModel) -> None:
        self.model = model
        self.findings: list[Finding] = []
        self.named = named_types(model)
        self._known_names = global_names(model) | component_names(model)
        self._decisions: dict[str, Type] = {}
        self._functions: dict[str, Type] = {}
        self._asked: set[str] = set()
        self._here: Decision | None = None

    # ------------------------------------------------------------ what a file defines

    def decision(self, identifier: str) -> Type:
        """Returns the type of a decision's result; Any where it requires itself."""
        if identifier in self._decisions:
            return self._decisions[identifier]
        if identifier in self._asked:
            return ANYTHING
        self._asked.add(identifier)
        decision = self.model.decisions[identifier]
        names = self.names(decision)
        outer, self._here = self._here, decision
        found = self._expression(decision.expression, names, WHOLE)
        self._decisions[identifier] = self._coerced(found, resolve(decision.type_ref, self.model), WHOLE)
        self._here = outer
        return self._decisions[identifier]

    def names(self, decision: Decision) -> dict[str, Type]:
        """Returns what a decision may read, with types; a variable that the file does not declare may hold anything."""
        known: dict[str, Type] = dict.fromkeys(self._known_names, ANYTHING)
        for identifier in decision.inputs:
            data = self.model.inputs.get(identifier)
            if data is not None:
                known[data.name] = resolve(data.type_ref, self.model) or ANYTHING
        for identifier in decision.decisions:
            if identifier in self.model.decisions:
                known[self.model.decisions[identifier].variable] = self.decision(identifier)
        return known | self._callables(decision.knowledge)

    def _callables(self, knowledge: tuple[str, ...]) -> dict[str, Type]:
        found = {}
        for identifier in knowledge:
            if identifier in self.model.knowledge:
                found[self.model.knowledge[identifier].name] = self._function(identifier)
            elif identifier in self.model.services:
                found[self.model.services[identifier].name] = Type(FUNCTION)
        return found

    def _function(self, identifier: str) -> Type:
        if identifier not in self._functions:
            self._functions[identifier] = Type(FUNCTION)  # as far as it is known to itself
            item = self.model.knowledge[identifier]
            names = dict.fromkeys(self._known_names, ANYTHING) | self._callables(item.knowledge)
            outer, self._here = self._here, None
            found = self._expression(item.function, names, WHOLE)
            self._here = outer
            declared = resolve(item.type_ref, self.model)
            if declared is not None and declared.kind != FUNCTION and found.parameters is not None:
                found = replace(found, result=declared)
            self._functions[identifier] = found
        return self._functions[identifier]

    # ------------------------------------------------------------ boxed expressions

    def _expression(self, expression: Expression | None, names: Names, place: Place) -> Type:
        if expression is None:
            return ANYTHING
        if isinstance(expression, LiteralExpression):
            return self._text(expression.text, expression.type_ref, names, place)
        rule = _RULES[type(expression)]
        found: Type = rule(self, expression, names, place)
        if isinstance(expression, boxed.FunctionDefinition):
            return found
        return self._coerced(found, resolve(expression.type_ref, self.model), place)

    def _text(self, text: str, type_ref: str, names: Names, place: Place) -> Type:
        node, found = self._inferred(text, names, place)
        return self._coerced(found, resolve(type_ref, self.model), place, is_constant=_is_constant(node))

    def _inferred(self, text: str, names: Names, place: Place) -> tuple[Node | None, Type]:
        if not text.strip():
            return None, ANYTHING
        try:
            node = self._parser(text, names).expression()
        except FeelError:
            return None, ANYTHING  # reading the file said so
        inference = Inference(text, TypeEnvironment(names, types=self.named))
        found = inference.infer(node)
        self._report(inference.problems, place)
        return node, found

    def _parser(self, text: str, names: Names) -> Parser:
        return Parser(text, names=names, functions=(*BUILTINS, *DOMAIN_FUNCTIONS), types=self.named)

    def _coerced(self, found: Type, wanted: Type | None, place: Place, *, is_constant: bool = False) -> Type:
        """The type after coercion; what never fits is reported, but for constants, which other checks look at."""
        if wanted is None or wanted.kind == ANY:
            return found
        if not is_constant and not _fits(found, wanted):
            has, should = in_words(found), in_words(wanted)
            self._add(
                "type-mismatch",
                f"结果是{has[0]}，而声明为{should[0]}，恒为空",
                f"the result is {has[1]} where {should[1]} is declared: always null",
                place,
            )
        return wanted

    def _report(self, problems: list[Problem], place: Place) -> None:
        for problem in problems:
            where = f"第 {problem.line} 行" if problem.line > 1 else ""
            line = f"line {problem.line}, " if problem.line > 1 else ""
            zh, en = f"{where}第 {problem.column} 个字符：{problem.zh}", f"{line}column {problem.column}: {problem.en}"
            self._add(problem.code, zh, en, place)

    def _add(self, code: str, zh: str, en: str, place: Place) -> None:
        if self._here is None:
            return
        words, rule, cell = place
        finding = table_finding(self._here, "warning", code, words[0] + zh, words[1] + en, rule=rule, cell=cell)
        if finding not in self.findings:
            self.findings.append(finding)

    # ------------------------------------------------------------ tables

    def _table(self, table: DecisionTable, names: Names, place: Place) -> Type:
        for number, clause in enumerate(table.inputs):
            title = clause.label or clause.title
            tested = self._column(clause, names, (_column_words(title, None, clause.label_en), None, None))
            for rule in table.rules:
                cell = rule.inputs[number]
                self._cell(cell, tested, names, (_column_words(title, rule, clause.label_en), rule, cell))
        outputs = {}
        for number, output in enumerate(table.outputs):
            wanted = resolve(output.type_ref, self.model)
            title = output.label or output.name
            found = [
                self._output(rule.outputs[number], wanted, names, (_column_words(title, rule, output.label_en), rule))
                for rule in table.rules
            ]
            if output.default is not None:
                found.append(self._text(output.default.text, output.type_ref, names, WHOLE))
            allowed = output.allowed.text if output.allowed is not None else None
            outputs[output.name or output.label or "result"] = replace(wanted or join(*found), allowed=allowed)
        return _result(table, outputs)

    def _column(self, clause: boxed.InputClause, names: Names, place: Place) -> Type:
        """The type of what a column tests: that of its expression; the declared one where nothing else is known."""
        _, found = self._inferred(clause.expression.text, names, place)
        declared = resolve(clause.type_ref, self.model)
        if declared is not None and is_known(found) and is_known(declared) and found.kind != declared.kind:
            has, should = in_words(found), in_words(declared)
            zh, en = f"该列是{has[0]}，而声明为{should[0]}", f"the column is {has[1]}, declared as {should[1]}"
            self._add("column-type", zh, en, place)
        tested = found if is_known(found) else declared or ANYTHING
        return tested if clause.allowed is None else replace(tested, allowed=clause.allowed.text)

    def _cell(self, cell: Cell, tested: Type, names: Names, place: Place) -> None:
        if cell.text.strip() in ("", "-"):
            return
        try:
            node = self._parser(cell.text, names).unary_tests()
        except FeelError:
            return
        inference = Inference(cell.text, TypeEnvironment(names, types=self.named), tested=tested)
        inference.infer(node)
        self._report(inference.problems, place)

    def _output(self, cell: Cell, wanted: Type | None, names: Names, place: tuple[Words, Rule]) -> Type:
        node, found = self._inferred(cell.text, names, (*place, cell))
        return self._coerced(found, wanted, (*place, cell), is_constant=_is_constant(node))


def _column_words(title: str, rule: Rule | None, title_en: str) -> Words:
    row_zh, row_en = (f"第 {rule.index} 行", f"row {rule.index} ") if rule is not None else ("", "")
    return f"{row_zh}「{title}」", f'{row_en}"{title_en or title}", '


def _result(table: DecisionTable, outputs: dict[str, Type]) -> Type:
    one = next(iter(outputs.values())) if len(outputs) == 1 else Type(CONTEXT, entries=outputs)
    if table.hit_policy == "COLLECT" and table.aggregation is not None:
        return Type(NUMBER) if table.aggregation == "COUNT" else one
    return Type(LIST, item=one) if table.hit_policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER") else one


def _fits(found: Type, wanted: Type) -> bool:
    """Tells whether some value of one type could be brought to the other (DMN 1.5, 10.3.2.9.4)."""
    if not is_known(found) or found.kind == wanted.kind or wanted.kind == LIST:
        return True
    if found.kind == LIST:
        return _fits(found.item or ANYTHING, wanted)
    return found.kind == DATE and wanted.kind == DATE_TIME


def _is_constant(node: Node | None) -> bool:
    return node is None or (not isinstance(node, Name) and all(map(_is_constant, node.children())))


# ------------------------------------------------------------ the other boxed expressions


def _context(types: FileTypes, expression: boxed.Context, names: Names, place: Place) -> Type:
    entries: dict[str, Type] = {}
    for variable, value in expression.entries:
        found = types._expression(value, {**names, **entries}, place)
        if variable is None:
            return found
        entries[variable.name] = _declared(types, variable, found)
    return Type(CONTEXT, entries=entries)


def _declared(types: FileTypes, parameter: Parameter, found: Type) -> Type:
    return resolve(parameter.type_ref, types.model) or found


def _invocation(types: FileTypes, expression: boxed.Invocation, names: Names, place: Place) -> Type:
    for _, value in expression.bindings:
        types._expression(value, names, place)
    called = expression.called
    if not isinstance(called, LiteralExpression) or called.text.strip() not in names:
        return ANYTHING
    return names[called.text.strip()].result or ANYTHING


def _relation(types: FileTypes, expression: boxed.Relation, names: Names, place: Place) -> Type:
    columns: dict[str, list[Type]] = {column.name: [] for column in expression.columns}
    for row in expression.rows:
        for column, cell in zip(expression.columns, row, strict=False):
            columns[column.name].append(_declared(types, column, types._expression(cell, names, place)))
    item = Type(CONTEXT, entries={name: join(*found) for name, found in columns.items()})
    complete = all(len(row) == len(expression.columns) for row in expression.rows)
    return Type(LIST, item=item if complete else Type(CONTEXT))


def _list(types: FileTypes, expression: boxed.BoxedList, names: Names, place: Place) -> Type:
    return Type(LIST, item=join(*(types._expression(item, names, place) for item in expression.items)))


def _function(types: FileTypes, expression: boxed.FunctionDefinition, names: Names, place: Place) -> Type:
    parameters = {each.name: _declared(types, each, ANYTHING) for each in expression.parameters}
    result = ANYTHING
    if expression.kind == "FEEL":
        result = types._expression(expression.body, {**names, **parameters}, place)
        result = resolve(expression.type_ref, types.model) or result
    return Type(FUNCTION, parameters=tuple(parameters.values()), result=result)


def _conditional(types: FileTypes, expression: boxed.Conditional, names: Names, place: Place) -> Type:
    types._expression(expression.condition, names, place)
    return join(*(types._expression(part, names, place) for part in (expression.then, expression.otherwise)))


def _filter(types: FileTypes, expression: boxed.Filter, names: Names, place: Place) -> Type:
    source = types._expression(expression.source, names, place)
    item = source.item or ANYTHING if source.kind == LIST else source
    entries = item.entries or {} if item.kind == CONTEXT else {}
    if item.kind in (ANY, CONTEXT) and not entries:
        names = dict.fromkeys(names, ANYTHING)  # an item may have entries of any name
    match = types._expression(expression.match, {**names, **entries, "item": item}, place)
    return Type(LIST, item=item) if match.kind == BOOLEAN and is_known(item) else ANYTHING


def _iterator(types: FileTypes, expression: boxed.Iterator, names: Names, place: Place) -> Type:
    source = types._expression(expression.source, names, place)
    item = source.item or ANYTHING if source.item is not None else source
    item = item if is_known(item) else ANYTHING
    body = types._expression(expression.body, {**names, expression.variable: item, "partial": Type(LIST)}, place)
    return Type(LIST, item=body) if expression.kind == "for" else Type(BOOLEAN)


_RULES: dict[type, Callable[..., Type]] = {
    DecisionTable: FileTypes._table,
    boxed.Context: _context,
    boxed.Invocation: _invocation,
    boxed.Relation: _relation,
    boxed.BoxedList: _list,
    boxed.FunctionDefinition: _function,
    boxed.Conditional: _conditional,
    boxed.Filter: _filter,
    boxed.Iterator: _iterator,
}
