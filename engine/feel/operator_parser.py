"""Reads operators by precedence climbing, and the tests of `in` and of decision tables (DMN 1.5, 10.3.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.feel import tree
from engine.feel.errors import FeelError, FeelSyntaxError
from engine.feel.lexer import AT, END, STRING
from engine.feel.limits import MAX_TREE_DEPTH
from engine.feel.number_text import negative
from engine.feel.token_reader import TokenReader
from engine.feel.types import Type
from engine.feel.values import is_number

_RANKS = {"=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_COMPARISON = 3
ADDITIVE = 4
COMPARATORS = ("<", "<=", ">", ">=", "=", "!=")
_Node = TypeVar("_Node", bound=tree.Node)


class OperatorParser(TokenReader):
    """Everything about operators; what stands between them is read by `Parser`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self._ends_range = False

    def expression(self) -> tree.Node:
        """Reads the text as one expression."""
        found = self._guarded(self._expression)
        if self.now.kind != END:
            raise self.unexpected()
        return found

    def unary_tests(self) -> tree.Tests:
        """Reads the text as unary tests: `-`, `not(…)`, or a list of tests."""
        return self._guarded(self._unary_tests)

    def _guarded(self, read: Callable[[], _Node]) -> _Node:
        try:
            return read()
        except FeelSyntaxError:
            raise
        except FeelError as error:
            raise self.error(str(error)) from None
        except RecursionError:
            raise self.error(f"the expression is nested more than {MAX_TREE_DEPTH} levels deep") from None

    def _unary_tests(self) -> tree.Tests:
        start = self.now.position
        if self.at("-") and self.run[self.index + 1].kind == END:
            return tree.Tests(start, (), False)
        negated = self.at("not") and self.run[self.index + 1].text == "("
        if negated:
            before = self.index
            self.index += 2
            found = self._tests()
            self.expect(")")
            if self.now.kind == END:
                return tree.Tests(start, found, True)
            self.index = before  # `not(a) and b` is one boolean expression
        found = self._tests()
        if self.now.kind != END:
            raise self.unexpected()
        return tree.Tests(start, found, False)

    def _primary(self) -> tree.Node:
        raise NotImplementedError

    def _postfix(self, source: tree.Node) -> tree.Node:
        raise NotImplementedError

    def _range_end(self, start: int, low: tree.Node, *, included: bool) -> tree.Node:
        raise NotImplementedError

    def _type(self) -> Type:
        raise NotImplementedError

    def _expression(self, rank: int = 0) -> tree.Node:
        self.depth += 1
        if self.depth > MAX_TREE_DEPTH:
            raise self.error(f"the expression is nested more than {MAX_TREE_DEPTH} levels deep")
        found = self._operations(self._unary(), rank)
        self.depth -= 1
        return found

    def _nested(self) -> tree.Node:
        """Reads an expression inside brackets, where a `[` is a filter again even within a range."""
        before, self._ends_range = self._ends_range, False
        found = self._expression()
        self._ends_range = before
        return found

    def _operations(self, left: tree.Node, rank: int) -> tree.Node:
        while True:
            token = self.now
            if token.kind in (STRING, AT, END):
                return left
            own = _RANKS.get(token.text)
            if own is not None:
                if own < rank:
                    return left
                left = self._comparison(left) if own == _COMPARISON else self._arithmetic(left, own)
            elif token.text in ("and", "or"):
                own = 2 if token.text == "and" else 1
                if own < rank:
                    return left
                left = self._logic(left, token.text, own)
            elif token.text in ("between", "in", "instance") and rank <= _COMPARISON:
                left = self._word_comparison(left)
            else:
                return left

    def _arithmetic(self, left: tree.Node, rank: int) -> tree.Node:
        start, rest = left.position, []
        while self.now.kind not in (STRING, AT, END) and _RANKS.get(self.now.text) == rank:
            operator = self.now.text
            self.index += 1
            rest.append((operator, self._expression(rank + 1)))
        return tree.Arithmetic(start, left, tuple(rest))

    def _logic(self, left: tree.Node, operator: str, rank: int) -> tree.Node:
        terms = [left]
        while self.take(operator):
            terms.append(self._expression(rank + 1))
        return tree.Logic(left.position, operator, tuple(terms))

    def _comparison(self, left: tree.Node) -> tree.Node:
        operator = self.now.text
        self.index += 1
        if operator == "<" and self.at(">"):
            raise self.error('FEEL writes "!=", not "<>"', self.run[self.index - 1].position)
        return tree.Comparison(left.position, operator, left, self._expression(ADDITIVE))

    def _word_comparison(self, left: tree.Node) -> tree.Node:
        if self.take("between"):
            low = self._expression(ADDITIVE)
            self.expect("and")
            return tree.Between(left.position, left, low, self._expression(ADDITIVE))
        if self.take("instance"):
            self.expect("of")
            return tree.InstanceOf(left.position, left, self._type())
        self.expect("in")
        return tree.In(left.position, left, self._tests_after_in())

    def _tests_after_in(self) -> tuple[tree.Node, ...]:
        if not self.at("("):
            return (self._test(ADDITIVE),)
        start = self.now.position
        self.index += 1
        before, self._ends_range = self._ends_range, False
        found = self._tests()
        self._ends_range = before
        if len(found) > 1:
            self.expect(")")
            return found
        first = found[0]
        if self.take(".."):  # `in (1..5)`
            first = self._range_end(start, first, included=False)
        else:
            self.expect(")")
        return (self._operations(self._postfix(first), ADDITIVE),)  # `in (a).b + 1`

    def _tests(self) -> tuple[tree.Node, ...]:
        found = [self._test(0)]
        while self.take(","):
            found.append(self._test(0))
        return tuple(found)

    def _test(self, rank: int) -> tree.Node:
        token = self.now
        if token.kind not in (STRING, AT) and token.text in COMPARATORS:
            self.index += 1
            return tree.OperatorRange(token.position, token.text, self._expression(ADDITIVE))
        return self._expression(rank)

    def _unary(self) -> tree.Node:
        start = self.now.position
        minus = 0
        while self.take("-"):
            minus += 1
        operand = self._postfix(self._primary())
        if minus == 0:
            return operand
        if isinstance(operand, tree.Literal) and is_number(operand.value):
            return tree.Literal(start, negative(operand.value) if minus % 2 else operand.value)
        negated: tree.Node = tree.Negation(start, operand)
        return negated if minus % 2 else tree.Negation(start, negated)
