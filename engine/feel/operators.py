"""Compiles operators: arithmetic, logic, comparison, `in`, `between`, `instance of` (DMN 1.5, 10.3.2)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.feel import tree
from engine.feel.arithmetic import BINARY, negate
from engine.feel.compare import ORDERED, at_least, at_most, both, equal, within
from engine.feel.limits import Work
from engine.feel.scope import WORK, Code, Frame, Scope
from engine.feel.types import ANY, conforms
from engine.feel.values import NULL, Opaque, Range, refuse

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler


def truth(value: Any) -> bool | None:
    """Returns true or false as they are and None for anything else; refuses what may not be read."""
    if value is True or value is False:
        return bool(value)
    if value is not None:
        refuse(value)
    return None


def negation(compiler: Compiler, node: tree.Negation) -> Code:
    """`-operand`."""
    operand = compiler.compile(node.operand)
    return lambda frame: negate(operand(frame), frame[WORK])


def arithmetic(compiler: Compiler, node: tree.Arithmetic) -> Code:
    """A run of `+ -`, `* /` or `**`, from the left."""
    first = compiler.compile(node.first)
    rest = [(BINARY[operator], compiler.compile(operand)) for operator, operand in node.rest]
    if len(rest) == 1:
        (apply, second) = rest[0]
        return lambda frame: apply(first(frame), second(frame), frame[WORK])

    def run(frame: Frame) -> Any:
        value, work = first(frame), frame[WORK]
        for each, operand in rest:
            value = each(value, operand(frame), work)
        return value

    return run


def logic(compiler: Compiler, node: tree.Logic) -> Code:
    """`and`, `or`: stops at the first false or true; anything that is no boolean counts as null."""
    terms = [compiler.compile(term) for term in node.terms]
    decisive = node.operator == "or"
    if len(terms) == 2:
        return _both_terms(terms[0], terms[1], decisive)

    def run(frame: Frame) -> bool | None:
        result: bool | None = not decisive
        for term in terms:
            value = truth(term(frame))
            if value is decisive:
                return decisive
            if value is None:
                result = None
        return result

    return run


def _both_terms(left: Code, right: Code, decisive: bool) -> Code:
    """The usual case of two terms, without a loop."""

    def run(frame: Frame) -> bool | None:
        first: object = left(frame)
        if first is decisive:
            return decisive
        second: object = right(frame)
        if second is decisive:
            if first is not (not decisive):
                truth(first)
            return decisive
        if first is second is (not decisive):
            return not decisive
        truth(first)
        truth(second)
        return None

    return run


def comparison(compiler: Compiler, node: tree.Comparison) -> Code:
    """`=`, `!=`, `<`, `<=`, `>`, `>=`; comparing with a constant of the usual kinds takes a short way."""
    left = compiler.compile(node.left)
    if isinstance(node.right, tree.Literal):
        quick = _with_constant(node.operator, left, node.right.value)
        if quick is not None:
            return quick
    right = compiler.compile(node.right)
    if node.operator in ("=", "!="):
        return _equality(left, right, node.operator == "=")
    ordered = ORDERED[node.operator]
    return lambda frame: ordered(left(frame), right(frame))


def _equality(left: Code, right: Code, wanted: bool) -> Code:
    def run(frame: Frame) -> bool | None:
        found = equal(left(frame), right(frame), frame[WORK])
        return found if wanted else opposite(found)

    return run


def opposite(value: bool | None) -> bool | None:
    """Three-valued not."""
    return None if value is None else not value


def _with_constant(operator: str, left: Code, constant: Any) -> Code | None:
    if operator in ("=", "!="):
        return _equal_to_constant(left, constant, operator == "=")
    if type(constant) is int:
        return _ordered_with_number(operator, left, constant)
    return None


def _equal_to_constant(left: Code, constant: Any, wanted: bool) -> Code | None:
    if constant is None:
        return lambda frame: (left(frame) is None) is wanted
    kind = type(constant)
    if kind is not str and kind is not int and kind is not bool:
        return None

    def run(frame: Frame) -> bool | None:
        value = left(frame)
        if type(value) is kind:
            return (value == constant) is wanted
        result = equal(value, constant, frame[WORK])
        return result if wanted else opposite(result)

    return run


def _ordered_with_number(operator: str, left: Code, constant: int) -> Code:
    ordered = ORDERED[operator]
    compare: Callable[[Any], bool] = {
        "<": lambda value: value < constant,
        "<=": lambda value: value <= constant,
        ">": lambda value: value > constant,
        ">=": lambda value: value >= constant,
    }[operator]

    def run(frame: Frame) -> bool | None:
        value = left(frame)
        if type(value) is int or type(value) is Decimal:
            return compare(value)
        return ordered(value, constant)

    return run


def between(compiler: Compiler, node: tree.Between) -> Code:
    """`value between low and high`, both included."""
    value, low, high = (compiler.compile(each) for each in (node.value, node.low, node.high))

    def run(frame: Frame) -> bool | None:
        tested = value(frame)
        return both(at_least(tested, low(frame)), at_most(tested, high(frame)))

    return run


def instance_of(compiler: Compiler, node: tree.InstanceOf) -> Code:
    """`value instance of type`; null is an instance of nothing, a personal value of Any alone."""
    value, wanted = compiler.value_or_function(node.value), node.type
    null_too = wanted.kind == NULL

    def run(frame: Frame) -> bool:
        tested = value(frame)
        if isinstance(tested, Opaque):
            return bool(wanted.kind == ANY)
        return conforms(tested, wanted, frame[WORK], null_conforms=null_too)

    return run


def operator_range(compiler: Compiler, node: tree.OperatorRange) -> Code:
    """`(< 10)` as a value: a range without a start. `!= x` has no such form and is null."""
    operand, operator = compiler.compile(node.operand), node.operator

    def build(frame: Frame) -> Any:
        limit = operand(frame)
        if operator == "=":
            return Range(limit, limit, operator=operator)
        if operator == "!=" or limit is None:
            return None
        closed = operator.endswith("=")
        if operator.startswith("<"):
            return Range(None, limit, start_included=False, end_included=closed, operator=operator)
        return Range(limit, None, start_included=closed, end_included=False, operator=operator)

    return build


def membership(compiler: Compiler, node: tree.In) -> Code:
    """`value in tests`; inside the tests `?` is the value."""
    value, slot = compiler.compile(node.value), compiler.slot()
    scope = Scope({"?": slot}, compiler.scope)
    outer, compiler.scope = compiler.scope, scope
    tests = [test(compiler, each, slot) for each in node.tests]
    compiler.scope = outer

    def run(frame: Frame) -> bool | None:
        tested = value(frame)
        result: bool | None = False
        for each in tests:
            frame[slot] = tested
            found = each(frame)
            if found is True:
                return True
            if found is None:
                result = None
        return result

    return run


def test(compiler: Compiler, node: tree.Node, slot: int) -> Code:
    """One positive unary test on the value in `slot`."""
    if isinstance(node, tree.OperatorRange):
        return _operator_test(compiler, node, slot)
    code = compiler.compile(node)
    asks = reads_input(node)
    is_value = isinstance(node, tree.Literal)  # the cell `true` is a value: a missing input does not match it

    def run(frame: Frame) -> bool | None:
        wanted = code(frame)
        tested = frame[slot]
        if type(wanted) is bool and (asks or (type(tested) is not bool and not is_value)):
            return wanted
        return None if asks and wanted is None else matches(tested, wanted, frame[WORK])

    return run


def _operator_test(compiler: Compiler, node: tree.OperatorRange, slot: int) -> Code:
    operand, operator = compiler.compile(node.operand), node.operator
    if operator == "=":
        return lambda frame: equal(frame[slot], operand(frame), frame[WORK])
    if operator == "!=":
        return lambda frame: opposite(equal(frame[slot], operand(frame), frame[WORK]))
    ordered = ORDERED[operator]
    return lambda frame: ordered(frame[slot], operand(frame))


def reads_input(node: tree.Node) -> bool:
    """Tells whether a test mentions `?`."""
    return (isinstance(node, tree.Name) and node.name == "?") or any(map(reads_input, node.children()))


def matches(tested: Any, wanted: Any, work: Work) -> bool | None:
    """Tells whether a value satisfies what a test evaluates to: equal, in the range, or in the list."""
    if type(wanted) is Range:
        return within(tested, wanted)
    if type(wanted) is not list:
        return equal(tested, wanted, work)
    work.items(len(wanted))
    if type(tested) is list and equal(tested, wanted, work) is True:
        return True
    for item in wanted:
        found = within(tested, item) if type(item) is Range else equal(tested, item, work)
        if found is True:
            return True
    return False
