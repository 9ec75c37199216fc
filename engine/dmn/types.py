"""The types of a DMN file: what a `typeRef` means, and bringing values to it (DMN 1.5, 7.3.2 and 10.3.2.9.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.dmn.model import DmnModel, ItemDefinition
from engine.feel.types import ANY, ANYTHING, SIMPLE_TYPES, Type
from engine.feel.values import CONTEXT, DATE_TIME, DAYS, FUNCTION, LIST, MONTHS, NUMBER

_ALIASES = {
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS,
    "yearMonthDuration": MONTHS,
    "integer": NUMBER,
    "long": NUMBER,
    "double": NUMBER,
}
_MAX_NESTING = 20


def resolve(reference: str, model: DmnModel, nesting: int = 0) -> Type | None:
    """Returns the type of a `typeRef`; None if there is none, or it is unknown (then anything goes)."""
    if not reference or nesting > _MAX_NESTING:
        return None
    if reference in model.types:
        return _item_type(model.types[reference], model, nesting + 1)
    simple = _ALIASES.get(reference, reference)
    if simple == ANY:
        return ANYTHING
    if simple in SIMPLE_TYPES:
        return Type(simple)
    prefix, _, rest = reference.partition(".")
    imported = model.imports.get(prefix) if rest else None
    if imported is not None:
        return resolve(rest, imported, nesting + 1)
    unnamed = model.imports.get("")
    return resolve(reference, unnamed, nesting + 1) if unnamed is not None else None


def named_types(model: DmnModel) -> Mapping[str, Type]:
    """Returns all types that the file defines, by name, as expressions may name them."""
    types = {name: resolve(name, model) for name in model.types}
    for prefix, imported in model.imports.items():
        types |= {f"{prefix}.{name}" if prefix else name: found for name, found in named_types(imported).items()}
    return {name: found for name, found in types.items() if found is not None}


def component_names(model: DmnModel) -> frozenset[str]:
    """Returns all names of components, which paths may use though they have spaces."""
    names: set[str] = set()
    waiting = list(model.types.values())
    while waiting:
        definition = waiting.pop()
        names.update(component.name for component in definition.components)
        waiting.extend(definition.components)
    return frozenset(names).union(*(component_names(imported) for imported in model.imports.values()))


def _item_type(definition: ItemDefinition, model: DmnModel, nesting: int) -> Type | None:
    if definition.is_function:
        base: Type | None = Type(FUNCTION)
    elif definition.components:
        entries = {
            component.name: _item_type(component, model, nesting + 1) or ANYTHING for component in definition.components
        }
        base = Type(CONTEXT, entries=entries)
    else:
        base = resolve(definition.type_ref, model, nesting + 1)
    if base is not None and definition.allowed is not None:
        base = replace(base, allowed=definition.allowed.text)
    if definition.is_collection:
        return Type(LIST, item=base)
    return base


def restricted(wanted: Type | None) -> bool:
    """Tells whether a type, or a type inside it, lists its allowed values."""
    if wanted is None:
        return False
    inner: list[Any] = [wanted.item, *(wanted.entries or {}).values()]
    return wanted.allowed is not None or any(map(restricted, inner))
