"""Turns an uploaded BPMN file into definitions that run, or refuses it with everything that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from engine.bpmn.builder import ProcessBuilder, first_of_all
from engine.bpmn.data_reader import DataItems
from engine.bpmn.definition import Definition, SequenceFlow, StartEvent, StartKind
from engine.bpmn.expressions import compile_texts
from engine.bpmn.limits import DEFAULT_FILE_LIMITS, FileLimits
from engine.bpmn.lint import lint
from engine.bpmn.lint.positions import with_columns
from engine.bpmn.model import Diagram, Event, Node, Process
from engine.bpmn.normalise import normalise
from engine.bpmn.reader import read_diagram
from engine.bpmn.xml import read_xml, tidy
from engine.errors import ParseFailed
from engine.findings import Finding, errors

MAX_FINDINGS = 1_000
"""More findings than this help nobody; the rest is told after the first are mended."""

_CLASS_PREFIX = "variable."


def parse(
    body: bytes, *, name: str, limits: FileLimits = DEFAULT_FILE_LIMITS, deployed: bool = False
) -> list[Definition]:
    """Returns one definition per executable process, in document order; raises ParseFailed with all findings.

    `deployed`: the file was accepted once. Checks that came later do not take it away from its running instances; it
    is refused only if nothing can be built from it."""
    findings, diagram = examine(body, name=name, limits=limits)
    if errors(findings) and not deployed:
        raise ParseFailed({name: findings})
    digest = hashlib.sha256(body).hexdigest()
    try:
        return [_definition(process, digest, findings) for process in diagram.processes if process.executable]
    except (AssertionError, LookupError, AttributeError) as cause:
        if not errors(findings):
            raise
        raise ParseFailed({name: findings}) from cause


def examine(
    body: bytes, *, name: str, limits: FileLimits = DEFAULT_FILE_LIMITS, roles: frozenset[str] | None = None
) -> tuple[list[Finding], Diagram]:
    """Checks a file without building it: all findings, errors first. Raises ParseFailed if it cannot be read.

    `roles` are the role codes of the house; a lane or candidate group outside them is warned of."""
    root = read_xml(body, name=name, limits=limits)
    tidy(root)
    diagram = read_diagram(root)
    findings = list(diagram.findings)
    spaced = DataItems(root).names()
    for process in diagram.processes:
        if process.executable:
            names = [key.removeprefix(_CLASS_PREFIX) for key in process.properties if key.startswith(_CLASS_PREFIX)]
            findings += compile_texts(process.texts, [*names, *spaced])
    findings += lint(diagram, root, roles)
    distinct = sorted(dict.fromkeys(findings), key=lambda finding: finding.severity == "warning")
    return with_columns(distinct[:MAX_FINDINGS], body), diagram


def _definition(process: Process, digest: str, findings: list[Finding]) -> Definition:
    flows = tuple(
        SequenceFlow(flow.id, flow.source, flow.target, flow.name)
        for body in process.body.bodies()
        for flow in body.flows.values()
    )
    normalise(process)
    builder = ProcessBuilder(process)
    spec = builder.build()
    nodes = list(process.nodes())
    return Definition(
        key=process.id,
        name=process.name,
        name_en=process.properties.get("name.en") or process.properties.get("business.title.en", ""),
        version_tag=process.attributes.get("versionTag"),
        history_ttl=process.attributes.get("historyTimeToLive"),
        digest=digest,
        elements=MappingProxyType(builder.elements),
        flows=flows,
        start_events=tuple(_start_events(process)),
        decision_refs=_literals(nodes, "decisionRef"),
        form_refs=frozenset(node.attributes["formRef"] for node in nodes if "formRef" in node.attributes),
        called_elements=_literals(nodes, "calledElement"),
        topics=_literals(nodes, "topic"),
        correlated=frozenset(name for key in process.correlation for one in key.properties for name in one.retrieval),
        expression_names=frozenset().union(*(text.value.names for text in process.texts)),
        classes=_classes(process),
        properties=MappingProxyType(dict(process.properties)),
        candidate_starter_groups=_names(process.attributes.get("candidateStarterGroups", "")),
        warnings=tuple(findings),
        process=spec,
    )


def _start_events(process: Process) -> Iterator[StartEvent]:
    for node in process.body.nodes.values():
        receives = node.type == "receiveTask" and node.standard.get("instantiate") == "true"
        starts = node.type == "startEvent" or node.starts_process or receives
        if starts and node.parallel_multiple and len(node.events) > 1:
            for number, event in enumerate(node.events):
                yield replace(_start_event(node, event), element_id=first_of_all(node.id, number))
        elif starts and not node.events:
            yield StartEvent(node.id, "none", initiator=node.attributes.get("initiator"))
        elif starts:
            for event in node.events:
                yield _start_event(node, event)


def _start_event(node: Node, event: Event) -> StartEvent:
    initiator = node.attributes.get("initiator")
    kind: StartKind = event.kind  # type: ignore[assignment]  # lint lets through the kinds that can start
    timer = event.text.source.strip() if kind == "timer" and event.text is not None else None
    condition = event.text.value if kind == "conditional" and event.text is not None else None
    return StartEvent(node.id, kind, event.name, timer, event.timer_kind, initiator, condition)


def _literals(nodes: list[Node], name: str) -> frozenset[str]:
    texts = [node.texts[name] for node in nodes if name in node.texts]
    return frozenset(text.source.strip() for text in texts if text.is_literal)


def _classes(process: Process) -> MappingProxyType[str, str]:
    return MappingProxyType(
        {
            key.removeprefix(_CLASS_PREFIX): value
            for key, value in process.properties.items()
            if key.startswith(_CLASS_PREFIX)
        }
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
