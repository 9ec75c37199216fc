"""What maps to what between two versions of a diagram: elements, the nodes that stand for them, and flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.definition import Definition
from engine.bpmn.specs.compensation import ThrowCancel, ThrowCompensation
from engine.bpmn.specs.event_definitions import MultipleEventDefinition
from engine.bpmn.specs.gateways import EventBasedGateway
from engine.bpmn.specs.loops import LoopBody, MultiInstanceBody
from engine.bpmn.specs.node import Node
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Instruction:
    """One element and what it becomes. `update_event_trigger` takes message, signal or timer of the target."""

    source: str
    target: str
    update_event_trigger: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and the scope in which it lies."""

    spec: Node
    scope: ScopeSpec


def nodes_of(definition: Definition) -> dict[str, Placed]:
    """Returns every node of a definition by its name; several nodes may stand for one element."""
    found: dict[str, Placed] = {}
    pending, seen = [definition.process], {id(definition.process)}
    while pending:
        scope = pending.pop()
        for name, spec in scope.task_specs.items():
            if not isinstance(spec, Node) or spec is scope.start:
                continue
            found[name] = Placed(spec, scope)
            body = getattr(spec, "body", None)
            if isinstance(body, ScopeSpec) and id(body) not in seen:
                seen.add(id(body))
                pending.append(body)
    return found


def kind_of(spec: Node) -> tuple[object, ...]:
    """Returns what has to be equal for a token at one node to go on at another."""
    event = getattr(spec, "event_definition", None)
    parts: list[object] = [type(spec).__name__, type(event).__name__]
    if isinstance(event, MultipleEventDefinition):
        parts += [event.parallel, *(type(trigger.event_definition).__name__ for trigger in event.triggers)]
    if isinstance(spec, MultiInstanceBody):
        parts.append(spec.loop.sequential)
    if isinstance(spec, LoopBody):
        parts.append(type(spec.instance).__name__)
    return tuple(parts)


class ElementMap:
    """The instructions of a plan, applied to node names, flows and compensation records of one definition."""

    def __init__(self, source: Definition, target: Definition, instructions: Iterable[Instruction]) -> None:
        self.source, self.target = source, target
        self.instructions = tuple(instructions)
        self.elements: Mapping[str, str] = {one.source: one.target for one in self.instructions}
        self.source_nodes = nodes_of(source)
        self.target_nodes = nodes_of(target)
        self._undoes = any(_undoes(placed.spec) for placed in self.target_nodes.values())
        self._flows = {flow.id: flow for flow in target.flows}
        self._source_flows = {flow.id: flow for flow in source.flows}

    def name(self, name: str) -> str | None:
        """Returns the name of the node that a node becomes, None if nothing is said of its element."""
        element, mark, rest = name.partition("#")
        mapped = self.elements.get(element)
        return None if mapped is None else f"{mapped}{mark}{rest}"

    def node(self, name: str) -> Placed | None:
        """Returns the node that a node becomes, None if there is none."""
        mapped = self.name(name)
        return None if mapped is None else self.target_nodes.get(mapped)

    def images(self, specs: Iterable[Node]) -> frozenset[str]:
        """Returns the names of what these nodes become."""
        return frozenset(mapped for spec in specs if (mapped := self.name(spec.name)) is not None)

    def flow(self, flow_id: str) -> str | None:
        """Returns the flow between the same elements: under the same id, else the only one there is."""
        flow = self._source_flows.get(flow_id)
        if flow is None:
            return None
        ends = (self.elements.get(flow.source), self.elements.get(flow.target))
        same = self._flows.get(flow_id)
        if same is not None and same.target == ends[1]:
            return same.id
        between = [one.id for one in self.target.flows if (one.source, one.target) == ends]
        return between[0] if len(between) == 1 else None

    def records(self, records: list[list[Any]]) -> list[list[Any]] | None:
        """Returns compensation records (`[name, variables, inside]`) under the new names, None if one is lost.

        In a diagram in which nothing is ever undone a record without a handler is none that anybody would miss.
        """
        mapped = []
        for name, variables, inside in records:
            placed = self.node(name)
            inner = None if inside is None else self.records(inside)
            if placed is not None and _can_be_undone(placed) and (inside is None or inner is not None):
                mapped.append([placed.spec.name, variables, inner])
            elif self._undoes:
                return None
        return mapped


def _undoes(spec: Node) -> bool:
    return any(isinstance(one, (ThrowCompensation, ThrowCancel)) for one in getattr(spec, "throws", ()))


def _can_be_undone(placed: Placed) -> bool:
    return placed.spec.handler is not None or f"{placed.spec.name}#undo" in placed.scope.task_specs


def holds(container: Node, inside: Node) -> bool:
    """Tells whether a token at one node may contain a token at the other."""
    if isinstance(container, EventBasedGateway):
        return any(flow.target is inside for flow in container.outgoing)
    if isinstance(container, LoopBody) and inside is container.instance:
        return True
    event = getattr(container, "event_definition", None)
    if isinstance(event, MultipleEventDefinition) and inside in event.triggers:
        return True
    return inside in getattr(container, "boundaries", ())


def generate(source: Definition, target: Definition, *, update_event_triggers: bool = False) -> tuple[Instruction, ...]:
    """Returns the instructions that map every element to the one of the same id, kind and place."""
    old, new = nodes_of(source), nodes_of(target)
    return tuple(
        Instruction(element_id, element_id, update_event_triggers and _waits_for_event(old[element_id].spec))
        for element_id in source.elements
        if element_id in old and element_id in new and not _faults(source, target, old, new, element_id, element_id)
    )


def _waits_for_event(spec: Node) -> bool:
    return getattr(spec, "event_definition", None) is not None


def validate(source: Definition, target: Definition, instructions: Iterable[Instruction]) -> list[list[Finding]]:
    """Returns, per instruction, why it cannot be followed; empty lists mean that the plan makes sense."""
    given = list(instructions)
    old, new = nodes_of(source), nodes_of(target)
    mapping = {one.source: one.target for one in given}
    said: list[list[Finding]] = []
    seen: set[str] = set()
    for one in given:
        found = _faults(source, target, old, new, one.source, one.target)
        if not found:
            found = list(_misplaced(source, target, one, mapping))
        if one.source in seen:
            found.append(fault("mapped-twice", f"{one.source} 被映射两次", f"{one.source} is mapped twice", one.source))
        seen.add(one.source)
        said.append(found)
    return said


def _faults(
    source: Definition,
    target: Definition,
    old: Mapping[str, Placed],
    new: Mapping[str, Placed],
    source_id: str,
    target_id: str,
) -> list[Finding]:
    if source_id not in source.elements or source_id not in old:
        zh, en = f"原流程图没有元素 {source_id}", f"the source diagram has no element {source_id}"
        return [fault("unknown-source", zh, en, source_id)]
    if target_id not in target.elements or target_id not in new:
        zh, en = f"目标流程图没有元素 {target_id}", f"the target diagram has no element {target_id}"
        return [fault("unknown-target", zh, en, source_id)]
    if kind_of(old[source_id].spec) != kind_of(new[target_id].spec):
        was, becomes = source.elements[source_id].type, target.elements[target_id].type
        return [
            fault(
                "other-kind",
                f"{source_id}（{was}）与 {target_id}（{becomes}）不是同一类元素",
                f"{source_id} ({was}) and {target_id} ({becomes}) are not of the same kind",
                source_id,
            )
        ]
    return []


def _misplaced(
    source: Definition, target: Definition, one: Instruction, mapping: Mapping[str, str]
) -> Iterator[Finding]:
    outer, inner = source.elements[one.source].parent_id, target.elements[one.target].parent_id
    if (None if outer is None else mapping.get(outer, outer)) != inner:
        yield fault(
            "other-scope",
            f"{one.target} 位于另一个子流程中",
            f"{one.target} lies in {inner or 'the process'}, {one.source} in {outer or 'the process'}; "
            "map the sub-process as well",
            one.source,
        )


def fault(code: str, zh: str, en: str, element_id: str | None) -> Finding:
    """Makes the finding that refuses a migration."""
    return Finding("error", code, zh, en, element_id)
