"""Reading the values of a case: personal ones in the clear, masked or hidden as DT-07 says, each reading recorded."""

from __future__ import annotations

from collections.abc import Mapping

from api.commands import Commands
from crm import access
from engine import process_instances, variables
from engine.context import Actor, CommandContext
from engine.personal_values import references
from engine.user_tasks import UserTask
from engine.values import Value


async def shown(commands: Commands, actor: Actor, root_id: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Returns the values as the actor may see them.

    Only where a personal value is among them a writing transaction follows, which records the reading: a case
    without any is read without a write.
    """
    if not personal_names(values):
        return dict(values)
    return await commands.run(actor, access.read_case, root_id, values)


def personal_names(values: Mapping[str, Value]) -> list[str]:
    """Returns the variables that hold a personal value, on whatever level."""
    return [name for name, value in values.items() if next(references(value), None) is not None]


def masked_names(ctx: CommandContext, root_id: str, values: Mapping[str, Value]) -> list[str]:
    """Returns the variables of which the actor does not see everything in the clear."""
    clear = access.sight(ctx, root_id).clear
    return [name for name, value in values.items() if any(ref.data_class not in clear for ref in references(value))]


def of_task(ctx: CommandContext, task: UserTask) -> dict[str, Value]:
    """Returns the variables that a task sees, those of its own scope first; personal ones as references."""
    row = process_instances.get(ctx, task.root_id)
    if row.state_body is None or task.state != "open":
        return variables.of_instance(ctx, task.root_id)
    return process_instances.running_from(ctx, row).instance.typed_variables(task.scope_id)
