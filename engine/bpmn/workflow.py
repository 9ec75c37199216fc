"""One scope that runs: the library's (sub-)workflow with our tokens, without its tree scans and data copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.token import Token

if TYPE_CHECKING:
    from engine.bpmn.scheduler import InstanceWorkflow
    from engine.bpmn.specs.node import Node
    from engine.bpmn.specs.scope_spec import ScopeSpec

ROOT_TOKEN = "root"  # noqa: S105  (the id of the token that contains all others of a scope)


class ScopeWorkflow:
    """What the workflow of an instance and those of its sub-processes and called instances have in common.

    `process_id` is the (called) instance, `scope_id` the innermost variable scope around its tokens, `host` the token
    of the activity that holds it (None at the top). `joins` finds the one token that counts arrivals at a join.
    `compensable` remembers, oldest first, which completed activities can be undone.
    """

    spec: ScopeSpec
    top: InstanceWorkflow
    tasks: dict[str, Token]
    task_tree: Token
    host: Token | None
    process_id: str
    business_key: str | None
    definition_id: str
    scope_id: str
    completed: bool
    depth: int

    def open_root(self) -> None:
        """Makes the token that contains all others of this scope."""
        self.joins: dict[str, Token] = {}
        self.compensable: list[list[Any]] = []
        self.last_end: str | None = None
        self.task_tree = Token(self, self.spec.start, None, state=TaskState.STARTED, id=ROOT_TOKEN)

    @property
    def activity_id(self) -> str | None:
        """The activity instance around this scope, None at the top."""
        return None if self.host is None else self.host.id

    @property
    def is_process(self) -> bool:
        """Tells whether this is the scope of a whole (called) process instance."""
        return self.host is None or self.host.workflow.process_id != self.process_id

    def tokens(self) -> Iterator[Token]:
        """Yields the tokens of this scope without the one that contains them all, oldest first."""
        return (token for token in list(self.tasks.values()) if token is not self.task_tree)

    def begin(self, nodes: tuple[Node, ...], *, fired: bool = False, beside: tuple[Node, ...] = ()) -> None:
        """Arms the event sub-processes of the scope and puts a token on each of the nodes that start it. `fired`: their
        event has happened already; that of the nodes `beside` has not."""
        for listener in self.spec.listeners:
            listener.arm_on(self.task_tree)
        for node in nodes:
            token = self.task_tree.add(node)
            token.fired = fired
            token.task_spec._update(token)
        for node in beside:
            node._update(self.task_tree.add(node))

    def _task_completed_notify(self, token: Token) -> None:
        """The library's hook after a token completed: takes it out and tells the token that contained it."""
        if token._state != TaskState.COMPLETED:
            return
        parent = token.parent
        token.remove()
        if parent is not None:
            parent.task_spec.child_finished(parent, token)

    def settle(self) -> None:
        """Completes the scope when no token is left in it that has something to do (BPMN 13.3.4)."""
        if self.host is not None and not self.host.task_spec.settles(self.host):
            return
        if self.completed:
            return
        for token in self.tasks.values():
            if token is not self.task_tree and token.keeps_alive:
                return
        self.finish()

    def finish(self) -> None:
        """Ends the scope: what still listens in it is taken away, and the activity that holds it goes on."""
        self.completed = True
        self.clear()
        if self.host is None:
            self.top.end()
        else:
            self.top.push(self.host)

    def clear(self, keep: Callable[[Token], bool] = lambda token: False) -> None:
        """Takes every token away but those to keep."""
        for token in self.tokens():
            if token.alive and token.parent is self.task_tree and not keep(token):
                token.cancel()


class SubWorkflow(ScopeWorkflow, BpmnSubWorkflow):
    """The scope of a sub-process, transaction, event sub-process or called instance."""

    def __init__(
        self, host: Token, spec: ScopeSpec, *, process_id: str, definition_id: str, business_key: str | None
    ) -> None:
        self.top = host.top
        self.host = host
        self.process_id = process_id
        self.definition_id = definition_id
        self.business_key = business_key
        self.scope_id = process_id if process_id != host.workflow.process_id else host.scope_id
        super().__init__(spec, host.id, host.top, deserializing=True)
        self.open_root()

    def _calculate_depth(self) -> int:
        host = self.host
        return 0 if host is None else host.workflow.depth + 1
