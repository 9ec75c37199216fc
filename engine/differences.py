"""What differs between two versions, in words: one shape for tables, diagrams and forms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

How = Literal["added", "removed", "changed"]
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

VERBS: Mapping[How, tuple[str, str]] = {
    "added": ("新增", "added"),
    "removed": ("删除", "removed"),
    "changed": ("修改", "changed"),
}
MAX_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `thing` is what it is about (decision, input, output, row, cell, element, flow, field, rule …), `id` what its owner
    wrote. `before` and `after` are texts, None where there is none; `provenance_…` is P, L, H or '' for cells of a
    table. `zh` and `en` say it as a sentence.
    """

    how: How
    thing: str
    id: str
    zh: str
    en: str
    before: str | None = None
    after: str | None = None
    provenance_before: str = ""
    provenance_after: str = ""


def paired(old: Mapping[K, T], new: Mapping[K, T]) -> Iterator[tuple[K, T | None, T | None]]:
    """Yields (key, old, new) of both, in the order of the new version, what was removed at the end."""
    for key, value in new.items():
        yield key, old.get(key), value
    for key, value in old.items():
        if key not in new:
            yield key, value, None


def whole(how: How, thing: str, identifier: str, *, names: tuple[str, str], what: tuple[str, str]) -> Change:
    """A thing that appeared or went away. `names` are its name, `what` the kind of thing, each zh and en."""
    zh, en = VERBS[how]
    return Change(
        how,
        thing,
        identifier,
        f"{zh}{what[0]}「{names[0] or identifier}」（{identifier}）",
        f'{what[1]} "{names[1] or names[0] or identifier}" ({identifier}) {en}',
    )


def altered(
    thing: str, identifier: str, *, where: tuple[str, str], what: tuple[str, str], texts: tuple[str | None, str | None]
) -> Change:
    """A property that has another text. `where` names the thing, `what` the property, each zh and en."""
    before, after = texts
    return Change(
        "changed",
        thing,
        identifier,
        f"{where[0]}：{what[0]}由 {quoted(before)} 改为 {quoted(after)}",
        f"{where[1]}: {what[1]} changed from {quoted(before)} to {quoted(after)}",
        before,
        after,
    )


def properties(
    thing: str,
    identifier: str,
    *,
    where: tuple[str, str],
    old: Mapping[str, str | None],
    new: Mapping[str, str | None],
    titles: Callable[[str], tuple[str, str]],
) -> Iterator[Change]:
    """Yields one change per property that differs; one that is missing and an empty one are the same."""
    for name, before, after in paired(old, new):
        if (before or "") != (after or ""):
            yield altered(thing, identifier, where=where, what=titles(name), texts=(before or None, after or None))


def quoted(text: str | None) -> str:
    """A text as it stands in a sentence; a long one is cut."""
    if text is None or not text.strip():
        return "∅"
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_QUOTED else flat[: MAX_QUOTED - 1] + "…"


def counted(changes: Iterable[Change]) -> dict[str, int]:
    """Returns how many things were added, removed and changed."""
    totals = dict.fromkeys(VERBS, 0)
    for change in changes:
        totals[change.how] += 1
    return {str(how): number for how, number in totals.items()}
