"""What one evaluation of a decision carries, and what may go wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from engine.errors import ExecutionFailed
from engine.feel.environment import Environment
from engine.feel.errors import FeelError
from engine.feel.limits import Work

MAX_DEPTH = 24  # calls of functions that are written as boxed expressions; Python's stack bears no more
MAX_EVALUATIONS = 100_000


class DecisionFailed(ExecutionFailed):
    """A decision cannot say anything: rows contradict each other, or a value may not be read."""


@dataclass(slots=True)
class Budget:
    """What is left for one decision and all that it asks: evaluations, and levels of calls."""

    evaluations: int = MAX_EVALUATIONS
    levels: int = MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Frame:
    """The variables that a boxed expression sees. `on` is the day that effective dates are compared with."""

    variables: Mapping[str, Any]
    environment: Environment
    on: date
    tolerant: bool = False
    budget: Budget = field(default_factory=Budget)

    def inside(self, names: Mapping[str, Any]) -> Frame:
        """The same with more variables, which hide those of the same name."""
        return self.only({**self.variables, **names})

    def only(self, names: Mapping[str, Any]) -> Frame:
        """The same with other variables."""
        return Frame(names, self.environment, self.on, self.tolerant, self.budget)

    def call(self, body: Callable[[Frame], Any], names: Mapping[str, Any]) -> Any:
        """Runs the body of a function on its arguments; raises FeelError when calls nest too deeply."""
        if self.budget.levels == 0:
            raise FeelError(f"functions of a decision call each other more than {MAX_DEPTH} levels deep")
        self.budget.levels -= 1
        try:
            return body(self.inside(names))
        finally:
            self.budget.levels += 1

    def charge(self) -> None:
        """Counts one evaluation; raises FeelError when there are too many."""
        self.budget.evaluations -= 1
        if self.budget.evaluations < 0:
            raise FeelError(f"a decision needs more than {MAX_EVALUATIONS} evaluations; ask for less at once")

    def work(self) -> Work:
        """Makes a meter for type checks and calls."""
        return Work(self.environment)

    def failed(self, message: str) -> None:
        """Raises DecisionFailed, or lets the result be null where the standard's manners are wanted."""
        if not self.tolerant:
            raise DecisionFailed(message, code="decisionFailed")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A boxed expression ready to run. `free` holds the variables that it reads from outside."""

    run: Callable[[Frame], Any]
    free: frozenset[str] = frozenset()


EPOCH = Environment(now=datetime(1970, 1, 1, tzinfo=UTC))


def constant(expression: Any) -> Any:
    """Evaluates an expression that reads nothing from outside."""
    return expression.evaluate({}, EPOCH)


NOTHING = Compiled(lambda frame: None)
