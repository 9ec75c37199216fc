"""What differs between two versions of a DMN file: decisions, columns, rows and cells, with their provenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from engine.differences import Change, altered, paired, properties, quoted, whole
from engine.dmn.model import Cell, Decision, DecisionTable, DmnModel, InputClause, LiteralExpression, OutputClause, Rule

Titles = dict[str, tuple[str, str]]
DECISION: Titles = {
    "name": ("名称", "name"),
    "name_en": ("英文名称", "English name"),
    "clause": ("条款", "clause"),
    "requires": ("所依赖的决策与输入", "required decisions and inputs"),
    "hit_policy": ("命中策略", "hit policy"),
    "aggregation": ("聚合", "aggregation"),
    "expression": ("表达式", "expression"),
}
COLUMN: Titles = {
    "expression": ("表达式", "expression"),
    "label": ("标题", "label"),
    "type": ("类型", "type"),
    "allowed": ("允许的取值", "allowed values"),
    "default": ("默认值", "default"),
}
ROW: Titles = {
    "clause": ("条款", "clause"),
    "effective_from": ("生效日", "effective from"),
    "effective_to": ("失效日", "effective to"),
    "note_zh": ("中文说明", "note (zh)"),
    "note_en": ("英文说明", "note (en)"),
    "place": ("次序", "place"),
}
ORDERED = ("FIRST", "RULE ORDER")


def compare(old: DmnModel, new: DmnModel) -> list[Change]:
    """Returns what differs, decision by decision, in the order of the new file."""
    found: list[Change] = []
    for identifier, before, after in paired(old.decisions, new.decisions):
        if before is None or after is None:
            decision = after or before
            assert decision is not None
            names = (decision.name, decision.name_en)
            found.append(whole(_how(before), "decision", identifier, names=names, what=("决策", "decision")))
        else:
            found += _decision(before, after)
    for kind, zh, en, first, second in (
        ("function", "函数", "function", old.knowledge, new.knowledge),
        ("service", "决策服务", "decision service", old.services, new.services),
        ("type", "类型", "type", old.types, new.types),
    ):
        found += _others(kind, (zh, en), dict(first), dict(second))
    return found


def _decision(old: Decision, new: Decision) -> Iterator[Change]:
    where = (f"决策「{new.name}」", f'decision "{new.name_en or new.name}"')
    before, after = _decision_texts(old), _decision_texts(new)
    yield from properties("decision", new.id, where=where, old=before, new=after, titles=DECISION.__getitem__)
    if isinstance(old.expression, DecisionTable) and isinstance(new.expression, DecisionTable):
        yield from _Table(new, old.expression, new.expression).changes()
    elif _text(old.expression) != _text(new.expression):
        texts = (_text(old.expression), _text(new.expression))
        yield altered("expression", new.id, where=where, what=DECISION["expression"], texts=texts)


def _decision_texts(decision: Decision) -> dict[str, str | None]:
    table = decision.expression if isinstance(decision.expression, DecisionTable) else None
    return {
        "name": decision.name,
        "name_en": decision.name_en,
        "clause": decision.clause,
        "requires": ", ".join(sorted((*decision.inputs, *decision.decisions, *decision.knowledge))),
        "hit_policy": table.hit_policy if table else None,
        "aggregation": table.aggregation if table else None,
    }


class _Table:
    """Compares two tables of one decision: columns by what they are about, rows by their id."""

    def __init__(self, decision: Decision, old: DecisionTable, new: DecisionTable) -> None:
        self.decision = decision
        self.old = old
        self.new = new
        self.old_columns = _columns(old)
        self.new_columns = _columns(new)

    def changes(self) -> Iterator[Change]:
        yield from self._columns()
        old_rows, new_rows = self._rows()
        for row_id, before, after in paired(old_rows, new_rows):
            if before is None or after is None:
                yield self._whole_row(row_id, before, after)
            else:
                yield from self._row(before, after)

    def _columns(self) -> Iterator[Change]:
        for title, before, after in paired(self.old_columns, self.new_columns):
            clause = after or before
            assert clause is not None
            thing, zh, en = ("input", "输入列", "input") if title[0] == "in" else ("output", "输出列", "output")
            label = clause.label or title[1]
            if before is None or after is None:
                yield whole(_how(before), thing, title[1], names=(label, title[1]), what=(zh, en))
                continue
            where = (f"{zh}「{label}」", f'{en} "{title[1]}"')
            texts = (_column_texts(before), _column_texts(after))
            yield from properties(thing, title[1], where=where, old=texts[0], new=texts[1], titles=COLUMN.__getitem__)

    def _rows(self) -> tuple[dict[str, Rule], dict[str, Rule]]:
        """Rows by id. A row that only got another id (an editor made it anew) is the row with the same cells."""
        old = {rule.row_id: rule for rule in self.old.rules}
        new = {rule.row_id: rule for rule in self.new.rules}
        known = {self._cells(rule): rule.row_id for rule in self.old.rules if rule.row_id not in new}
        renamed = {
            rule.row_id: known[self._cells(rule)]
            for rule in self.new.rules
            if rule.row_id not in old and self._cells(rule) in known
        }
        return old, {renamed.get(row_id, row_id): rule for row_id, rule in new.items()}

    def _cells(self, rule: Rule) -> tuple[str, ...]:
        return tuple("".join(cell.text.split()) for cell in (*rule.inputs, *rule.outputs))

    def _whole_row(self, row_id: str, before: Rule | None, after: Rule | None) -> Change:
        rule, columns = (after, self.new_columns) if after is not None else (before, self.old_columns)
        assert rule is not None
        told = _told(rule, columns)
        zh, en = ("新增", "added") if before is None else ("删除", "removed")
        provenance = _provenances(rule)
        return Change(
            _how(before),
            "row",
            f"{self.decision.id}/{row_id}",
            f"{zh}第 {rule.index} 行（{row_id}）：{told}",
            f"row {rule.index} ({row_id}) {en}: {told}",
            None if before is None else told,
            None if after is None else told,
            "" if before is None else provenance,
            "" if after is None else provenance,
        )

    def _row(self, before: Rule, after: Rule) -> Iterator[Change]:
        where = (f"第 {after.index} 行（{after.row_id}）", f"row {after.index} ({after.row_id})")
        identifier = f"{self.decision.id}/{after.row_id}"
        texts = (self._row_texts(before, self.old), self._row_texts(after, self.new))
        yield from properties("row", identifier, where=where, old=texts[0], new=texts[1], titles=ROW.__getitem__)
        old_cells, new_cells = _by_column(before, self.old_columns), _by_column(after, self.new_columns)
        for title in new_cells:
            if title in old_cells:
                yield from self._cell(where, identifier, title, (old_cells[title], new_cells[title]))

    def _row_texts(self, rule: Rule, table: DecisionTable) -> dict[str, str | None]:
        texts: dict[str, str | None] = {
            "clause": rule.clause,
            "effective_from": rule.effective_from.isoformat() if rule.effective_from else None,
            "effective_to": rule.effective_to.isoformat() if rule.effective_to else None,
            "note_zh": rule.note_zh,
            "note_en": rule.note_en,
        }
        if self.old.hit_policy in ORDERED and self.new.hit_policy in ORDERED:  # elsewhere a place means nothing
            texts["place"] = self._place(rule, table)
        return texts

    def _place(self, rule: Rule, table: DecisionTable) -> str:
        """The row before it that both versions have: a row that was added in between moves nothing."""
        other = self.new if table is self.old else self.old
        common = {each.row_id for each in other.rules}
        before = [each.row_id for each in table.rules if each.index < rule.index and each.row_id in common]
        return before[-1] if before else ""

    def _cell(
        self, where: tuple[str, str], identifier: str, title: tuple[str, str], cells: tuple[Cell, Cell]
    ) -> Iterator[Change]:
        before, after = cells
        clause = self.new_columns[title]
        label = clause.label or title[1]
        marks = (before.provenance, after.provenance)
        if "".join(before.text.split()) != "".join(after.text.split()):
            texts = (before.text.strip(), after.text.strip())
            zh = f"{where[0]}「{label}」由 {quoted(texts[0])} 改为 {quoted(texts[1])}{_marked(marks, '（来源 ', '）')}"
            en = f'{where[1]} "{title[1]}": {quoted(texts[0])} became {quoted(texts[1])}{_marked(marks, " (", ")")}'
        elif marks[0] != marks[1]:
            texts = (before.text.strip(), after.text.strip())
            zh = f"{where[0]}「{label}」来源由 {marks[0] or '∅'} 改为 {marks[1] or '∅'}"
            en = f'{where[1]} "{title[1]}": provenance changed from {marks[0] or "∅"} to {marks[1] or "∅"}'
        else:
            return
        yield Change("changed", "cell", f"{identifier}/{title[1]}", zh, en, *texts, *marks)


Column = InputClause | OutputClause


def _columns(table: DecisionTable) -> dict[tuple[str, str], Column]:
    """Columns by kind and by expression or name; equal expressions are told apart by their number."""
    found: dict[tuple[str, str], Column] = {}
    columns: list[tuple[str, str, Column]] = [("in", clause.title, clause) for clause in table.inputs]
    columns += [("out", clause.name, clause) for clause in table.outputs]
    for number, (kind, title, clause) in enumerate(columns, start=1):
        key = (kind, title)
        found[key if key not in found else (kind, f"{title} #{number}")] = clause
    return found


def _by_column(rule: Rule, columns: dict[tuple[str, str], Column]) -> dict[tuple[str, str], Cell]:
    return dict(zip(columns, (*rule.inputs, *rule.outputs), strict=True))


def _column_texts(clause: Column) -> dict[str, str | None]:
    texts = {
        "label": clause.label,
        "type": clause.type_ref,
        "allowed": clause.allowed.text if clause.allowed else None,
    }
    default = clause.default if isinstance(clause, OutputClause) else None
    return texts | {"default": default.text if default else None}


def _told(rule: Rule, columns: dict[tuple[str, str], Column]) -> str:
    cells = _by_column(rule, columns)
    ifs = [f"{title} {cell.text.strip()}" for (kind, title), cell in cells.items() if kind == "in" and _says(cell)]
    thens = [f"{title} = {cell.text.strip()}" for (kind, title), cell in cells.items() if kind == "out" and _says(cell)]
    return f"{'; '.join(ifs) or '-'} → {'; '.join(thens) or '-'}"


def _says(cell: Cell) -> bool:
    return cell.text.strip() not in ("", "-")


def _provenances(rule: Rule) -> str:
    return "".join(sorted({cell.provenance for cell in (*rule.inputs, *rule.outputs) if cell.provenance}))


def _marked(marks: tuple[str, str], left: str, right: str) -> str:
    if not any(marks):
        return ""
    return f"{left}{marks[0]}{right}" if marks[0] == marks[1] else f"{left}{marks[0] or '∅'} → {marks[1] or '∅'}{right}"


def _others(thing: str, what: tuple[str, str], old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for key, before, after in paired(old, new):
        if before is None or after is None:
            yield whole(_how(before), thing, key, names=(key, key), what=what)
        elif _text(before) != _text(after):
            where = (f"{what[0]}「{key}」", f'{what[1]} "{key}"')
            yield altered(thing, key, where=where, what=("内容", "content"), texts=(_text(before), _text(after)))


def _how(before: object) -> Any:
    return "added" if before is None else "removed"


PLACES = frozenset({"line", "element_id", "id", "index"})


def _text(expression: Any) -> str:
    """A boxed expression as one line, without the places and ids that an editor changes by itself."""
    if isinstance(expression, LiteralExpression):
        return " ".join(expression.text.split())
    if is_dataclass(expression):
        parts = [
            f"{each.name}: {_text(getattr(expression, each.name))}"
            for each in fields(expression)
            if each.name not in PLACES and getattr(expression, each.name) not in (None, "", ())
        ]
        return f"{{{', '.join(parts)}}}"
    if isinstance(expression, (list, tuple)):
        return f"[{', '.join(_text(item) for item in expression)}]"
    return "" if expression is None else str(expression)
