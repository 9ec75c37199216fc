"""Ids: present, well formed, and given once in the whole file."""

from __future__ import annotations

from engine.bpmn.lint.report import Place, Report
from engine.bpmn.model import Diagram, Process


def check_identity(diagram: Diagram, report: Report) -> None:
    """Checks the ids of all processes, nodes and flows."""
    seen: dict[str, Place] = {}
    for process in diagram.processes:
        for place in _places(process):
            _check(place, seen, report)
    if not any(process.executable for process in diagram.processes) and not diagram.findings:
        report.error(
            "no-executable-process",
            Process(""),
            "图中没有可执行的流程(isExecutable)。",
            "The diagram holds no executable process (isExecutable).",
        )


def _places(process: Process) -> list[Place]:
    places: list[Place] = [] if process.is_task else [process]
    for body in process.body.bodies():
        places += [*body.nodes.values(), *body.flows.values()]
    return places


def _check(place: Place, seen: dict[str, Place], report: Report) -> None:
    if not place.id:
        report.error("id-missing", place, "元素缺少 id。", "An element has no id.")
    elif any(sign in place.id for sign in "# \t\n\"'<>&"):
        report.error(
            "id-malformed",
            place,
            f"id「{place.id}」含有不允许的字符。",
            f"The id {place.id!r} holds characters that ids must not have.",
        )
    elif place.id in seen:
        report.error("id-duplicate", place, f"id {place.id} 重复。", f"The id {place.id} is used twice.")
    seen.setdefault(place.id, place)
