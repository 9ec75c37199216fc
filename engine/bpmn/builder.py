"""Builds the specs of a process from its model: nodes first, then flows, guards, listeners and joins.

The library's parser is not used: it recurses along the flows (a line of 500 nodes breaks it), accepts what it then
ignores, and knows no extension attributes. Nothing here recurses but into nested sub-processes.
"""

from __future__ import annotations

from engine.bpmn.definition import Element
from engine.bpmn.elements import element_of
from engine.bpmn.event_builder import trigger_of
from engine.bpmn.graph import Graph, handler_of
from engine.bpmn.model import Body, CorrelationKey, Node, Process
from engine.bpmn.node_builder import NodeBuilder
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.compensation import UndoSubProcess
from engine.bpmn.specs.complex_gateways import ComplexGateway
from engine.bpmn.specs.conversations import Key, Property
from engine.bpmn.specs.event_definitions import MultipleEventDefinition
from engine.bpmn.specs.event_sub_processes import EventSubProcess, Listener
from engine.bpmn.specs.events import BoundaryEvent, FirstOfAll
from engine.bpmn.specs.joins import InclusiveGateway, Join, QuantityJoin
from engine.bpmn.specs.loops import LoopBody
from engine.bpmn.specs.node import FlowSpec
from engine.bpmn.specs.node import Node as NodeSpec
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.sub_processes import CallActivity, SubProcess


def first_of_all(node_id: str, number: int) -> str:
    """Returns the name under which a start event that needs all of its triggers begins with one of them."""
    return f"{node_id}#start{number}"


def _key(key: CorrelationKey) -> Key:
    return Key(
        key.id,
        tuple(
            Property(
                {message: text.value for message, text in one.retrieval.items()},
                None if one.binding is None else one.binding.value,
            )
            for one in key.properties
        ),
    )


class ProcessBuilder:
    """Builds one process. `elements` then holds the public elements by id."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.elements: dict[str, Element] = {}

    def build(self) -> ScopeSpec:
        """Returns the specs of the whole process."""
        spec = self._scope(self._process.body, self._process.id, None)
        spec.correlation = tuple(_key(key) for key in self._process.correlation)
        return spec

    def _scope(self, body: Body, name: str, parent_id: str | None) -> ScopeSpec:
        spec = ScopeSpec(name)
        made = {node.id: self._node(spec, node, parent_id) for node in body.nodes.values()}
        doors = self._doors(spec, body, made)
        self._connect(body, made, doors)
        self._guard(body, made)
        self._undo(spec)
        self._begin(spec, body, made)
        self._prepare_joins(body, made)
        return spec

    def _node(self, spec: ScopeSpec, node: Node, parent_id: str | None) -> NodeSpec:
        element = element_of(node, parent_id)
        self.elements[node.id] = element
        inner = None if node.body is None else self._scope(node.body, node.id, node.id)
        made = NodeBuilder(spec, node, element, inner).build()
        self.elements[made.element.id] = made.element
        return made

    def _doors(self, spec: ScopeSpec, body: Body, made: dict[str, NodeSpec]) -> dict[str, NodeSpec]:
        """Returns where flows to a node really lead: to the node, or to what counts its start quantity."""
        doors = dict(made)
        for node in body.nodes.values():
            if node.start_quantity > 1:
                target = made[node.id]
                door = QuantityJoin(spec, target.element, name=f"{node.id}#quantity", quantity=node.start_quantity)
                door.lead_over((FlowSpec(None, target),))
                doors[node.id] = door
        return doors

    def _connect(self, body: Body, made: dict[str, NodeSpec], doors: dict[str, NodeSpec]) -> None:
        outgoing: dict[str, list[FlowSpec]] = {}
        for flow in body.flows.values():
            source = body.nodes[flow.source]
            is_default = source.default == flow.id
            condition = None if flow.condition is None or is_default else flow.condition.value
            outgoing.setdefault(flow.source, []).append(
                FlowSpec(None if flow.generated else flow.id, doors[flow.target], condition, is_default)
            )
        for source_id, flows in outgoing.items():
            made[source_id].lead_over(tuple(flows))

    def _guard(self, body: Body, made: dict[str, NodeSpec]) -> None:
        for node in body.nodes.values():
            spec = made[node.id]
            if node.type != "boundaryEvent" or node.attached_to is None:
                continue
            host = made[node.attached_to]
            assert isinstance(host, Activity)
            if isinstance(spec, BoundaryEvent):
                host.boundaries = (*host.boundaries, spec)
            else:
                host.handler = handler_of(node, body)
                if isinstance(host, LoopBody):
                    host.instance.undone_outside = True

    def _undo(self, spec: ScopeSpec) -> None:
        """Gives each sub-process that has no handler of its own a node that undoes what is inside it."""
        for node in list(spec.task_specs.values()):
            if isinstance(node, SubProcess) and not node.handles_events and not isinstance(node, CallActivity):
                UndoSubProcess(spec, node.element, node)

    def _begin(self, spec: ScopeSpec, body: Body, made: dict[str, NodeSpec]) -> None:
        graph = Graph(body)
        spec.entries = {node_id: made[node_id] for node_id in graph.entries()}
        spec.starts = tuple(made[node_id] for node_id in graph.starts())
        spec.companions = {node.id: tuple(made[other] for other in node.companions) for node in body.nodes.values()}
        if body is self._process.body:
            self._begin_with_all(spec, body, made)
        listeners: list[Listener] = []
        for node in body.nodes.values():
            sub_process = made[node.id]
            if isinstance(sub_process, EventSubProcess) and node.body is not None:
                for start in node.body.nodes.values():
                    if start.type != "startEvent":
                        continue
                    if start.events[0].kind == "compensation":
                        spec.undoing, spec.undoing_start = sub_process, start.id
                    else:
                        listeners.append(self._listener(spec, start, sub_process))
        spec.listeners = tuple(listeners)

    def _begin_with_all(self, spec: ScopeSpec, body: Body, made: dict[str, NodeSpec]) -> None:
        """A start event that needs all of its triggers begins with any of them and waits for the rest."""
        for node in body.nodes.values():
            if node.type != "startEvent" or not node.parallel_multiple or len(node.events) < 2:
                continue
            element = self.elements[node.id]
            several = trigger_of(spec, element, node)
            assert isinstance(several, MultipleEventDefinition)
            for number, trigger in enumerate(several.triggers):
                name = first_of_all(node.id, number)
                rest = tuple(other for other in several.triggers if other is not trigger)
                begin = FirstOfAll(spec, element, MultipleEventDefinition(rest, parallel=True), name=name)
                begin.lead_over(made[node.id].outgoing)
                spec.entries = {**spec.entries, name: begin}
                self.elements[name] = element

    def _listener(self, spec: ScopeSpec, start: Node, sub_process: EventSubProcess) -> Listener:
        event = start.events[0]
        listener = Listener(
            spec,
            self.elements[start.id],
            trigger_of(spec, self.elements[start.id], start),
            sub_process=sub_process,
            interrupting=start.interrupting,
        )
        listener.code_variable = event.attributes.get(f"{event.kind}CodeVariable")
        listener.message_variable = event.attributes.get(f"{event.kind}MessageVariable")
        return listener

    def _prepare_joins(self, body: Body, made: dict[str, NodeSpec]) -> None:
        graph = Graph(body)
        reachable = graph.reachable()
        for node in body.nodes.values():
            spec = made[node.id]
            if not isinstance(spec, Join):
                continue
            flows = [flow for flow in body.incoming(node.id) if flow.source in reachable]
            spec.incoming_ids = tuple(flow.id for flow in flows)
            if isinstance(spec, (InclusiveGateway, ComplexGateway)) and len(flows) > 1:
                spec.ways = graph.ways_to(node.id, flows)
