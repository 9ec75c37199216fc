"""Pools, lanes, message flows and associations (BPMN 9, 10.8): who they connect exists and may be."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import ACTIVITIES, bpmn

_SENDERS = ACTIVITIES | {"participant", "endEvent", "intermediateThrowEvent"}
_RECEIVERS = ACTIVITIES | {"participant", "startEvent", "intermediateCatchEvent", "boundaryEvent"}
_RETRIEVAL = "correlationPropertyRetrievalExpression"
_EVENTS = frozenset({"endEvent", "intermediateThrowEvent", "startEvent", "intermediateCatchEvent", "boundaryEvent"})


def check_collaborations(document: Document, report: Report) -> None:
    """Checks everything that connects processes or divides them."""
    for element in document.elements:
        match name_of(element):
            case "messageFlow":
                _check_message_flow(element, document, report)
            case "association":
                _check_association(element, document, report)
            case "participant":
                _check_participant(element, report)
            case "participantMultiplicity":
                _check_multiplicity(element, report)
            case "lane" if element.get("partitionElementRef"):
                _check_partition(element, document, report)
            case "correlationKey":
                _check_correlation_key(element, document, report)
            case "correlationSubscription":
                _check_subscription(element, document, report)
    _check_lanes(document, report)
    _check_names(document, report)


def _check_correlation_key(element: etree._Element, document: Document, report: Report) -> None:
    """A key tells nothing of a message unless each of its properties says where its value stands (BPMN 8.4.2)."""
    found = [document.find((item.text or "").strip()) for item in element.findall(bpmn("correlationPropertyRef"))]
    rules = [rule for one in found if one is not None for rule in one.findall(bpmn(_RETRIEVAL))]
    if not found or not all(one is not None and one.find(bpmn(_RETRIEVAL)) is not None for one in found):
        missing = True
    else:
        missing = not any((rule.findtext(bpmn("messagePath")) or "").strip() for rule in rules)
    if missing:
        report.warning(
            "correlation-ignored",
            spot(element),
            "关联键的属性没有说明其值在消息中的位置，因此不起作用；消息按业务键关联。",
            "The properties of the correlation key do not say where their values stand in a message, so it has no "
            "effect; messages find their instance by the business key.",
        )


def _check_subscription(element: etree._Element, document: Document, report: Report) -> None:
    """A subscription binds every property of its key to the data of the process, or waits for no value."""
    key = document.find(element.get("correlationKeyRef", ""))
    wanted = [] if key is None else key.findall(bpmn("correlationPropertyRef"))
    bound = {
        binding.get("correlationPropertyRef", "").rpartition(":")[2]
        for binding in element.findall(bpmn("correlationPropertyBinding"))
        if (binding.findtext(bpmn("dataPath")) or "").strip()
    }
    if wanted and all((item.text or "").strip().rpartition(":")[2] in bound for item in wanted):
        return
    report.warning(
        "correlation-ignored",
        spot(element),
        "关联订阅没有把关联键的每个属性与流程数据绑定，因此不起作用。",
        "The correlation subscription does not bind every property of its key to data of the process, so it has no "
        "effect.",
    )


def _require(element: etree._Element, name: str, report: Report) -> bool:
    if element.get(name):
        return True
    tag = etree.QName(element).localname
    report.error("unknown-reference", spot(element), f"{tag} 缺少 {name}。", f"The {tag} has no {name}.")
    return False


def _check_message_flow(element: etree._Element, document: Document, report: Report) -> None:
    pools = []
    for name, allowed in (("sourceRef", _SENDERS), ("targetRef", _RECEIVERS)):
        if not _require(element, name, report):
            return
        reference = element.get(name, "")
        end = document.find(reference)
        if end is None:
            if not document.is_foreign(reference):
                _unknown(element, reference, report)
            return
        if name_of(end) not in allowed or not _takes_messages(end):
            report.error(
                "bad-message-flow",
                spot(element),
                f"消息流 {element.get('id', '')} 不能连接 {reference}。",
                f"The message flow {element.get('id', '')} cannot be connected to {reference}.",
            )
        pools.append(_pool(end))
    if pools[0] is not None and pools[0] == pools[1]:
        report.error(
            "message-flow-inside",
            spot(element),
            f"消息流 {element.get('id', '')} 的两端在同一个泳池中。",
            f"Both ends of the message flow {element.get('id', '')} lie in the same pool.",
        )


def _takes_messages(end: etree._Element) -> bool:
    """An event at a message flow is triggered by messages, or by several things, or does not say (BPMN 9.3)."""
    if name_of(end) not in _EVENTS:
        return True
    kinds = [name_of(child) for child in end if (name_of(child) or "").endswith(("EventDefinition", "DefinitionRef"))]
    return not kinds or "messageEventDefinition" in kinds or "eventDefinitionRef" in kinds


def _pool(end: etree._Element) -> str | None:
    """Returns the process that an end of a message flow belongs to; a black box is its own."""
    if name_of(end) == "participant":
        return end.get("processRef") or end.get("id")
    process = next(end.iterancestors(bpmn("process")), None)
    return None if process is None else process.get("id")


def _check_association(element: etree._Element, document: Document, report: Report) -> None:
    for name in ("sourceRef", "targetRef"):
        if _require(element, name, report):
            reference = element.get(name, "")
            if document.find(reference) is None and not document.is_foreign(reference):
                _unknown(element, reference, report)


def _check_participant(element: etree._Element, report: Report) -> None:
    if element.get("processRef") is None:
        name = element.get("name") or element.get("id", "")
        report.warning(
            "black-box-pool",
            spot(element),
            f"泳池「{name}」没有流程，只作说明。",
            f"The pool {name!r} holds no process; it only documents.",
        )


def _check_multiplicity(element: etree._Element, report: Report) -> None:
    """At least none and at most one or more, in this order (BPMN table 9.5)."""
    minimum, maximum = element.get("minimum", "0").strip(), element.get("maximum", "1").strip()
    if not (minimum.isdigit() and maximum.isdigit() and int(minimum) <= int(maximum) and int(maximum) >= 1):
        report.error(
            "bad-multiplicity",
            spot(element),
            "参与者的数量范围不合法。",
            "The multiplicity of the participant is no range.",
        )


def _check_partition(element: etree._Element, document: Document, report: Report) -> None:
    reference = element.get("partitionElementRef", "")
    if document.find(reference) is None and not document.is_foreign(reference):
        _unknown(element, reference, report)


def _check_lanes(document: Document, report: Report) -> None:
    for process in document.root.findall(bpmn("process")):
        for lane_set in process.iter(bpmn("laneSet"), bpmn("childLaneSet")):
            seen: set[str] = set()
            for lane in lane_set.findall(bpmn("lane")):
                held = {(child.text or "").strip() for child in lane.findall(bpmn("flowNodeRef"))}
                for reference in sorted(held):
                    _check_held(lane, reference, process, seen, document, report)
                seen |= held


def _check_held(
    lane: etree._Element,
    reference: str,
    process: etree._Element,
    seen: set[str],
    document: Document,
    report: Report,
) -> None:
    """Tasks take their roles from their lane, so that there can be one only."""
    found = document.find(reference)
    if found is not None and process not in found.iterancestors():
        report.error(
            "foreign-lane",
            spot(lane),
            f"泳道 {lane.get('id', '')} 中的 {reference} 属于另一个流程。",
            f"{reference} in the lane {lane.get('id', '')} belongs to another process.",
        )
    elif reference in seen:
        report.error(
            "two-lanes",
            spot(lane),
            f"{reference} 同时属于同一组的两个泳道。",
            f"{reference} lies in two lanes of one lane set at once.",
        )


def _check_names(document: Document, report: Report) -> None:
    for tag in ("message", "signal"):
        seen: set[str] = set()
        for element in document.root.findall(bpmn(tag)):
            name = element.get("name")
            if name in seen:
                report.warning(
                    "name-duplicate",
                    spot(element),
                    f"有两个 {tag} 的名称都是「{name}」。",
                    f"Two {tag}s have the name {name!r}.",
                )
            if name:
                seen.add(name)


def _unknown(element: etree._Element, reference: str, report: Report) -> None:
    tag = etree.QName(element).localname
    report.error(
        "unknown-reference",
        spot(element),
        f"{tag} 所指的元素 {reference or '(空)'} 不存在。",
        f"The {tag} names {reference or 'nothing'}, which does not exist.",
    )
