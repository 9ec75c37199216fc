"""A diagram as read: what the checks look at and the normaliser rewrites, before specs are built from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from engine.bpmn.expressions import Text
from engine.findings import Finding


@dataclass(slots=True)
class Event:
    """One event definition. `name` is the message, signal or link name (`name_text` if it is computed), `code` the
    error or escalation code, `message` the text of an error."""

    kind: str
    line: int | None = None
    ref: str | None = None
    name: str | None = None
    code: str | None = None
    timer_kind: Literal["date", "duration", "cycle"] | None = None
    text: Text | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    payload: list[Mapping] = field(default_factory=list)
    id: str | None = None
    targets: list[str] = field(default_factory=list)
    name_text: Text | None = None
    message: Text | None = None

    @property
    def variable_events(self) -> list[str]:
        """The kinds of changes that a conditional event is limited to (camunda:variableEvents), in order."""
        return [kind.strip() for kind in self.attributes.get("variableEvents", "").split(",") if kind.strip()]


@dataclass(slots=True)
class Mapping:
    """A value that goes from one scope to another under `target`; `all_variables` copies everything visible.

    `source` is the variable that a data association begins at; an `optional` value does not go where it is null."""

    target: str
    value: Text | None = None
    all_variables: bool = False
    business_key: bool = False
    source: str | None = None
    optional: bool = False


@dataclass(slots=True)
class Loop:
    """Loop characteristics of an activity (BPMN 10.3.8)."""

    kind: Literal["standard", "parallel", "sequential"]
    line: int | None = None
    cardinality: Text | None = None
    collection: Text | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    outputs: list[Mapping] = field(default_factory=list)
    condition: Text | None = None
    test_before: bool = False
    maximum: int | None = None
    behavior: str = "all"
    behavior_event: Event | None = None
    complex_behaviors: list[tuple[Text, Event | None]] = field(default_factory=list)
    async_before: bool = False
    async_after: bool = False

    @property
    def throws_nameless(self) -> bool:
        """Tells whether completions throw a signal without a name (BPMN 10.3.8)."""
        return self.behavior in ("one", "none") and self.behavior_event is None


@dataclass(slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    line: int | None = None
    condition: Text | None = None
    generated: bool = False
    extensions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry cycle as written at an element (`camunda:failedJobRetryTimeCycle`), and where it stands."""

    id: str
    line: int | None
    source: str


@dataclass(slots=True)
class Node:
    """A flow node.

    `starts_process` and `companions` are set by the normaliser: an event behind a parallel event-based gateway that
    starts the process, and the other events that are then waited for.
    """

    id: str
    type: str
    line: int | None = None
    name: str = ""
    documentation: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    standard: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    inputs: list[Mapping] = field(default_factory=list)
    outputs: list[Mapping] = field(default_factory=list)
    calls_in: list[Mapping] = field(default_factory=list)
    calls_out: list[Mapping] = field(default_factory=list)
    texts: dict[str, Text] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    parallel_multiple: bool = False
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    loop: Loop | None = None
    body: Body | None = None
    script_format: str | None = None
    message_ref: str | None = None
    event_sub_process: bool = False
    for_compensation: bool = False
    start_quantity: int = 1
    completion_quantity: int = 1
    extensions: list[str] = field(default_factory=list)
    retry: Retry | None = None
    starts_process: bool = False
    companions: tuple[str, ...] = ()


@dataclass(slots=True)
class Body:
    """What lies directly inside a process or sub-process. `associations` link compensation events to handlers."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    associations: dict[str, list[str]] = field(default_factory=dict)
    _outgoing: dict[str, list[Flow]] = field(default_factory=dict)
    _incoming: dict[str, list[Flow]] = field(default_factory=dict)

    def add_flow(self, flow: Flow) -> None:
        """Adds a flow."""
        self.flows[flow.id] = flow
        self._outgoing.setdefault(flow.source, []).append(flow)
        self._incoming.setdefault(flow.target, []).append(flow)

    def remove_flow(self, flow: Flow) -> None:
        """Takes a flow away."""
        del self.flows[flow.id]
        self._outgoing[flow.source].remove(flow)
        self._incoming[flow.target].remove(flow)

    def associate(self, one: str, other: str) -> None:
        """Notes that an association links two elements, whichever way it points."""
        self.associations.setdefault(one, []).append(other)
        self.associations.setdefault(other, []).append(one)

    def outgoing(self, node_id: str) -> list[Flow]:
        """Returns the flows that leave a node, in document order."""
        return list(self._outgoing.get(node_id, ()))

    def incoming(self, node_id: str) -> list[Flow]:
        """Returns the flows that reach a node, in document order."""
        return list(self._incoming.get(node_id, ()))

    def bodies(self) -> Iterator[Body]:
        """Yields this body and all bodies inside it."""
        pending = [self]
        while pending:
            body = pending.pop()
            yield body
            pending.extend(node.body for node in body.nodes.values() if node.body is not None)


@dataclass(slots=True)
class CorrelationProperty:
    """One field of a correlation key: where its value stands in each message (by name) and in the process' data."""

    id: str
    retrieval: dict[str, Text] = field(default_factory=dict)
    binding: Text | None = None


@dataclass(slots=True)
class CorrelationKey:
    """A correlation key (BPMN 8.4.2), with what a process' subscription binds its properties to."""

    id: str
    properties: list[CorrelationProperty] = field(default_factory=list)


@dataclass(slots=True)
class Process:
    """One process of a diagram. A global task is a process whose one activity has its id (`is_task`)."""

    id: str
    name: str = ""
    line: int | None = None
    executable: bool = True
    is_task: bool = False
    documentation: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    texts: list[Text] = field(default_factory=list)
    correlation: list[CorrelationKey] = field(default_factory=list)

    def nodes(self) -> Iterator[Node]:
        """Yields all flow nodes, however deep."""
        return (node for body in self.body.bodies() for node in body.nodes.values())


@dataclass(frozen=True, slots=True)
class DrawnForm:
    """A form drawn into an element: as form-js, and the lines at which it and its fields stand."""

    element_id: str
    line: int | None
    fields: dict[str, int | None]
    body: bytes


@dataclass(slots=True)
class Diagram:
    """A BPMN file as read, with the faults found on the way; `forms` are those drawn into it, by key."""

    processes: list[Process] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    forms: dict[str, DrawnForm] = field(default_factory=dict)
