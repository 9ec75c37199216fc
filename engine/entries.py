"""Entries: who may write personal values of which data class (C, create and edit, in DT-07).

Whoever fills in a form, starts a case, sends a message or sets variables needs a grant `edit` or `write` for the class
of each value, by the own roles, by those of the absent person in whose place the task is done, or by those of the task
that an escalation brought. FREE is no column of the table: own words are everybody's who has the task. The check reads
nothing from the database unless it is about to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import branches, models, substitutions
from engine.access_matrix import AccessMatrix, matrix
from engine.bpmn.expressions import is_expression
from engine.errors import Forbidden
from engine.findings import Finding
from engine.personal_values import NONE

if TYPE_CHECKING:
    from engine.bpmn.definition import Definition, Element
    from engine.context import CommandContext
    from engine.forms import Form
    from engine.process_instances import Running

FREE = "FREE"
INSIDE = frozenset({"any", "case"})
TASK = models.user_task


def require(ctx: CommandContext, classes: Mapping[str, str], running: Running | None) -> None:
    """Raises Forbidden, naming a field and its class and no value, unless the actor may write them all.

    `classes` are the data classes by field; `running` is the case, None for one that is being started.
    """
    actor, branch = ctx.actor, None if running is None else running.branch_id
    if actor.is_system:
        return
    known = matrix(ctx.engine.settings.rules)
    refused = dict(_refused(known, classes, actor.roles, actor.branches, branch))
    if refused and running is not None:
        for roles, of_branches in _others(ctx, running):
            refused = dict(_refused(known, refused, roles, of_branches, branch))
    for name, data_class in sorted(refused.items()):
        held = ", ".join(sorted(actor.roles)) or "-"
        raise Forbidden(
            f"user {actor.user_id} ({held}) may not write {data_class} data: field {name}",
            user_id=actor.user_id,
            resource=f"{data_class} {name}",
            operation="edit",
            zh=f"用户 {actor.user_id}（{held}）不得填写 {data_class} 类数据：字段 {name}",
        )


def _refused(
    known: AccessMatrix,
    classes: Mapping[str, str],
    roles: Iterable[str],
    own: frozenset[str],
    branch: str | None,
) -> Iterator[tuple[str, str]]:
    of_branch = {"branch"} if branches.holds(own, branch, inside=True) else set()
    for name, data_class in classes.items():
        if data_class != FREE and not known.writes(roles, data_class) & (INSIDE | of_branch):
            yield name, data_class


def _others(ctx: CommandContext, running: Running) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yields roles and branches of whom the actor stands in for, and the roles of a task that was escalated to it."""
    cover = substitutions.cover_of(ctx.actor, running.acting_for)
    if cover is not None:
        yield cover.roles, cover.branches
    if running.task_id is None:
        return
    reached = ctx.actor.roles if cover is None else ctx.actor.roles | cover.roles
    query = select(TASK.c.process_instance_id, TASK.c.element_id).where(TASK.c.id == running.task_id)
    row = ctx.connection.execute(query.where(substitutions.escalated(reached))).first()
    element = None if row is None else running.element(row.process_instance_id, row.element_id)
    if element is not None:
        yield _roles_of(element), ctx.actor.branches


def _roles_of(element: Element) -> frozenset[str]:
    """Returns the roles that a task is offered to, as far as the diagram says them and no expression does."""
    groups = element.attributes.get("candidateGroups", "")
    named = () if is_expression(groups) else (one.strip() for one in groups.split(",") if one.strip())
    return frozenset(named) or frozenset(element.roles)


def check(definition: Definition, forms: Mapping[str, Form], known: AccessMatrix) -> Iterator[Finding]:
    """Yields a warning for each task whose form asks a role for what it may not write."""
    for element in definition.elements.values():
        form = forms.get(element.form_ref or "")
        if form is None or element.type != "userTask":
            continue
        classes = {name: form.data_classes.get(name) or definition.classes.get(name) for name in _written(form)}
        asked = {name: one for name, one in classes.items() if one not in (None, NONE, FREE)}
        for role in sorted(_roles_of(element) & known.roles.keys()):
            for data_class in sorted({one for one in asked.values() if one and not known.writes([role], one)}):
                names = ", ".join(sorted(name for name, one in asked.items() if one == data_class))
                yield Finding(
                    "warning",
                    "may-not-write",
                    f"角色 {role} 不得填写 {data_class} 类数据（{names}），完成任务时会被拒绝；"
                    "请改用其他角色、其他数据类别，或由权限矩阵授权。",
                    f"the role {role} may not write {data_class} data ({names}): completing the task will be refused; "
                    "another role, another data class or a grant of the access matrix is needed",
                    element.id,
                    element.line,
                )


def _written(form: Form) -> frozenset[str]:
    """Returns the fields that take something from whoever submits, also those in the rows of lists."""
    shown = {field.key for field in form.fields if field.readonly is True}
    return frozenset(name for name in {*form.keys, *form.data_classes} if name.partition("[")[0] not in shown)
