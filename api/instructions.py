"""Reads what Camunda's clients say of many instances and of where they shall stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.params import Parameters, read_filters
from api.process_instances import FILTERS
from api.typed_values import read_variable
from engine import history_queries
from engine.bpmn.modification import Change
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.history_queries import InstanceQuery

MAX_INSTANCES = 100_000
KINDS = frozenset({"cancel", "startBeforeActivity", "startAfterActivity", "startTransition"})


def objects(given: Any, name: str) -> list[Mapping[str, Any]]:
    """Returns a list of JSON objects; not given is empty."""
    entries = given or []
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InvalidRequest(f"{name} must be a list of objects")
    return entries


def read_changes(given: Any) -> list[Change]:
    """Reads the instructions of a modification."""
    return [_change(Parameters(entry)) for entry in objects(given, "instructions")]


def _change(entry: Parameters) -> Change:
    kind = entry.required("type")
    if kind not in KINDS:
        raise InvalidRequest(f"type must be one of {', '.join(sorted(KINDS))}")
    activity_id = entry.short("activityInstanceId") or entry.short("transitionInstanceId")
    element_id = entry.short("transitionId") if kind == "startTransition" else entry.short("activityId")
    if element_id is None and activity_id is None:
        raise InvalidRequest(f"{kind} names neither an activity nor a transition")
    variables, local = _variables(entry)
    return Change(
        kind,  # type: ignore[arg-type]  # one of KINDS
        element_id,
        activity_id=activity_id if kind == "cancel" else None,
        ancestor_id=entry.short("ancestorActivityInstanceId"),
        variables=variables,
        local=local,
    )


def _variables(entry: Parameters) -> tuple[dict[str, Any], dict[str, Any]]:
    variables: dict[str, Any] = {}
    local: dict[str, Any] = {}
    for name, value in entry.mapping("variables").items():
        is_local = isinstance(value, Mapping) and value.get("local") is True
        (local if is_local else variables)[name] = read_variable(value, name=name)
    return variables, local


def read_instances(ctx: CommandContext, body: Parameters, *, query: str = "processInstanceQuery") -> list[str]:
    """Returns the instances that a body names by ids, by a query, or both."""
    named = list(body.texts("processInstanceIds") or ())
    given = body.raw(query)
    if given is not None:
        if not isinstance(given, Mapping):
            raise InvalidRequest(f"{query} must be an object")
        finished = query.startswith("historic")
        more = {"finished": True} if finished else {"unfinished": True}
        wanted: InstanceQuery = read_filters(InstanceQuery, FILTERS, Parameters(given), **more)
        found = history_queries.find_instances(ctx, wanted, sort=(), first=0, limit=MAX_INSTANCES)
        named += [row.id for row in found]
    if not named:
        raise InvalidRequest("no process instances are named, by processInstanceIds or by a query that finds some")
    return list(dict.fromkeys(named))
