"""Compiles a whole DMN file: every decision, function and service becomes something that can run."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.dmn.boxed import BoxedCompiler
from engine.dmn.faults import Faults
from engine.dmn.frame import NOTHING, Compiled
from engine.dmn.model import Decision, DmnModel, ItemDefinition
from engine.dmn.table import CompiledTable
from engine.dmn.texts import TextCompiler
from engine.dmn.types import component_names, named_types


@dataclass(slots=True)
class Program:
    """The compiled parts of a file, by id. `tables` holds the decisions that are a table directly."""

    decisions: dict[str, Compiled] = field(default_factory=dict)
    functions: dict[str, Compiled] = field(default_factory=dict)
    tables: dict[str, CompiledTable] = field(default_factory=dict)
    all_tables: list[CompiledTable] = field(default_factory=list)
    imports: dict[str, Program] = field(default_factory=dict)


def compile_program(model: DmnModel, faults: Faults) -> Program:
    """Compiles all of a file; texts that are no FEEL become findings and evaluate to null."""
    program = Program()
    compiler = BoxedCompiler(model, TextCompiler(faults, named_types(model)), program.all_tables)
    for definition in model.types.values():
        _check_allowed(definition, compiler)
    names = global_names(model) | component_names(model)
    for function in model.knowledge.values():
        compiler.texts.at(function.id, function.name)
        compiled = compiler.function(function.function, names, name=function.name)
        program.functions[function.id] = compiled if function.function is not None else NOTHING
    for decision in model.decisions.values():
        _compile_decision(decision, compiler, names, program)
    for prefix, imported in model.imports.items():
        program.imports[prefix] = compile_program(imported, Faults())
    return program


def _check_allowed(definition: ItemDefinition, compiler: BoxedCompiler) -> None:
    compiler.texts.at(definition.name, definition.name)
    compiler.texts.allowed(definition.allowed, definition.name)
    for component in definition.components:
        _check_allowed(component, compiler)


def _compile_decision(decision: Decision, compiler: BoxedCompiler, names: frozenset[str], program: Program) -> None:
    compiler.texts.at(decision.id, decision.name)
    table = compiler.table_of(decision.expression, names)
    if table is not None:
        program.tables[decision.id], program.decisions[decision.id] = table
    else:
        program.decisions[decision.id] = compiler.expression(decision.expression, names)


def global_names(model: DmnModel) -> frozenset[str]:
    """Returns the names that requirements may bring into a decision."""
    names = {item.name for item in model.inputs.values()}
    names |= {decision.variable for decision in model.decisions.values()}
    names |= {function.name for function in model.knowledge.values()}
    names |= {service.name for service in model.services.values()}
    for prefix, imported in model.imports.items():
        names |= {prefix, *global_names(imported)} - {""}
    return frozenset(names)
