"""Says in Chinese and English what would have given another result, or why nothing of the kind was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.dmn.counterfactuals import Answer, Counterfactual, Move
from engine.dmn.model import DecisionTable, DmnModel
from engine.dmn.result import DecisionResult
from engine.feel.values import YearsMonthsDuration

Words = tuple[str, str]
FEN = 100
NAMED = 3  # results that one sentence names
WHY_NOT: dict[str, Words] = {
    "no_inputs": ("该决策不读取任何输入", "the decision reads no input"),
    "fixed": ("其输入均不可更改", "none of its inputs can be changed"),
    "bounded": ("在允许的计算量内未找到", "none was found within the bound on work"),
    "none": ("改动一项或几项输入均得不到其他结果", "changing one or a few of the inputs gives no other result"),
}


def sentences(model: DmnModel, answer: Answer, found: Counterfactual) -> Words:
    """Returns one sentence per language: what would have to differ, and what would come of it."""
    assert answer.result is not None
    moves = [_move(move) for move in found.moves]
    outputs = list(_outputs(model, answer.result, found.output))
    ifs_zh, ifs_en = "，且".join(zh for zh, _ in moves), " and ".join(en for _, en in moves)
    return (f"若{ifs_zh}，则{'，'.join(zh for zh, _ in outputs)}", f"if {ifs_en}, {', '.join(en for _, en in outputs)}")


def why_not(answer: Answer) -> Words | None:
    """Returns why nothing was found; None if something was."""
    if not answer.reason:
        return None
    zh, en = WHY_NOT[answer.reason]
    tried, fixed = "、".join(answer.tried), "、".join((*answer.fixed, *answer.personal))
    told_zh = "".join(f"；{title}：{names}" for title, names in (("已尝试", tried), ("不可更改", fixed)) if names)
    tried, fixed = ", ".join(answer.tried), ", ".join((*answer.fixed, *answer.personal))
    told_en = "".join(f"; {title}: {names}" for title, names in (("tried", tried), ("not changeable", fixed)) if names)
    return zh + told_zh, en + told_en


def _move(move: Move) -> Words:
    label_zh, label_en = move.labels
    if move.is_count:
        label_zh, label_en = f"{label_zh}的项数", f"the number of items in {label_en}"
    money = _is_money(move.name)
    apart_zh, apart_en = _apart(move.difference, money)
    now_zh, now_en = _value(move.before, money)
    after_zh, after_en = _value(move.after, money)
    return (f"{label_zh}为{after_zh}（现为{now_zh}{apart_zh}）", f"{label_en} were {after_en} (now {now_en}{apart_en})")


def _apart(found: Any, money: bool) -> Words:
    """How much more or less, later or earlier; nothing where that means nothing."""
    if isinstance(found, timedelta):
        zh, en = _duration(abs(found))
        return (f"，晚{zh}", f", {en} later") if found > timedelta() else (f"，早{zh}", f", {en} earlier")
    if isinstance(found, YearsMonthsDuration):
        count = abs(found.months)
        return (
            (f"，多{count}个月", f", {count} months more")
            if found.months > 0
            else (
                f"，少{count}个月",
                f", {count} months less",
            )
        )
    if isinstance(found, (int, Decimal)):
        zh, en = _value(abs(found), money)
        return (f"，多{zh}", f", {en} more") if found > 0 else (f"，少{zh}", f", {en} less")
    return "", ""


def _duration(span: timedelta) -> Words:
    parts = []
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    for count, zh, en in ((span.days, "天", "d"), (hours, "小时", "h"), (minutes, "分", "min"), (seconds, "秒", "s")):
        if count:
            parts.append((f"{count}{zh}", f"{count} {en}"))
    return "".join(zh for zh, _ in parts) or "0秒", " ".join(en for _, en in parts) or "0 s"


def _is_money(name: str) -> bool:
    return name.endswith("_fen")


def _value(value: Any, money: bool = False) -> Words:
    if value is None:
        return "空", "missing"
    if isinstance(value, bool):
        return ("是", "true") if value else ("否", "false")
    if isinstance(value, str):
        return f"“{value}”", f'"{value}"'
    if isinstance(value, (int, Decimal)):
        shown = f"{Decimal(value) / FEN:,.2f}" if money else f"{value:f}" if isinstance(value, Decimal) else str(value)
        return (f"{shown}元", f"¥{shown}") if money else (shown, shown)
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, YearsMonthsDuration):
        return f"{value.months}个月", f"{value.months} months"
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return text, text


# ------------------------------------------------------------ results


def _outputs(model: DmnModel, before: DecisionResult, after: Any) -> Iterator[Words]:
    """Yields what becomes of the outputs that differ, in the order of the columns; lists and contexts only named."""
    labels = _labels(model, before.decision_key)
    was, would = _entries(before.output, before.decision_key), _entries(after, before.decision_key)
    differing = [name for name in would if name not in was or was[name] != would[name]]
    plain = [name for name in differing if _is_plain(would[name])]
    for name in (plain or differing)[:NAMED]:
        zh, en = labels.get(name, (name, name))
        after_zh, after_en = _value_or_list(would[name], _is_money(name))
        now_zh, now_en = _value_or_list(was.get(name), _is_money(name))
        yield f"{zh}为{after_zh}（现为{now_zh}）", f"{en} would be {after_en} (now {now_en})"


def _entries(output: Any, name: str) -> dict[str, Any]:
    return output if isinstance(output, dict) else {name: output}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, str, Decimal, date, timedelta, YearsMonthsDuration))


def _value_or_list(value: Any, money: bool) -> Words:
    if isinstance(value, list) and all(map(_is_plain, value)):
        shown: Iterable[Words] = [_value(item, money) for item in value]
        return f"[{'、'.join(zh for zh, _ in shown)}]", f"[{', '.join(en for _, en in shown)}]"
    return _value(value, money) if _is_plain(value) else ("另一结果", "another one")


def _labels(model: DmnModel, decision_id: str) -> dict[str, Words]:
    decision = model.decisions[decision_id]
    table = decision.expression
    outputs = table.outputs if isinstance(table, DecisionTable) else ()
    named = {each.name: (each.label or each.name, each.label_en or each.name) for each in outputs}
    whole = (decision.name, decision.name_en or decision.name)
    only = next(iter(named.values())) if len(named) == 1 else whole
    return {decision_id: only, **named}
