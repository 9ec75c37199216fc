"""Finds which process variables a decision reads, its requirements included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.dmn.model import Decision, DmnModel
from engine.dmn.program import Program


def free_names(model: DmnModel, program: Program) -> Mapping[str, Decision]:
    """Returns the decisions with `input_names` filled in."""
    return {
        identifier: replace(decision, input_names=_inputs(identifier, model, program, frozenset()))
        for identifier, decision in model.decisions.items()
    }


def _inputs(identifier: str, model: DmnModel, program: Program, seen: frozenset[str]) -> frozenset[str]:
    """What the decision's own expression and functions read, less what its requirements supply."""
    decision = model.decisions.get(identifier)
    if decision is None or identifier in seen:
        return frozenset()
    read = set(program.decisions[identifier].free) | _function_names(decision.knowledge, model, program)
    supplied = {model.decisions[other].variable for other in decision.decisions if other in model.decisions}
    supplied |= {model.knowledge[other].name for other in decision.knowledge if other in model.knowledge}
    supplied |= {model.services[other].name for other in decision.knowledge if other in model.services}
    supplied |= set(model.imports)
    unnamed = model.imports.get("")
    if unnamed is not None:
        supplied |= {item.name for item in unnamed.knowledge.values()}
        supplied |= {item.name for item in unnamed.services.values()}
    below = (_inputs(other, model, program, seen | {identifier}) for other in decision.decisions)
    return frozenset(read - supplied).union(*below)


def _function_names(knowledge: tuple[str, ...], model: DmnModel, program: Program) -> set[str]:
    """What functions read besides their parameters."""
    names: set[str] = set()
    for identifier in knowledge:
        if identifier in program.functions:
            names |= program.functions[identifier].free
    return names
