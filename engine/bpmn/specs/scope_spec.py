"""The static side of one scope: its nodes, how it starts, and which event sub-processes listen in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.bpmn.definition import Element
from engine.bpmn.specs.conversations import Key
from engine.bpmn.specs.node import Node
from engine.bpmn.specs.undoing import handler_finished

if TYPE_CHECKING:
    from engine.bpmn.specs.event_sub_processes import Listener
    from engine.bpmn.token import Token

ROOT_NAME = " root"
"""Name of the node that contains all others; no id of a diagram holds a space, so that none collides with it."""


class ScopeRoot(Node):
    """Contains the tokens of a scope and completes the scope when the last of them is gone."""

    keeps_alive = False

    def child_finished(self, token: Token, child: Token) -> None:
        workflow = token.workflow
        if "thrower" in child.memory:
            handler_finished(workflow, child)
        if workflow.host is None:
            workflow.settle()
        else:
            workflow.host.task_spec.inner_finished(workflow.host, workflow, child)


class ScopeSpec(BpmnProcessSpec):
    """A process, sub-process or event sub-process. Not changed after it was built, so that threads can share it.

    The library's start task, end join and end task are left out: a scope here begins with a token on each of
    `starts` and is over when no token is left. `entries` maps the id of each start event (or of what stands for one)
    to the node that begins there, `companions` to what else then begins to wait. `undoing` is the compensation event
    sub-process that undoes the scope as a whole, and begins at `undoing_start`. `correlation` holds the correlation
    keys of a process.
    """

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, object] = {}
        self.data_stores: dict[str, object] = {}
        self.correlation_keys: dict[str, object] = {}
        self.io_specification = None
        self.bpmn_start_events: list[object] = []
        self.starts: tuple[Node, ...] = ()
        self.entries: Mapping[str, Node] = {}
        self.companions: Mapping[str, tuple[Node, ...]] = {}
        self.listeners: tuple[Listener, ...] = ()
        self.correlation: tuple[Key, ...] = ()
        self.undoing: Node | None = None
        self.undoing_start = ""
        self.start = ScopeRoot(self, Element(ROOT_NAME, "process"))

    def node(self, name: str) -> Node:
        """Returns a node of this scope by its name in the library."""
        found: Node = self.task_specs[name]
        return found
