"""The nouns of a form: fields with their limits, choices and conditions, and rules across fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.feel import Expression
from engine.forms.patterns import Pattern

# A limit is a number or FEEL over the form's data and the process variables, as in form-js.
Limit = int | Decimal | Expression

INPUT_TYPES = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "checkbox",
        "select",
        "radio",
        "checklist",
        "taglist",
        "datetime",
        "dynamiclist",
        "filepicker",
    }
)
LAYOUT_TYPES = frozenset({"text", "separator", "spacer", "group", "button", "table"})
TEXT_TYPES = frozenset({"textfield", "textarea"})
CHOICE_TYPES = frozenset({"select", "radio", "checklist", "taglist"})
LIST_TYPES = frozenset({"checklist", "taglist", "dynamiclist", "filepicker"})


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen: the listed values, or those that an expression (a variable, too) gives at run time.

    Run-time choices are a list of values or of {value, label} contexts, as form-js reads them.
    """

    values: tuple[str | int | bool, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one field. Lengths count characters of a text, rows of a list or files."""

    required: bool = False
    min_length: Limit | None = None
    max_length: Limit | None = None
    minimum: Limit | None = None
    maximum: Limit | None = None
    pattern: Pattern | None = None
    pattern_zh: str | None = None
    pattern_en: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form, or one column of a dynamic list.

    `subtype` of a `datetime` is date, time or datetime. `decimal_digits` None lets any number of digits pass.
    `hides` are the `conditional.hide` of the field and of the groups around it; one that is true hides it.
    `readonly` fields show a process variable and take nothing from whoever submits.
    """

    key: str
    type: str
    label_zh: str
    label_en: str
    data_class: str
    limits: Limits = Limits()
    subtype: str | None = None
    decimal_digits: int | None = None
    choices: Choices | None = None
    accept: tuple[str, ...] = ()
    multiple: bool = False
    default: Any = None
    no_past: bool = False
    hides: tuple[Expression, ...] = ()
    readonly: bool | Expression = False
    columns: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence across fields that must be true; `field` is where its message is shown."""

    expression: Expression
    field: str
    zh: str
    en: str


def by_key(fields: tuple[Field, ...]) -> Mapping[str, Field]:
    """Returns the fields by their key."""
    return {field.key: field for field in fields}
