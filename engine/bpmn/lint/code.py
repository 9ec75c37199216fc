"""Program code where only a name or key can stand.

No text of a diagram is ever run as a program, so this protects nobody's machine; it tells whoever wrote it, before a
case waits for a user, message or table of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Node, Process

CODE = re.compile(r"__\w+__\s*[(.\[]|\b(?:eval|exec|os\.system|subprocess\.\w+|getRuntime)\s*\(")
NAMES = {
    "assignee",
    "calledElement",
    "candidateGroups",
    "candidateUsers",
    "decisionRef",
    "dueDate",
    "followUpDate",
    "formKey",
    "formRef",
    "topic",
}


def check_code(process: Process, report: Report) -> None:
    """Refuses texts that read like a call in Python or Java."""
    for node in process.nodes():
        for name, text in _texts(node):
            if CODE.search(text):
                report.error(
                    "code-as-text",
                    node,
                    f"{node.id} 的 {name} 像是程序代码；流程图中的文本不会作为程序执行。",
                    f"The {name} of {node.id} reads like program code; no text of a diagram is run as a program.",
                )


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    yield from ((name, text) for name, text in node.attributes.items() if name in NAMES)
    yield from ((name, text.source) for name, text in node.texts.items() if text.is_literal)
    yield from node.properties.items()
    for event in node.events:
        yield from (
            (what, text) for what, text in (("message or signal name", event.name), ("code", event.code)) if text
        )
