"""Infers the type of an expression, and finds what can never be true or is always null, without evaluating it.

Only what is certain is reported: a value that nothing is known about fits everywhere. Each problem says where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.builtins.registry import Builtin, Overload, Parameter
from engine.feel.environment import DOMAIN_FUNCTIONS, Environment
from engine.feel.errors import FeelError
from engine.feel.expression import compile_unary_tests
from engine.feel.lexer import place
from engine.feel.names import suggestion
from engine.feel.operators import reads_input
from engine.feel.type_algebra import (
    DOMAIN,
    NOTHING,
    PARTS,
    accepts,
    arithmetic_type,
    bounded,
    constant_type,
    has_order,
    in_words,
    is_known,
    join,
    negated_type,
    parameters_for,
    part_type,
    result_type,
)
from engine.feel.types import ANY, ANYTHING, Type
from engine.feel.values import (
    BOOLEAN,
    CONTEXT,
    FUNCTION,
    LIST,
    NULL,
    NUMBER,
    RANGE,
    kind_of,
)

_CONSTANT = frozenset({"date", "time", "date and time", "duration"})
_NOW = Environment(now=datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class TypeEnvironment:
    """What an expression may read: variables with their types. `is_complete`: there are no others, so a name that is
    not among them is a mistake. `types` are those that `instance of` may name."""

    names: Mapping[str, Type] = field(default_factory=dict)
    is_complete: bool = False
    types: Mapping[str, Type] = field(default_factory=dict)
    functions: frozenset[str] = DOMAIN_FUNCTIONS


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be meant. `line` and `column` count from 1, `position` from 0."""

    severity: Literal["error", "warning"]
    code: str
    position: int
    line: int
    column: int
    zh: str
    en: str


class Scope:
    """The names of one place. `item` is the type of a filter's item, whose entries hide outer names."""

    def __init__(self, names: Mapping[str, Type], outer: Scope | None, item: Type | None = None) -> None:
        self.names = dict(names)
        self.outer = outer
        self.item = item

    def find(self, name: str) -> Type | None:
        """Returns the type of a name: Any where an item may or may not have such an entry, None if nobody knows it."""
        if self.item is not None and self.item.kind in (CONTEXT, ANY):
            if self.item.entries is None:
                return ANYTHING
            if name in self.item.entries:
                return self.item.entries[name]
        if name in self.names:
            return self.names[name]
        return self.outer.find(name) if self.outer is not None else None

    def all(self) -> dict[str, Type]:
        """Returns every name that can be read here, with its type."""
        outer = self.outer.all() if self.outer is not None else {}
        entries = self.item.entries or {} if self.item is not None and self.item.kind == CONTEXT else {}
        return {**outer, **self.names, **entries}


NEVER = ("永不为真", "never true")


def _when(operator: str, shown: tree.Node) -> tuple[str, str]:
    """When a comparison of different kinds is true: null equals null, and differs from what is there."""
    if operator == "!=":
        return "仅当有值缺失时为真", "true only where a value is missing"
    return NEVER if isinstance(shown, tree.Literal) else ("仅当两者皆空时为真", "true only where both are missing")


class Inference:
    """One look through a tree. `types` collects the type of every node by its position, `problems` what is wrong."""

    def __init__(self, text: str, environment: TypeEnvironment, *, tested: Type = ANYTHING) -> None:
        self._text = text
        self._environment = environment
        self.scope = Scope({**environment.names, "?": tested}, None)
        self.types: list[tuple[int, Type]] = []
        self.problems: list[Problem] = []

    def infer(self, node: tree.Node) -> Type:
        """Returns the type of a node."""
        found: Type = _RULES[type(node)](self, node)
        self.types.append((node.position, found))
        return found

    def within(self, scope: Scope, node: tree.Node) -> Type:
        """Returns the type of a node that sees the names of `scope`."""
        outer, self.scope = self.scope, scope
        found = self.infer(node)
        self.scope = outer
        return found

    def report(self, code: str, where: tree.Node, zh: str, en: str) -> None:
        """Notes a problem."""
        line, column = place(self._text, where.position)
        self.problems.append(Problem("warning", code, where.position, line, column, zh, en))

    # -- tests

    def tests(self, node: tree.Tests) -> Type:
        """Looks through unary tests on `?`."""
        for each in node.tests:
            self.test(each, self.scope.find("?") or ANYTHING)
        return Type(BOOLEAN)

    def test(self, node: tree.Node, tested: Type) -> None:
        """Looks through one test of a value."""
        if isinstance(node, tree.OperatorRange):
            self.compared(node, node.operator, tested, self.infer(node.operand), node.operand)
            return
        wanted = self.infer(node)
        is_question = wanted.kind == BOOLEAN and (reads_input(node) or not isinstance(node, tree.Literal))
        if is_question or wanted.kind in (NULL, ANY):
            return
        if wanted.kind == RANGE:
            item = wanted.item or ANYTHING
            if item.kind not in (ANY, NULL, tested.kind) and is_known(tested):
                self._never(node, tested, item)
        elif wanted.kind == LIST:
            item = wanted.item or ANYTHING
            item = item.item or ANYTHING if item.kind == RANGE else item
            if tested.kind != LIST and is_known(tested) and is_known(item) and item.kind != tested.kind:
                self._never(node, tested, item)
        else:
            self.compared(node, "=", tested, wanted, node)

    def compared(self, where: tree.Node, operator: str, left: Type, right: Type, shown: tree.Node) -> None:
        """Reports a comparison that is never true."""
        if operator in ("=", "!="):
            if is_known(left) and is_known(right) and left.kind != right.kind:
                self._never(where, left, right, _when(operator, shown))
            elif isinstance(shown, tree.Literal) and isinstance(shown.value, str) and left.allowed is not None:
                self._allowed(shown, left)
            return
        for each in (left, right):
            is_null = each.kind == NULL and isinstance(shown, tree.Literal) and shown.value is None
            if is_null or (is_known(each) and not has_order(each.kind)):
                zh, en = in_words(each)
                self.report("never-true", where, f"{zh}没有大小，结果永不为真", f"{en} has no order: never true")
                return
        if is_known(left) and is_known(right) and left.kind != right.kind:
            self._never(where, left, right)

    def _never(self, where: tree.Node, left: Type, right: Type, when: tuple[str, str] = NEVER) -> None:
        first, second = in_words(left), in_words(right)
        self.report(
            "never-true",
            where,
            f"{first[0]}与{second[0]}相比较，{when[0]}",
            f"compares {first[1]} with {second[1]}: {when[1]}",
        )

    def _allowed(self, shown: tree.Literal, wanted: Type) -> None:
        try:
            tests = compile_unary_tests(wanted.allowed)
            fits = tests.evaluate(shown.value, {}, _NOW)
        except FeelError:
            return
        if fits is False:
            self.report(
                "value-not-allowed",
                shown,
                f"“{shown.value}”不在允许的取值中：{wanted.allowed}",
                f'"{shown.value}" is not among the allowed values: {wanted.allowed}',
            )

    def null(self, where: tree.Node, zh: str, en: str) -> Type:
        """Reports what is always null."""
        self.report("always-null", where, f"{zh}，结果恒为空", f"{en}: always null")
        return NOTHING

    def truth(self, node: tree.Node, scope: Scope | None = None) -> None:
        """Looks at a condition: what is no boolean counts as null."""
        found = self.infer(node) if scope is None else self.within(scope, node)
        if is_known(found) and found.kind != BOOLEAN:
            zh, en = in_words(found)
            self.report("not-boolean", node, f"条件是{zh}，永不为真", f"the condition is {en}: never true")


# ------------------------------------------------------------ values and names


def _literal(_: Inference, node: tree.Literal) -> Type:
    return Type(kind_of(node.value))


def _name(here: Inference, node: tree.Name) -> Type:
    found = here.scope.find(node.name)
    if found is not None:
        return found
    if node.name in BUILTINS:
        return ANYTHING  # the function as an argument, elsewhere a variable of that name
    if here._environment.is_complete:
        close = suggestion(node.name, here.scope.all())
        zh = close.replace("; did you mean", "；是否指").replace("?", "？")
        here.report("unknown-name", node, f"没有名为“{node.name}”的变量{zh}", f'there is no "{node.name}"{close}')
    return ANYTHING


def _path(here: Inference, node: tree.Path) -> Type:
    return _entry(here, node, here.infer(node.source))


def _entry(here: Inference, node: tree.Path, source: Type) -> Type:
    kind = source.kind
    if kind in (ANY, NULL):
        return ANYTHING if kind == ANY else NOTHING
    if kind == LIST:
        item = source.item or ANYTHING
        return Type(LIST, item=ANYTHING if item.kind == LIST else _entry(here, node, item))
    if kind == CONTEXT:
        if source.entries is None or node.name in source.entries:
            return (source.entries or {}).get(node.name, ANYTHING)
        close = suggestion(node.name, source.entries)
        zh = close.replace("; did you mean", "；是否指").replace("?", "？")
        here.report(
            "unknown-entry", node, f"没有名为“{node.name}”的条目{zh}", f'there is no entry "{node.name}"{close}'
        )
        return ANYTHING
    if kind == RANGE and node.name in PARTS[RANGE]:
        return Type(BOOLEAN) if node.name.endswith("included") else source.item or ANYTHING
    found = part_type(kind, node.name)
    if found.kind == NULL:
        zh, en = in_words(source)
        return here.null(node, f"{zh}没有“{node.name}”", f'{en} has no "{node.name}"')
    return found


def _list(here: Inference, node: tree.ListNode) -> Type:
    items = [here.infer(item) for item in node.items]
    return Type(LIST, item=join(*items) if items else ANYTHING)


def _context(here: Inference, node: tree.ContextNode) -> Type:
    scope = Scope({}, here.scope)
    entries: dict[str, Type] = {}
    for key, value in node.entries:
        if isinstance(value, tree.FunctionDefinition):
            scope.names[key] = Type(FUNCTION)
        entries[key] = scope.names[key] = here.within(scope, value)
    return bounded(Type(CONTEXT, entries=entries))


def _range(here: Inference, node: tree.RangeNode) -> Type:
    start, end = here.infer(node.start), here.infer(node.end)
    if is_known(start) and is_known(end) and start.kind != end.kind:
        first, second = in_words(start), in_words(end)
        zh, en = f"区间两端为{first[0]}与{second[0]}，不可比较", f"the range goes from {first[1]} to {second[1]}"
        here.report("always-null", node, zh, en)
    return Type(RANGE, item=join(start, end))


def _operator_range(here: Inference, node: tree.OperatorRange) -> Type:
    return Type(RANGE, item=here.infer(node.operand)) if node.operator != "!=" else ANYTHING


# ------------------------------------------------------------ operators


def _negation(here: Inference, node: tree.Negation) -> Type:
    operand = here.infer(node.operand)
    found = negated_type(operand.kind)
    if found.kind == NULL and is_known(operand):
        zh, en = in_words(operand)
        return here.null(node, f"{zh}不能取负", f"{en} has no negative")
    return found


def _arithmetic(here: Inference, node: tree.Arithmetic) -> Type:
    left = here.infer(node.first)
    for operator, operand in node.rest:
        right = here.infer(operand)
        found = NOTHING if NULL in (left.kind, right.kind) else arithmetic_type(operator, left.kind, right.kind)
        if found.kind == NULL and is_known(left) and is_known(right):
            first, second = in_words(left), in_words(right)
            here.null(
                operand, f"{first[0]} {operator} {second[0]} 无定义", f"{first[1]} {operator} {second[1]} is undefined"
            )
        left = found
    return left


def _logic(here: Inference, node: tree.Logic) -> Type:
    for term in node.terms:
        found = here.infer(term)
        if is_known(found) and found.kind != BOOLEAN:
            zh, en = in_words(found)
            here.report("not-boolean", term, f"{zh}不是布尔值，按空值计", f"{en} is no boolean: it counts as null")
    return Type(BOOLEAN)


def _comparison(here: Inference, node: tree.Comparison) -> Type:
    left, right = here.infer(node.left), here.infer(node.right)
    if isinstance(node.left, tree.Literal) and not isinstance(node.right, tree.Literal):
        here.compared(node, node.operator, right, left, node.left)
    else:
        here.compared(node, node.operator, left, right, node.right)
    return Type(BOOLEAN)


def _between(here: Inference, node: tree.Between) -> Type:
    value = here.infer(node.value)
    here.compared(node, ">=", value, here.infer(node.low), node.low)
    here.compared(node, "<=", value, here.infer(node.high), node.high)
    return Type(BOOLEAN)


def _in(here: Inference, node: tree.In) -> Type:
    tested = here.infer(node.value)
    outer, here.scope = here.scope, Scope({"?": tested}, here.scope)
    for each in node.tests:
        here.test(each, tested)
    here.scope = outer
    return Type(BOOLEAN)


def _instance_of(here: Inference, node: tree.InstanceOf) -> Type:
    here.infer(node.value)
    return Type(BOOLEAN)


def _if(here: Inference, node: tree.If) -> Type:
    here.truth(node.condition)
    return join(here.infer(node.yes), here.infer(node.no))


# ------------------------------------------------------------ what repeats


def _item(source: Type) -> Type:
    """What a loop sees of a source."""
    if source.kind in (LIST, RANGE):
        return source.item or ANYTHING
    return source


def _filter(here: Inference, node: tree.Filter) -> Type:
    source = here.infer(node.source)
    item = (source.item or ANYTHING) if source.kind == LIST else source
    item = ANYTHING if item.kind == NULL else item
    condition = here.within(Scope({"item": item}, here.scope, item), node.condition)
    if condition.kind == NUMBER:  # an index that is null gives an empty list, which counts as no item here
        return item
    if condition.kind in (ANY, NULL):
        return ANYTHING
    if condition.kind != BOOLEAN:
        zh, en = in_words(condition)
        here.report("not-boolean", node.condition, f"筛选条件是{zh}，永不为真", f"the filter is {en}: never true")
    return Type(LIST, item=item)


def _loops(here: Inference, iterations: Iterable[tuple[str, tree.Node, bool]]) -> Scope:
    scope = Scope({}, here.scope)
    for name, source, _ in iterations:
        found = here.within(scope, source)
        scope.names[name] = _item(found) if found.kind != NULL else ANYTHING
    return scope


def _for(here: Inference, node: tree.For) -> Type:
    scope = _loops(here, node.iterations)
    scope.names["partial"] = Type(LIST, item=ANYTHING)
    return Type(LIST, item=here.within(scope, node.body))


def _quantified(here: Inference, node: tree.Quantified) -> Type:
    here.truth(node.condition, _loops(here, node.iterations))
    return Type(BOOLEAN)


# ------------------------------------------------------------ functions


def _definition(here: Inference, node: tree.FunctionDefinition) -> Type:
    declared = {name: each or ANYTHING for name, each in node.parameters}
    result = here.within(Scope(declared, here.scope), node.body)
    return Type(FUNCTION, parameters=tuple(declared.values()), result=ANYTHING if node.external else result)


def _call(here: Inference, node: tree.Call) -> Type:
    given = [here.infer(argument) for argument in node.arguments]
    name = node.function.name if isinstance(node.function, tree.Name) else ""
    local = here.scope.find(name) if name else None
    if name in BUILTINS and (local is None or (is_known(local) and local.kind != FUNCTION)):
        return _builtin(here, node, BUILTINS[name], given)
    if name in here._environment.functions and local is None:
        return DOMAIN[name][1] if name in DOMAIN else ANYTHING
    if name and local is None:
        return ANYTHING  # compiling the text says that there is no such function
    function = here.infer(node.function)
    if name in BUILTINS or function.kind == ANY:
        return ANYTHING
    if function.kind != FUNCTION:
        zh, en = in_words(function)
        return here.null(node, f"{zh}不能调用", f"{en} cannot be called") if function.kind != NULL else NOTHING
    if function.parameters is not None and len(function.parameters) != len(given):
        wanted = len(function.parameters)
        return here.null(node, f"函数需要 {wanted} 个参数", f"the function takes {wanted} argument(s)")
    return function.result or ANYTHING


def _builtin(here: Inference, node: tree.Call, builtin: Builtin, given: list[Type]) -> Type:
    if builtin.name in _CONSTANT and node.arguments and node.names is None:
        values = [each.value for each in node.arguments if isinstance(each, tree.Literal)]
        found = constant_type(builtin.name, values) if len(values) == len(given) else None
        if found is not None and found.kind != NULL:
            return found
        if found is not None and all(isinstance(value, str) for value in values):
            shown = ", ".join(f'"{value}"' for value in values)
            return here.null(node, f"{shown} 不是 {builtin.name}", f"{shown} is no {builtin.name}")
    forms = [(form, parameters_for(form, len(given), node.names)) for form in builtin.overloads]
    taking = [(form, parameters) for form, parameters in forms if parameters is not None]
    if not taking:
        return here.null(
            node, f"“{builtin.name}”的参数个数或名称不符", f'"{builtin.name}" does not take these arguments'
        )
    fitting = [(form, known) for form, known in taking if _misfit(form, known, given) is None]
    if fitting:
        return join(*(result_type(form, known, given) for form, known in fitting))
    form, known = taking[0]
    number = _misfit(form, known, given) or 0
    if given[number].kind == NULL:
        return NOTHING
    zh, _ = in_words(given[number])
    words_zh = f"“{builtin.name}”的参数 {known[number].name} 不能是{zh}"
    words_en = f'"{builtin.name}" takes no {given[number].kind} as {known[number].name}'
    if known[number].optional:  # a value that is missing would do
        here.report("wrong-argument", node.arguments[number], words_zh, words_en)
        return join(*(result_type(other, parameters, given) for other, parameters in taking))
    return here.null(node.arguments[number], words_zh, words_en)


def _misfit(form: Overload, parameters: list[Parameter], given: list[Type]) -> int | None:
    """Returns the place of the first argument that cannot fit."""
    among_others = len(given) > len(form.parameters)
    pairs = zip(parameters, given, strict=True)
    return next((n for n, (each, kind) in enumerate(pairs) if not accepts(each, kind, among_others=among_others)), None)


_RULES: dict[type, Callable[[Inference, Any], Type]] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.Path: _path,
    tree.ListNode: _list,
    tree.ContextNode: _context,
    tree.RangeNode: _range,
    tree.OperatorRange: _operator_range,
    tree.Negation: _negation,
    tree.Arithmetic: _arithmetic,
    tree.Logic: _logic,
    tree.Comparison: _comparison,
    tree.Between: _between,
    tree.In: _in,
    tree.InstanceOf: _instance_of,
    tree.If: _if,
    tree.Filter: _filter,
    tree.For: _for,
    tree.Quantified: _quantified,
    tree.FunctionDefinition: _definition,
    tree.Call: _call,
    tree.Tests: Inference.tests,
}
