"""Reads a DMN file (1.1 to 1.5) into a model; all faults are reported, not only the first.

Nothing in a file can run Python, Java or a script: expressions are FEEL, and one that does not compile is a finding
that names table, row and column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from engine.dmn.boxed_reader import read_expression, read_function, read_variable
from engine.dmn.faults import Faults
from engine.dmn.model import (
    Decision,
    DecisionService,
    DmnModel,
    InputData,
    ItemDefinition,
    KnowledgeModel,
    LiteralExpression,
)
from engine.dmn.names import free_names
from engine.dmn.program import compile_program
from engine.dmn.xml import DEFAULT_TABLE_LIMITS, Element, TableLimits, read_xml
from engine.errors import ParseFailed


def read_dmn(
    xml: bytes,
    *,
    name: str,
    imports: Mapping[str, DmnModel] | None = None,
    tolerant: bool = False,
    limits: TableLimits = DEFAULT_TABLE_LIMITS,
) -> DmnModel:
    """Returns the model of a file; raises ParseFailed({name: findings}).

    `imports` maps namespaces to models that the file may import. A `tolerant` model keeps expressions that do not
    compile and yields null for them, as the standard says for errors; the engine never deploys such a model.
    """
    root = read_xml(xml, name=name, limits=limits)
    faults = Faults()
    model = _read_definitions(root, name, imports or {}, faults)
    model = replace(model, digest=hashlib.sha256(xml).hexdigest(), tolerant=tolerant)
    program = compile_program(model, faults)
    model = replace(model, decisions=free_names(model, program), findings=tuple(faults.found))
    if faults.errors and not tolerant:
        raise ParseFailed({name: faults.found})
    return model


def _read_definitions(root: Element, name: str, known: Mapping[str, DmnModel], faults: Faults) -> DmnModel:
    namespace = root.get("namespace")
    imports = {}
    for imported in root.all("import"):
        model = known.get(imported.get("namespace"))
        if model is None:
            space = imported.get("namespace")
            faults.error(
                "unknown-import", f"找不到导入的模型 {space}", f"the imported model {space} is unknown", imported
            )
        else:
            imports[imported.get("name")] = model
    reader = _Definitions(namespace, faults)
    model = DmnModel(
        name=name,
        namespace=namespace,
        digest="",
        decisions={item.id: item for item in map(reader.decision, root.all("decision"))},
        inputs={item.id: item for item in map(reader.input_data, root.all("inputData"))},
        knowledge={item.id: item for item in map(reader.knowledge, root.all("businessKnowledgeModel"))},
        services={item.id: item for item in map(reader.service, root.all("decisionService"))},
        types={item.name: item for item in map(_item_definition, root.all("itemDefinition"))},
        imports=imports,
    )
    _check_references(root, model, faults)
    return model


class _Definitions:
    """Reads the elements of the decision requirements graph."""

    def __init__(self, namespace: str, faults: Faults) -> None:
        self.namespace = namespace
        self.faults = faults

    def decision(self, element: Element) -> Decision:
        variable = read_variable(element.first("variable"))
        name = element.get("name") or element.get("id")
        return Decision(
            id=element.get("id"),
            name=name,
            name_en=element.marque("nameEn"),
            variable=(variable.name if variable else "") or name,
            type_ref=variable.type_ref if variable else "",
            expression=read_expression(element, self.faults),
            inputs=self._required(element, "informationRequirement", "requiredInput"),
            decisions=self._required(element, "informationRequirement", "requiredDecision"),
            knowledge=self._required(element, "knowledgeRequirement", "requiredKnowledge"),
            clause=element.marque("clause"),
            line=element.line,
        )

    def input_data(self, element: Element) -> InputData:
        variable = read_variable(element.first("variable"))
        name = (variable.name if variable else "") or element.get("name") or element.get("id")
        is_fixed = element.marque("fixed") == "true"
        return InputData(element.get("id"), name, variable.type_ref if variable else "", is_fixed)

    def knowledge(self, element: Element) -> KnowledgeModel:
        variable = read_variable(element.first("variable"))
        logic = element.first("encapsulatedLogic")
        return KnowledgeModel(
            id=element.get("id"),
            name=(variable.name if variable else "") or element.get("name"),
            function=read_function(logic, self.faults) if logic is not None else None,
            type_ref=variable.type_ref if variable else "",
            knowledge=self._required(element, "knowledgeRequirement", "requiredKnowledge"),
        )

    def service(self, element: Element) -> DecisionService:
        variable = read_variable(element.first("variable"))
        return DecisionService(
            id=element.get("id"),
            name=(variable.name if variable else "") or element.get("name"),
            outputs=self._references(element, "outputDecision"),
            input_data=self._references(element, "inputData"),
            input_decisions=self._references(element, "inputDecision"),
            type_ref=variable.type_ref if variable else "",
        )

    def _required(self, element: Element, requirement: str, tag: str) -> tuple[str, ...]:
        return tuple(ref for child in element.all(requirement) for ref in self._references(child, tag))

    def _references(self, element: Element, tag: str) -> tuple[str, ...]:
        return tuple(self._local(child.get("href")) for child in element.all(tag))

    def _local(self, href: str) -> str:
        """An id of this file, or `namespace#id` of an imported one."""
        space, _, identifier = href.rpartition("#")
        return identifier if space in ("", self.namespace) else href


def _item_definition(element: Element) -> ItemDefinition:
    allowed = element.first("allowedValues", "typeConstraint")
    text = allowed.text_of("text") if allowed is not None else ""
    return ItemDefinition(
        name=element.get("name"),
        type_ref=element.text_of("typeRef") or element.get("typeRef"),
        components=tuple(_item_definition(child) for child in element.all("itemComponent")),
        allowed=LiteralExpression(text, line=allowed.line) if allowed is not None and text else None,
        is_collection=element.get("isCollection") == "true",
        is_function=element.first("functionItem") is not None,
    )


def _check_references(root: Element, model: DmnModel, faults: Faults) -> None:
    """Each id once, each requirement known, no decision that requires itself."""
    seen: set[str] = set()
    for element in root.all("decision", "inputData", "businessKnowledgeModel", "decisionService"):
        identifier = element.get("id")
        if not identifier or identifier in seen:
            faults.error(
                "id-invalid", "元素缺少 id 或 id 重复", "an element has no id, or one that is used twice", element
            )
        seen.add(identifier)
    for decision in model.decisions.values():
        for reference in (*decision.inputs, *decision.decisions, *decision.knowledge):
            if "#" not in reference and reference not in seen:
                faults.add(
                    "error",
                    "unknown-reference",
                    f"所依赖的元素 {reference} 不存在",
                    f"the required element {reference} does not exist",
                    decision.id,
                    decision.line,
                )
        if _requires_itself(model, decision.id):
            faults.add(
                "error", "requirement-cycle", "决策循环依赖", "the decision requires itself", decision.id, decision.line
            )


def _requires_itself(model: DmnModel, start: str) -> bool:
    waiting, seen = list(model.decisions[start].decisions), set()
    while waiting:
        current = waiting.pop()
        if current == start:
            return True
        if current not in seen and current in model.decisions:
            seen.add(current)
            waiting.extend(model.decisions[current].decisions)
    return False
