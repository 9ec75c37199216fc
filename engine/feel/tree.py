"""The tree of a FEEL expression. Every node knows its place, its depth and what one evaluation of it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from engine.feel.errors import FeelError
from engine.feel.limits import MAX_TREE_DEPTH


@dataclass(eq=False)
class Node:
    """Base of all nodes. `position` is the index in the text, `cost` the number of nodes below and with it."""

    position: int
    depth: int = field(init=False, default=1)
    cost: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        for child in self.children():
            self.depth = max(self.depth, child.depth + 1)
            self.cost += child.cost
        if self.depth > MAX_TREE_DEPTH:
            raise FeelError(f"the expression is nested more than {MAX_TREE_DEPTH} levels deep")

    def children(self) -> Iterator[Node]:
        """Returns the nodes directly below."""
        for each in fields(self):
            yield from _nodes(getattr(self, each.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


@dataclass(eq=False)
class Literal(Node):
    """A number, string, boolean, null or @-literal."""

    value: Any


@dataclass(eq=False)
class Name(Node):
    """A variable, a parameter, or a function."""

    name: str


@dataclass(eq=False)
class Path(Node):
    """`source.name`."""

    source: Node
    name: str


@dataclass(eq=False)
class Filter(Node):
    """`source[condition]`."""

    source: Node
    condition: Node


@dataclass(eq=False)
class Call(Node):
    """`function(arguments)`; `names` are those of named arguments, None for positional ones."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None


@dataclass(eq=False)
class Negation(Node):
    """`-operand`."""

    operand: Node


@dataclass(eq=False)
class Arithmetic(Node):
    """A run of operators of one rank: first (operator, operand)*, evaluated from the left."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(eq=False)
class Logic(Node):
    """`and` or `or` over two or more terms."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(eq=False)
class Comparison(Node):
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


@dataclass(eq=False)
class Between(Node):
    """`value between low and high`."""

    value: Node
    low: Node
    high: Node


@dataclass(eq=False)
class In(Node):
    """`value in tests`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(eq=False)
class InstanceOf(Node):
    """`value instance of type`; `type` is a parsed type, see `feel.types`."""

    value: Node
    type: Any


@dataclass(eq=False)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(eq=False)
class For(Node):
    """`for names in sources return body`; a source may be a RangeNode written without brackets."""

    iterations: tuple[tuple[str, Node, bool], ...]
    body: Node


@dataclass(eq=False)
class Quantified(Node):
    """`some` or `every` … `satisfies condition`."""

    quantifier: str
    iterations: tuple[tuple[str, Node, bool], ...]
    condition: Node


@dataclass(eq=False)
class FunctionDefinition(Node):
    """`function(parameters) body`; parameters are (name, type or None)."""

    parameters: tuple[tuple[str, Any], ...]
    body: Node
    external: bool


@dataclass(eq=False)
class ListNode(Node):
    """`[items]`."""

    items: tuple[Node, ...]


@dataclass(eq=False)
class ContextNode(Node):
    """`{key: value}`."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(eq=False)
class RangeNode(Node):
    """`[start..end]` with any brackets."""

    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(eq=False)
class OperatorRange(Node):
    """`< operand` and the like, standing alone as a test or a range."""

    operator: str
    operand: Node


@dataclass(eq=False)
class Tests(Node):
    """Unary tests: one of `tests` must hold, or none of them if negated. No tests stand for `-`: anything."""

    tests: tuple[Node, ...]
    negated: bool
