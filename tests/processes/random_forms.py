"""Fills a form with random values that it accepts: drawn by type, redrawn where the form complains."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import FormInvalid
from engine.feel import Environment
from engine.forms import Form
from engine.forms.fields import Field

TRIES = 400
OPTIONAL = 0.5  # how often a field is filled that need not be
TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4"}
Values = Mapping[str, Any]


class NoValidForm(AssertionError):
    """No submission was found that the form accepts; the message names what it complained about last."""


def fill(form: Form, rng: random.Random, variables: Values, environment: Environment) -> dict[str, Any]:
    """Returns the typed values of a random submission; raises NoValidForm."""
    drawing = _Drawing(rng, variables, environment)
    raw = {field.key: drawing.draw(field) for field in _asked(form.fields)}
    for _ in range(TRIES):
        given = {key: value for key, value in raw.items() if value is not None}
        try:
            return form.validate(given, variables=variables, environment=environment)
        except FormInvalid as invalid:
            for key in _to_redraw(form, invalid, raw):
                raw[key] = drawing.draw(next(field for field in form.fields if field.key == key), needed=True)
            complaints = invalid
    raise NoValidForm(f"{form.id}: {complaints}")


def _asked(fields: tuple[Field, ...]) -> Iterator[Field]:
    return (field for field in fields if field.readonly is not True)


def _to_redraw(form: Form, invalid: FormInvalid, raw: Values) -> set[str]:
    """Returns the fields that are complained about, and all that the rules on them read."""
    wrong = {error.field.partition("[")[0] for error in invalid.errors}
    read = {name for rule in form.rules if rule.field in wrong for name in rule.expression.names}
    return (wrong | read) & raw.keys()


class _Drawing:
    """Draws values for one submission. What the case knows already is drawn, too: many rules compare with it."""

    def __init__(self, rng: random.Random, variables: Values, environment: Environment) -> None:
        self.rng = rng
        self.variables = variables
        self.now = environment.now

    def draw(self, field: Field, *, needed: bool = False) -> Any:
        """Returns a raw value, or None for a field that is left empty."""
        wanted = field.limits.required or self.rng.random() < (0.7 if needed else OPTIONAL)
        if not wanted:
            return None
        if field.key in HARD and self.rng.random() < 0.8:
            return HARD[field.key](self)
        return getattr(self, f"_{field.type}")(field)

    def known(self, kind: type) -> list[Any]:
        """Returns the values of a type among the variables of the case, those inside of contexts too."""
        return [value for value in _leaves(self.variables) if type(value) is kind]

    def at(self, *path: str) -> Any:
        """Returns a value inside of the variables of the case, or None."""
        value: Any = self.variables
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    # ------------------------------------------------------------ by type

    def _textfield(self, field: Field) -> str:
        least, most = _length(field.limits.min_length, 1), _length(field.limits.max_length, 30)
        text = self.rng.choice(TEXTS)
        return str((text * (least // len(text) + 1))[: max(least, min(most, 200))])

    _textarea = _textfield

    def _number(self, field: Field) -> Any:
        least = _bound(field.limits.minimum, 0)
        most = _bound(field.limits.maximum, 100_000)
        known = [number for number in self.known(int) if least <= number <= most]
        if known and self.rng.random() < 0.3:
            return self.rng.choice(known)
        if field.decimal_digits != 0 and self.rng.random() < 0.3:
            return Decimal(self.rng.randint(int(least) * 2, int(min(most, least + 20)) * 2)) / 2
        return self.rng.choice([least, most, self.rng.randint(int(least), int(min(most, least + 5_000)))])

    def _checkbox(self, _field: Field) -> bool:
        return self.rng.random() < 0.7

    def _select(self, field: Field) -> Any:
        return self.rng.choice(_choices(field))

    _radio = _select

    def _checklist(self, field: Field) -> list[Any]:
        choices = _choices(field)
        return self.rng.sample(choices, self.rng.randint(1, min(3, len(choices))))

    _taglist = _checklist

    def _datetime(self, field: Field) -> str:
        earlier = [instant for instant in self.known(datetime) if instant <= self.now]
        moment: datetime = self.rng.choice(
            [self.now, self.now, self.now - timedelta(minutes=self.rng.randint(1, 30)), *earlier[:5]]
        )
        if field.no_past:
            moment = self.now + timedelta(days=1)
        if field.subtype == "date":
            return moment.date().isoformat()
        return f"{moment:%H:%M}" if field.subtype == "time" else moment.isoformat()

    def _dynamiclist(self, field: Field) -> list[dict[str, Any]]:
        rows = range(self.rng.randint(max(1, _length(field.limits.min_length, 1)), 2))
        drawn = [{column.key: self.draw(column) for column in _asked(field.columns)} for _ in rows]
        return [{key: value for key, value in row.items() if value is not None} for row in drawn]

    def _filepicker(self, field: Field) -> list[dict[str, Any]]:
        return [self.file(field) for _ in range(self.rng.choice([1, 4]) if field.multiple else 1)]

    def file(self, field: Field) -> dict[str, Any]:
        """Returns the reference of a file that the field accepts."""
        accepted = [kind for suffix, kind in TYPES.items() if _accepts(field, suffix, kind)]
        number = f"{self.rng.getrandbits(64):016x}"
        return {
            "attachment_id": f"file-{number}",
            "sha256": hashlib.sha256(number.encode()).hexdigest(),
            "size": self.rng.randint(1, 10_000),
            "type": self.rng.choice(accepted),
            "name": f"照片-{number[:4]}.jpg",
        }


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _choices(field: Field) -> list[Any]:
    assert field.choices is not None, f"{field.key} offers nothing"
    assert field.choices.values, f"{field.key} offers what is known at run time only"
    return list(field.choices.values)


def _length(limit: Any, otherwise: int) -> int:
    return limit if isinstance(limit, int) else otherwise


def _bound(limit: Any, otherwise: int) -> Any:
    return limit if isinstance(limit, (int, Decimal)) else otherwise


def _accepts(field: Field, suffix: str, kind: str) -> bool:
    return not field.accept or any(
        accepted in {suffix, kind} or (accepted.endswith("/*") and kind.startswith(accepted[:-1]))
        for accepted in field.accept
    )


TEXTS = ("车门有一道划痕", "客户希望尽快答复", "已当面说明", "Front bumper scratched", "请于下周联系")
PLATES = ("粤B·12345", "浙A·8C123", "沪A·D12345", "未上牌")


def _difference(drawing: _Drawing) -> Any:
    taken, final = drawing.at("deduction_fen"), drawing.at("final_deduction_fen")
    return taken - final if isinstance(taken, int) and isinstance(final, int) and taken > final else None


def _next_version(drawing: _Drawing) -> Any:
    booked = drawing.at("booked_version")
    return drawing.rng.choice([booked, booked + 1]) if isinstance(booked, int) else None


# Fields whose value follows from something that random drawing would hardly meet.
HARD: Mapping[str, Callable[[_Drawing], Any]] = {
    "quote_version": lambda drawing: drawing.at("supplement", "version") or drawing.at("quote", "version"),
    "quote_hash": lambda drawing: drawing.at("supplement", "hash") or drawing.at("quote", "hash"),
    "booking_version": _next_version,
    "rest_refund_fen": _difference,
    "energy_percent": lambda _: 100,
    "phone": lambda drawing: f"13{drawing.rng.randint(0, 10**9 - 1):09d}",
    "emergency_phone": lambda drawing: f"13{drawing.rng.randint(0, 10**9 - 1):09d}",
    "plate": lambda drawing: drawing.rng.choice(PLATES),
    "plate_no": lambda drawing: drawing.rng.choice(PLATES),
}
