"""Builds the spec of one flow node from its model."""

from __future__ import annotations

from dataclasses import replace

from engine.bpmn.definition import Element
from engine.bpmn.event_builder import event_definition, send, throw, throws, trigger_of
from engine.bpmn.expressions import Value
from engine.bpmn.model import Event, Mapping, Node
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.ad_hoc import AdHocSubProcess
from engine.bpmn.specs.complex_gateways import ComplexGateway
from engine.bpmn.specs.decisions import DecisionCall
from engine.bpmn.specs.event_sub_processes import EventSubProcess
from engine.bpmn.specs.events import (
    BoundaryEvent,
    EndEvent,
    IntermediateCatchEvent,
    LinkEvent,
    StartEvent,
    ThrowEvent,
)
from engine.bpmn.specs.gateways import EventBasedGateway, ExclusiveGateway
from engine.bpmn.specs.joins import InclusiveGateway, ParallelGateway
from engine.bpmn.specs.loops import (
    ImplicitThrow,
    LoopBody,
    MultiInstance,
    MultiInstanceBody,
    StandardLoop,
    StandardLoopBody,
)
from engine.bpmn.specs.node import Node as NodeSpec
from engine.bpmn.specs.node import Step
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.sub_processes import Call, CallActivity, SubProcess, VariableMapping
from engine.bpmn.specs.tasks import BusinessRuleTask, ExternalTask, ReceiveTask, ScriptTask, SendTask, UserTask
from engine.bpmn.vocabulary import ACTIVITIES

_USER_TASK_TEXTS = ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority")


class NodeBuilder:
    """Builds one node; `inner` is the scope of a sub-process, already built."""

    def __init__(self, spec: ScopeSpec, node: Node, element: Element, inner: ScopeSpec | None) -> None:
        self._spec = spec
        self._node = node
        self._element = element
        self._inner = inner
        self._name = f"{node.id}#instance" if node.loop is not None else None

    def build(self) -> NodeSpec:
        """Returns the node, or the loop body that contains its instances."""
        made = self._event_or_gateway() if self._node.type not in ACTIVITIES else self._activity()
        if isinstance(made, Step):
            made.input_mappings = _mapped(self._node.inputs)
            made.output_mappings = _mapped(self._node.outputs)
        if isinstance(made, Activity) and self._node.loop is not None:
            outer: NodeSpec = self._looped(made)
        else:
            outer = made
        outer.async_before = self._node.attributes.get("asyncBefore") == "true"
        outer.async_after = self._node.attributes.get("asyncAfter") == "true"
        outer.completion_quantity = self._node.completion_quantity
        return outer

    # ------------------------------------------------------------ events and gateways

    def _event_or_gateway(self) -> NodeSpec:
        node, spec, element = self._node, self._spec, self._element
        if any(event.kind == "link" for event in node.events):
            return LinkEvent(spec, element)
        match node.type:
            case "startEvent":
                return StartEvent(spec, element)
            case "endEvent":
                return EndEvent(spec, element, throws(node))
            case "intermediateThrowEvent":
                return ThrowEvent(spec, element, throws(node))
            case "intermediateCatchEvent":
                return IntermediateCatchEvent(spec, element, trigger_of(spec, element, node))
            case "boundaryEvent":
                return self._boundary()
            case "exclusiveGateway":
                return ExclusiveGateway(spec, element)
            case "parallelGateway":
                return ParallelGateway(spec, element)
            case "inclusiveGateway":
                return InclusiveGateway(spec, element)
            case "complexGateway":
                return ComplexGateway(spec, element, self._value("activationCondition"))
            case "eventBasedGateway":
                return EventBasedGateway(spec, element)
        raise AssertionError(f"{node.type} passed the checks without a spec")

    def _boundary(self) -> NodeSpec:
        event = self._node.events[0]
        if event.kind == "compensation":
            return NodeSpec(self._spec, self._element)
        definition = trigger_of(self._spec, self._element, self._node)
        interrupting = self._node.interrupting or event.kind in ("error", "cancel")
        made = BoundaryEvent(self._spec, self._element, definition, interrupting=interrupting)
        made.code_variable = event.attributes.get(f"{event.kind}CodeVariable")
        made.message_variable = event.attributes.get(f"{event.kind}MessageVariable")
        return made

    # ------------------------------------------------------------ activities

    def _activity(self) -> Activity:
        node, spec, element, name = self._node, self._spec, self._element, self._name
        if self._inner is not None and node.type == "adHocSubProcess":
            return self._ad_hoc(self._inner)
        if self._inner is not None:
            kind = EventSubProcess if node.event_sub_process else SubProcess
            return kind(spec, element, self._inner, name=name)
        if (topic := node.texts.get("topic")) is not None and node.type != "sendTask":
            return ExternalTask(spec, element, topic.value, self._value("taskPriority"), name=name)
        match node.type:
            case "userTask":
                attributes = {key: node.texts[key].value for key in _USER_TASK_TEXTS if key in node.texts}
                return UserTask(spec, element, attributes, name=name)
            case "scriptTask":
                result = node.attributes.get("resultVariable")
                return ScriptTask(spec, element, node.texts["script"].value, result, name=name)
            case "businessRuleTask":
                return BusinessRuleTask(spec, element, self._decision(), name=name)
            case "sendTask":
                event = node.events[0] if node.events else None
                return SendTask(spec, element, send(node, event), name=name)
            case "receiveTask":
                return ReceiveTask(spec, element, event_definition(node.events[0]), name=name)
            case "callActivity":
                return CallActivity(spec, element, self._call(), name=name)
        return Activity(spec, element, name=name)

    def _ad_hoc(self, inner: ScopeSpec) -> AdHocSubProcess:
        standard = self._node.standard
        return AdHocSubProcess(
            self._spec,
            self._element,
            inner,
            condition=self._value("completionCondition"),
            sequential=standard.get("ordering", "").lower() == "sequential",
            cancels_rest=standard.get("cancelRemainingInstances", "true") == "true",
            by_hand=self._node.properties.get("adHoc.start") == "manual",
            name=self._name,
        )

    def _value(self, name: str) -> Value | None:
        text = self._node.texts.get(name)
        return None if text is None else text.value

    def _decision(self) -> DecisionCall:
        attributes = self._node.attributes
        return DecisionCall(
            reference=self._node.texts["decisionRef"].value,
            binding=attributes.get("decisionRefBinding", "latest"),
            version=self._value("decisionRefVersion"),
            version_tag=attributes.get("decisionRefVersionTag"),
            result_variable=attributes.get("resultVariable"),
            mapping=attributes.get("mapDecisionResult"),
            anchor=self._value("deadline.anchor"),
        )

    def _call(self) -> Call:
        attributes = self._node.attributes
        keys = [item.value.value for item in self._node.calls_in if item.business_key and item.value is not None]
        return Call(
            key=self._node.texts["calledElement"].value,
            binding=attributes.get("calledElementBinding", "latest"),
            version=self._value("calledElementVersion"),
            version_tag=attributes.get("calledElementVersionTag"),
            business_key=keys[0] if keys else None,
            handed_in=_handed(self._node.calls_in),
            handed_out=_handed(self._node.calls_out),
        )

    # ------------------------------------------------------------ loops

    def _implicit(self, event: Event | None) -> ImplicitThrow | None:
        return None if event is None else ImplicitThrow(event_definition(event), throw(self._node, event))

    def _looped(self, instance: Activity) -> LoopBody:
        loop = self._node.loop
        assert loop is not None
        instance.looped = True
        instance.async_before, instance.async_after = loop.async_before, loop.async_after
        condition = None if loop.condition is None else loop.condition.value
        if loop.kind == "standard":
            element = replace(self._element, id=f"{self._element.id}#loopBody", type="loopBody")
            repeat = StandardLoop(condition, loop.test_before, loop.maximum)
            return StandardLoopBody(self._spec, element, instance, repeat)
        element = replace(self._element, id=f"{self._element.id}#multiInstanceBody", type="multiInstanceBody")
        multiple = MultiInstance(
            behavior=loop.behavior,
            behavior_event=self._implicit(loop.behavior_event),
            complex_behaviors=tuple((text.value, self._implicit(event)) for text, event in loop.complex_behaviors),
            sequential=loop.kind == "sequential",
            cardinality=None if loop.cardinality is None else loop.cardinality.value,
            collection=None if loop.collection is None else loop.collection.value,
            element_variable=loop.element_variable,
            output_collection=loop.output_collection,
            output_element=loop.output_element,
            outputs=_mapped(loop.outputs),
            condition=condition,
        )
        return MultiInstanceBody(self._spec, element, instance, multiple)


def _mapped(mappings: list[Mapping]) -> tuple[tuple[str, Value], ...]:
    return tuple((item.target, item.value.value) for item in mappings if item.value is not None)


def _handed(mappings: list[Mapping]) -> tuple[VariableMapping, ...]:
    return tuple(
        VariableMapping(
            item.target, None if item.all_variables or item.value is None else item.value.value, item.optional
        )
        for item in mappings
        if not item.business_key
    )
