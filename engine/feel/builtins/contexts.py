"""Context functions (DMN 1.5, 10.3.4.9)."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.limits import Work
from engine.feel.values import CONTEXT, STRING, kind_of


@builtin("get value(m: context, key: string) -> Any")
def get_value(work: Work, context: dict[str, Any], key: str) -> Any:
    """The entry of that name, null if there is none."""
    return context.get(key)


@builtin("get entries(m: context) -> list<context<key: string>>")
def get_entries(work: Work, context: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of {key, value}."""
    work.items(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list) -> context")
def context_of(work: Work, entries: list[Any]) -> dict[str, Any] | None:
    """The context of {key, value} pairs; null if a key is missing, no string, or given twice."""
    work.items(len(entries))
    built: dict[str, Any] = {}
    for each in entries:
        if kind_of(each) != CONTEXT or "key" not in each or "value" not in each:
            return None
        key = each["key"]
        if kind_of(key) != STRING or key in built:
            return None
        built[key] = each["value"]
    return built


@builtin("context put(context: context, key: string, value) -> context")
def put(work: Work, context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The context with one entry set."""
    work.items(len(context) + 1)
    return {**context, key: value}


@builtin("context put(context: context, keys: list, value) -> context")
def put_deep(work: Work, context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    """The context with an entry of a nested context set; null if there is no context on the way."""
    if not keys or any(key is None or kind_of(key) != STRING for key in keys):
        return None
    work.items(len(keys))
    result = here = dict(context)
    for key in keys[:-1]:
        below = here.get(key)
        if below is None or kind_of(below) != CONTEXT:
            return None
        work.items(len(below))
        here[key] = dict(below)
        here = here[key]
    here[keys[-1]] = value
    return result


@builtin("context merge(contexts: list) -> context")
def merge(work: Work, contexts: list[Any]) -> dict[str, Any] | None:
    """All contexts in one; later entries win."""
    merged: dict[str, Any] = {}
    for each in contexts:
        if each is None or kind_of(each) != CONTEXT:
            return None
        work.items(len(each))
        merged.update(each)
    return merged
