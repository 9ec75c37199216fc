"""Turns a tree into Python closures, once; an evaluation then only calls them with its frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.feel import calls, loops, operators, tree
from engine.feel.compare import checked
from engine.feel.paths import entry
from engine.feel.scope import FIRST_SLOT, VARIABLES, WORK, Code, Frame, Scope, find
from engine.feel.values import Range


class Compiler:
    """Compiles one text. `names` collects the variables it reads, `size` the slots that its frame needs."""

    def __init__(self, *, declared: Iterable[str], functions: Iterable[str]) -> None:
        self.declared = frozenset(declared)
        self.functions = frozenset(functions)
        self.names: set[str] = set()
        self.size = FIRST_SLOT
        self.scope: Scope | None = None

    def slot(self) -> int:
        """Returns a slot of the frame that nothing else uses."""
        self.size += 1
        return self.size - 1

    def compile(self, node: tree.Node) -> Code:
        """Returns the closure of a node."""
        code: Code = _COMPILERS[type(node)](self, node)
        return code

    def value_or_function(self, node: tree.Node) -> Code:
        """Returns the closure of a node where the name of a built-in stands for the function itself."""
        return calls.value_or_function(self, node)

    def within(self, scope: Scope, node: tree.Node) -> Code:
        """Returns the closure of a node that sees the names of `scope`."""
        outer, self.scope = self.scope, scope
        code = self.compile(node)
        self.scope = outer
        return code


def literal(compiler: Compiler, node: tree.Literal) -> Code:
    """A constant."""
    value = node.value
    return lambda frame: value


def name(compiler: Compiler, node: tree.Name) -> Code:
    """A variable: an entry of a filter's item, a local one, or one of the process. Unknown ones are null."""
    wanted = node.name
    found = find(wanted, compiler.scope)
    code = _read(compiler, wanted, found.slot, in_context=found.context, partial=found.partial)
    for item in reversed(found.items):
        code = _read_item(wanted, item, code)
    return code


def _read(compiler: Compiler, wanted: str, slot: int | None, *, in_context: bool, partial: bool) -> Code:
    if slot is None:
        if wanted == "?":
            return lambda frame: None
        compiler.names.add(wanted)
        return lambda frame: frame[VARIABLES].get(wanted)
    if in_context:
        return lambda frame: frame[slot].get(wanted)
    if partial:
        return lambda frame: _snapshot(frame, slot)
    return lambda frame: frame[slot]


def _snapshot(frame: Frame, slot: int) -> list[Any]:
    """Copies the results so far, so that no list ever contains itself."""
    frame[WORK].items(len(frame[slot]))
    return list(frame[slot])


def _read_item(wanted: str, item: int, otherwise: Code) -> Code:
    def read(frame: Frame) -> Any:
        value = frame[item]
        if type(value) is dict and wanted in value:
            return value[wanted]
        return otherwise(frame)

    return read


def path(compiler: Compiler, node: tree.Path) -> Code:
    """`source.name`."""
    source, wanted = compiler.compile(node.source), node.name

    def read(frame: Frame) -> Any:
        value = source(frame)
        if type(value) is dict:
            return value.get(wanted)
        return entry(value, wanted, frame[WORK])

    return read


def condition(compiler: Compiler, node: tree.If) -> Code:
    """`if … then … else …`: only true is true."""
    test, yes, no = (compiler.compile(each) for each in (node.condition, node.yes, node.no))
    truth = operators.truth

    def choose(frame: Frame) -> Any:
        value = test(frame)
        return yes(frame) if value is True or truth(value) is True else no(frame)

    return choose


def list_of(compiler: Compiler, node: tree.ListNode) -> Code:
    """`[items]`."""
    items = [compiler.compile(item) for item in node.items]

    def build(frame: Frame) -> list[Any]:
        frame[WORK].items(len(items))
        return [item(frame) for item in items]

    return build


def context(compiler: Compiler, node: tree.ContextNode) -> Code:
    """`{key: value}`: each value sees the entries before it; a function also sees itself."""
    slot = compiler.slot()
    scope = Scope({}, compiler.scope, context=slot)
    entries: list[tuple[str, Code]] = []
    for key, value in node.entries:
        if isinstance(value, tree.FunctionDefinition):
            scope.slots[key] = slot
        entries.append((key, compiler.within(scope, value)))
        scope.slots[key] = slot

    def build(frame: Frame) -> dict[str, Any]:
        frame[WORK].items(len(entries))
        built: dict[str, Any] = {}
        for key, value in entries:
            frame[slot] = built  # a function called by the entry before may have come through here
            built[key] = value(frame)
        return built

    return build


def interval(compiler: Compiler, node: tree.RangeNode) -> Code:
    """`[start..end]`."""
    start, end = compiler.compile(node.start), compiler.compile(node.end)

    def build(frame: Frame) -> Any:
        return checked(Range(start(frame), end(frame), node.start_included, node.end_included))

    return build


_COMPILERS: dict[type, Any] = {
    tree.Literal: literal,
    tree.Name: name,
    tree.Path: path,
    tree.If: condition,
    tree.ListNode: list_of,
    tree.ContextNode: context,
    tree.RangeNode: interval,
    tree.Negation: operators.negation,
    tree.Arithmetic: operators.arithmetic,
    tree.Logic: operators.logic,
    tree.Comparison: operators.comparison,
    tree.Between: operators.between,
    tree.In: operators.membership,
    tree.InstanceOf: operators.instance_of,
    tree.OperatorRange: operators.operator_range,
    tree.Filter: loops.filtered,
    tree.For: loops.for_each,
    tree.Quantified: loops.quantified,
    tree.FunctionDefinition: calls.definition,
    tree.Call: calls.call,
}
