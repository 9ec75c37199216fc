"""Personal values: which ones they are, and the port through which they leave for the vault and come back.

Variables, titles, history and jobs hold a PersonalRef only. Classification is per variable and form field,
whatever the entry (form, start, message, worker, comment); text of unknown meaning counts as personal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.values import Binary, PersonalRef, Value, plain

if TYPE_CHECKING:
    from engine.context import CommandContext

# The columns of the access matrix (DT-07); FREE is text that may hold anything.
DATA_CLASSES = frozenset({"BASIC", "ID", "BEHAVIOUR", "NEED", "FEEDBACK", "SERVICE", "FREE"})
NONE = "none"
HIDDEN = "***"
# The header of every case holds keys and codes (requirements 3.0): they name a person at most by reference. What is
# no plain key in them is treated like any other text.
CASE_HEADER = frozenset({"case_no", "business_line", "branch_id", "customer_ref", "channel", "opened_by"})
_KEY = re.compile(r"[A-Za-z0-9_.:@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PersonalItem:
    """One value on its way into the vault. `subject` is the person: a customer, else the case itself."""

    subject: str
    data_class: str
    value: Value


class Vault(Protocol):
    """Keeps personal values encrypted under a key per subject, in the transaction of the command."""

    def put(self, ctx: CommandContext, *, subject: str, data_class: str, value: Value) -> PersonalRef:
        """Stores one value and returns what stands for it."""
        ...

    def put_many(self, ctx: CommandContext, items: Sequence[PersonalItem]) -> list[PersonalRef]:
        """Stores several values with one statement; the references come in the order of the items."""
        ...

    def get_many(self, ctx: CommandContext, refs: Iterable[PersonalRef]) -> dict[str, Value]:
        """Returns ref -> value; None for a value that was erased."""
        ...

    def index(self, ctx: CommandContext, *, subject: str, root_id: str, values: Mapping[str, Value]) -> None:
        """Lets a case be found by some of its values, of which nothing readable is kept."""
        ...

    def close(self) -> None:
        """Gives back its connections and forgets all keys."""
        ...


@dataclass(frozen=True, slots=True)
class Sight:
    """Which data classes somebody sees in the clear and which masked; all others stay hidden."""

    clear: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()


EVERYTHING = Sight(clear=DATA_CLASSES)


def classify(
    name: str,
    value: Value,
    *,
    form_classes: Mapping[str, str],
    definition_classes: Mapping[str, str],
    expression_names: frozenset[str],
) -> str | None:
    """Returns the data class of a variable's value, or None if it is not personal.

    The form's word counts first, then the diagram's; what expressions read cannot be personal; other text
    is FREE.
    """
    declared = form_classes.get(name) or definition_classes.get(name)
    if declared is not None:
        return None if declared == NONE else declared
    if name in expression_names or not _holds_text(value):
        return None
    if name in CASE_HEADER and isinstance(value, str) and _KEY.fullmatch(value):
        return None
    return "FREE"


def _holds_text(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_text(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds_text(item) for item in value)
    return isinstance(value, (str, Binary))  # a file may hold anything


@dataclass(frozen=True, slots=True)
class _Slot:
    """Marks where a reference comes once all values were put together."""

    index: int


class _Collector:
    """Walks variables, leaving a slot for every personal value."""

    def __init__(
        self,
        subject: str,
        form_classes: Mapping[str, str],
        definition_classes: Mapping[str, str],
        expression_names: frozenset[str],
    ) -> None:
        self.subject = subject
        self.form_classes = form_classes
        self.definition_classes = definition_classes
        self.expression_names = expression_names
        self.items: list[PersonalItem] = []
        self.classes: dict[str, str] = {}

    def collect(self, name: str, value: Value) -> Any:
        if value is None or isinstance(value, PersonalRef):
            return value
        data_class = classify(
            name,
            plain(value),
            form_classes=self.form_classes,
            definition_classes=self.definition_classes,
            expression_names=self.expression_names,
        )
        if data_class is not None:
            self.items.append(PersonalItem(self.subject, data_class, value))
            self.classes[name] = data_class
            return _Slot(len(self.items) - 1)
        if isinstance(value, list) and self._has_columns(name):
            return [self._row(name, item) for item in value]
        return value

    def _has_columns(self, name: str) -> bool:
        return any(known.startswith(f"{name}[].") for known in self.form_classes)

    def _row(self, name: str, item: Value) -> Any:
        if isinstance(item, Mapping):
            return {key: self.collect(f"{name}[].{key}", inner) for key, inner in item.items()}
        return self.collect(f"{name}[].", item)


def absorb(
    ctx: CommandContext,
    *,
    subject: str,
    variables: Mapping[str, Value],
    form_classes: Mapping[str, str] | None = None,
    definition_classes: Mapping[str, str] | None = None,
    expression_names: frozenset[str] = frozenset(),
    check: Callable[[Mapping[str, str]], None] | None = None,
) -> dict[str, Value]:
    """Returns the variables with every personal value replaced by its reference, all put by one statement.

    `check` is told the data class of each field that holds a personal value, and refuses by raising.

    `form_classes` is `Form.data_classes`: columns of a list are `lines[].item`, so that rows keep what is not
    personal.
    """
    collector = _Collector(subject, form_classes or {}, definition_classes or {}, expression_names)
    walked = {name: collector.collect(name, value) for name, value in variables.items()}
    if not collector.items:
        return walked
    if check is not None:
        check(collector.classes)
    refs = ctx.engine.vault.put_many(ctx, collector.items)
    return {name: _fill(value, refs) for name, value in walked.items()}


def _fill(value: Any, refs: Sequence[PersonalRef]) -> Value:
    if isinstance(value, _Slot):
        return refs[value.index]
    if isinstance(value, list):
        return [_fill(item, refs) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, refs) for key, item in value.items()}
    return value


def references(value: Value) -> Iterator[PersonalRef]:
    """Yields every reference inside a value, in order."""
    if isinstance(value, PersonalRef):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def reveal(ctx: CommandContext, value: Value, sight: Sight) -> Value:
    """Returns the value with its references replaced by what `sight` lets somebody see.

    Masked values keep a few characters, hidden ones become `***` without being decrypted, erased ones null.
    The caller records the reading (see crm/access.py).
    """
    wanted = [ref for ref in references(value) if ref.data_class in sight.clear | sight.masked]
    found = ctx.engine.vault.get_many(ctx, wanted) if wanted else {}
    return _replace(value, sight, found)


def _replace(value: Value, sight: Sight, found: Mapping[str, Value]) -> Value:
    if isinstance(value, PersonalRef):
        if value.data_class in sight.clear:
            return found.get(value.ref)
        return mask(found.get(value.ref)) if value.data_class in sight.masked else HIDDEN
    if isinstance(value, Mapping):
        return {key: _replace(item, sight, found) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replace(item, sight, found) for item in value]
    return value


def mask(value: Value) -> Value:
    """Returns what a masked reader sees: the end of a number, the start of a name, nothing else."""
    value = plain(value)
    if value is None:
        return None
    if not isinstance(value, str):
        return HIDDEN
    text = value.strip()
    if len(text) >= 8 and sum(character.isdigit() for character in text) >= len(text) / 2:
        return "*" * (len(text) - 4) + text[-4:]
    return text[0] + "**" if 2 <= len(text) <= 4 else HIDDEN
