"""Refuses what cannot run, and warns of what probably is a mistake, in words that a process owner understands.

The diagram is checked as its owner drew it, before anything is rewritten. Codes are stable; every finding names the
element and its line. Nothing that a diagram holds is ignored in silence: it runs, it only documents, or it is named
here.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.bpmn.lint.activities import check_activities
from engine.bpmn.lint.code import check_code
from engine.bpmn.lint.collaborations import check_collaborations
from engine.bpmn.lint.compensation import check_compensation
from engine.bpmn.lint.conversations import check_conversations
from engine.bpmn.lint.data import check_data
from engine.bpmn.lint.document import Document, check_document
from engine.bpmn.lint.events import check_events
from engine.bpmn.lint.executable import check_executable
from engine.bpmn.lint.extensions import check_extensions
from engine.bpmn.lint.flows import check_flows
from engine.bpmn.lint.gateways import check_gateways
from engine.bpmn.lint.listings import check_listings
from engine.bpmn.lint.references import check_references
from engine.bpmn.lint.report import Report
from engine.bpmn.lint.roles import check_roles
from engine.bpmn.lint.schema import check_schema
from engine.bpmn.lint.scopes import check_scopes
from engine.bpmn.lint.separations import check_separations
from engine.bpmn.lint.shape import check_shape
from engine.bpmn.model import Diagram, Process
from engine.bpmn.vocabulary import bpmn
from engine.findings import Finding

CHECKS: tuple[Callable[[Process, Report], None], ...] = (
    check_flows,
    check_shape,
    check_scopes,
    check_gateways,
    check_events,
    check_activities,
    check_compensation,
    check_extensions,
    check_code,
    check_separations,
)


def lint(diagram: Diagram, root: etree._Element, roles: frozenset[str] | None = None) -> list[Finding]:
    """Returns everything that the checks find in a file and in its executable processes."""
    report = Report()
    if root.tag == bpmn("definitions"):
        document = Document(root)
        check_document(document, report)
        check_schema(document, report)
        check_data(document, report)
        check_conversations(document, report)
        check_references(document, report)
        check_listings(document, report)
        check_collaborations(document, report)
    check_executable(diagram, report)
    for process in diagram.processes:
        if process.executable:
            for check in CHECKS:
                check(process, report)
            if roles is not None:
                check_roles(process, roles, report)
    return report.findings
