"""Roles: lanes and candidate groups name roles that the house knows."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Process


def check_roles(process: Process, roles: frozenset[str], report: Report) -> None:
    """Warns of every role code at a user task that is not among `roles`."""
    for node in process.nodes():
        if node.type != "userTask":
            continue
        groups = node.texts.get("candidateGroups")
        literal = groups.source.split(",") if groups is not None and groups.is_literal else []
        named = literal if groups is not None else list(node.roles)
        for role in dict.fromkeys(code.strip() for code in named):
            if role and role not in roles:
                report.warning(
                    "unknown-role",
                    node,
                    f"用户任务 {node.id} 的角色 {role} 不存在。",
                    f"The role {role} of the user task {node.id} does not exist.",
                )
