"""The elements of BPMN with what becomes of each, and the page that tells it to process owners.

`python -m tests.engine.bpmn.elements` writes docs/bpmn.md from elements.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

from engine.bpmn.vocabulary import BPMN, CAMUNDA
from tests.engine.bpmn.units import ROOT

PAGE = ROOT.parents[2] / "docs" / "bpmn.md"
STATES = {"runs": "runs · 执行", "documents": "documents · 仅说明", "refused": "refused · 拒绝"}
_PREFIXES = {"b": BPMN, "c": CAMUNDA}
_HEAD = """\
# What diagrams can say · 流程图元素

Every element of BPMN 2.0.2 that can stand in a process diagram, and what becomes of it here. Nothing is ignored in
silence: an element **runs** as the standard says, it is drawn for readers and **documents**, or the diagram is
**refused** with a sentence that names the element (`marque check FILE` lists all findings at once). The last column
leads to small diagrams with examples of what happens, played on every change of the engine. Collapsed and expanded
shapes mean the same. What Camunda adds is described in the [handbook](handbook.md), messages and data in
[messages and data](messages-and-data.md), bounds in [limits](limits.md).

BPMN 2.0.2 的每个元素在本系统中的处理方式。没有任何元素会被悄悄忽略：
要么按标准**执行**，要么**仅作说明**，要么**拒绝部署**并说明原因与位置。最后一列是可打开的小图和示例。

<!-- Written from tests/engine/bpmn/elements.yaml by `python -m tests.engine.bpmn.elements`. -->
"""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its names, where the standard defines it, what becomes of it, and where its unit lies.

    `find` are XPaths that match it in a diagram; `but` tells what of it is refused or different, '' if nothing.
    """

    en: str
    zh: str
    section: str
    state: str
    unit: str
    find: tuple[str, ...]
    does: str
    but: str = ""

    @property
    def folder(self) -> Path:
        """Where its diagrams and examples lie."""
        return ROOT / self.unit

    def matches(self, path: str, root: etree._Element) -> list[etree._Element]:
        """Returns what one of its XPaths matches in a diagram."""
        found: list[etree._Element] = root.xpath(f"//{path}", namespaces=_PREFIXES)
        return found


@dataclass(frozen=True, slots=True)
class Group:
    """Elements that belong together on the page."""

    en: str
    zh: str
    elements: tuple[Element, ...]


def read_elements(path: Path = ROOT / "elements.yaml") -> list[Group]:
    """Returns all elements, in the order of the page."""
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Group(item["group"]["en"], item["group"]["zh"], tuple(_element(entry) for entry in item["elements"]))
        for item in groups
    ]


def _element(entry: dict[str, Any]) -> Element:
    find = entry.pop("find")
    paths = (find,) if isinstance(find, str) else tuple(find)
    return Element(state=entry.pop("state", "runs"), section=str(entry.pop("section")), find=paths, **entry)


def page(groups: list[Group]) -> str:
    """Returns the page for process owners (Markdown)."""
    return _HEAD + "".join(_section(group) for group in groups)


def _section(group: Group) -> str:
    rows = "\n".join(_row(element) for element in group.elements)
    head = "| element | 元素 | here | what it does | BPMN | unit |\n|---|---|---|---|---|---|"
    return f"\n## {group.en} · {group.zh}\n\n{head}\n{rows}\n"


def _row(element: Element) -> str:
    link = f"[{element.unit}](../tests/engine/bpmn/{element.unit}/)"
    cells = (element.en, element.zh, STATES[element.state], " ".join(_told(element)), element.section, link)
    return f"| {' | '.join(cells)} |"


def _told(element: Element) -> Iterator[str]:
    yield element.does
    if element.but:
        yield element.but


if __name__ == "__main__":
    PAGE.write_text(page(read_elements()), encoding="utf-8")
