"""A token of the process: the library's task, kept small and put at the place that contains it.

The library keeps every task that ever ran, each below the one before it. Here the tree holds containment alone (event
tokens below the activity they guard, instances below their multi-instance body), a finished token is taken out at
once, and its successors stand where it stood. So an endless loop stays as small as its first round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.expressions import Value
from engine.bpmn.outcome import WaitDetails
from engine.errors import ExecutionFailed, MarqueError
from engine.feel import FeelError
from engine.ids import new_id

if TYPE_CHECKING:
    from engine.bpmn.scheduler import InstanceWorkflow
    from engine.bpmn.workflow import ScopeWorkflow


class Token(Task):
    """One token, at one flow node. `top` is the workflow of the whole instance.

    `memory` (the library's `internal_data`) is what its node remembers between operations, as JSON-able values;
    `scope_id` is the scope its expressions read; `wait` is what it waits for; `flow` is the sequence flow it came over;
    `begun` tells whether its activity instance is recorded as started; `fired` that the event it stands at has
    happened already. Reads no clock and writes no log.
    """

    workflow: ScopeWorkflow

    def __init__(
        self, workflow: ScopeWorkflow, spec: Any, parent: Token | None, *, state: int, id: str | None = None
    ) -> None:
        self.id = id or new_id()
        self.workflow = workflow
        self.top: InstanceWorkflow = workflow.top
        self.task_spec = spec
        self._parent = None if parent is None else parent.id
        self._children: list[str] = []
        self._state = state
        self.triggered = True
        self.thread_id = 0
        self.last_state_change = 0.0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.alive = True
        self.fired = False
        self.begun = False
        self.flow: str | None = None
        self.wait: tuple[str, WaitDetails] | None = None
        self.scope_id: str = workflow.scope_id if parent is None else parent.scope_id
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)
            workflow.top.add_token(self)

    @property
    def keeps_alive(self) -> bool:
        """Tells whether the token keeps its scope from completing; one that only swallows late tokens does not."""
        return bool(self.task_spec.keeps_alive) and not self.task_spec.only_swallows(self)

    @property
    def memory(self) -> dict[str, Any]:
        """What the node of the token remembers; stored with the instance."""
        return self.internal_data

    @property
    def element_id(self) -> str:
        """The id that the diagram's owner wrote."""
        return str(self.task_spec.element.id)

    def _set_state(self, value: int) -> None:
        self._state = value

    def add(self, spec: Any) -> Token:
        """Adds a token inside this one."""
        return Token(self.workflow, spec, self, state=TaskState.WAITING)

    def run(self) -> bool | None:
        """Runs the node. None: it waits; True: it is complete and its successors exist."""
        result: bool | None = self.task_spec._run(self)
        if not self.alive:
            return result
        if result is None:
            if self._state == TaskState.READY:
                self._set_state(TaskState.STARTED)
        else:
            self.complete()
        return result

    def cancel(self) -> None:
        """Takes the token away with everything inside it, innermost first."""
        if not self.alive:
            return
        for child in self.children:
            if child is not None:
                child.cancel()
        self._set_state(TaskState.CANCELLED)
        self.task_spec._on_cancel(self)
        self.remove()

    def remove(self) -> None:
        """Takes the token out of the tree."""
        if not self.alive:
            return
        self.alive = False
        self.top.remove_token(self)
        parent = self.parent
        if parent is not None:
            parent._children.remove(self.id)
        self.workflow.tasks.pop(self.id, None)

    def move_up(self) -> None:
        """Puts the token beside the one that contains it, which it then outlives."""
        container = self.parent
        container._children.remove(self.id)
        self._parent = container._parent
        outer = self.parent
        outer._children.append(self.id)
        self.scope_id = outer.scope_id

    # ------------------------------------------------------------ variables

    def variables(self) -> Mapping[str, Any]:
        """Returns the variables in sight."""
        return self.top.scopes.view(self.scope_id)

    def evaluate(self, value: Value, **extra: Any) -> Any:
        """Returns what an expression or literal of this node yields; raises ExecutionFailed naming the element.

        `extra` are variables that exist for this evaluation alone.
        """
        variables = {**self.variables(), **extra} if extra else self.variables()
        try:
            return value.evaluate(variables, self.top.services.environment)
        except FeelError as error:
            raise ExecutionFailed(f"{self.element_id}: {error}", element_id=self.element_id) from error

    def local_variables(self) -> dict[str, str] | None:
        """Returns the stored form of the token's own variables, None if it has no scope of its own."""
        if self.scope_id != self.id:
            return None
        return {name: value.decode() for name, value in self.top.scopes.local(self.id).stored.items()}

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Names this element in whatever fails inside, so that an incident can show where."""
        try:
            yield
        except ExecutionFailed as error:
            error.element_id = error.element_id or self.element_id
            raise
        except MarqueError as error:
            raise ExecutionFailed(f"{self.element_id}: {error}", element_id=self.element_id) from error

    def fail(self, message: str, *, code: str = "executionFailed") -> ExecutionFailed:
        """Returns the error that says why the instance cannot go on here."""
        return ExecutionFailed(f"{self.element_id}: {message}", element_id=self.element_id, code=code)
