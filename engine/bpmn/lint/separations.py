"""Separation of duties: a task is separated from other user tasks of its own process, by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Node, Process

PROPERTY = "separation.from"


def separated_from(properties: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the ids of the elements that a task is separated from (`|` between several)."""
    return tuple(part.strip() for part in properties.get(PROPERTY, "").split("|") if part.strip())


def check_separations(process: Process, report: Report) -> None:
    """Refuses a separation that could never hold: a typing error in it would leave the rule without effect."""
    tasks = {node.id for node in process.nodes() if node.type == "userTask"}
    for node in process.nodes():
        if PROPERTY in node.properties:
            _check(node, tasks, report)


def _check(node: Node, tasks: set[str], report: Report) -> None:
    if node.type != "userTask":
        report.error(
            "separation-without-task",
            node,
            f"只有用户任务可以使用 {PROPERTY};{node.id} 不是用户任务。",
            f"Only a user task can have {PROPERTY}; {node.id} is none.",
        )
        return
    named = separated_from(node.properties)
    if not named:
        report.error(
            "separation-empty",
            node,
            f"{node.id} 的 {PROPERTY} 没有指明任何任务。",
            f"{PROPERTY} of {node.id} names no task.",
        )
    for other in named:
        if other == node.id:
            report.error(
                "separation-from-itself",
                node,
                f"{node.id} 不能与自身分离；请指明由他人完成的任务。",
                f"{node.id} cannot be separated from itself; name the task that somebody else does.",
            )
        elif other not in tasks:
            nearest = next(iter(get_close_matches(other, sorted(tasks - {node.id}), n=1)), None)
            report.error(
                "separation-unknown",
                node,
                f"{node.id} 的 {PROPERTY} 指向的 {other} 不是本流程的用户任务。"
                + (f"是否应为 {nearest}?" if nearest else ""),
                f"{other}, which {PROPERTY} of {node.id} names, is no user task of this process."
                + (f" Is {nearest} meant?" if nearest else ""),
            )
