"""Something must be there to run."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Diagram, Process


def check_executable(diagram: Diagram, report: Report) -> None:
    """Refuses a file that holds no executable process."""
    if not any(process.executable for process in diagram.processes) and not diagram.findings:
        report.error(
            "no-executable-process",
            Process(""),
            "图中没有可执行的流程（isExecutable）。",
            "The diagram holds no executable process (isExecutable).",
        )
