"""A form in force: takes a submission, returns typed values or says of every field what is wrong with it.

form-js checks single fields in the browser; everything is checked again here, because whoever calls the
interface need not have a browser. What form-js leaves open: a missing optional field is null (a missing tick
false), a hidden field is null whatever was sent, a read-only field keeps the value of the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import FieldError, FormInvalid
from engine.feel import Environment, FeelError
from engine.findings import Finding
from engine.forms.checks import problems
from engine.forms.conversions import Refused, convert, is_empty
from engine.forms.fields import Field, Rule
from engine.forms.messages import Problem, field_error

MAX_ROWS = 200
MAX_UNKNOWN = 20


@dataclass(frozen=True, slots=True)
class Form:
    """One deployed form. `digest` is the SHA-256 of its file; `warnings` do not forbid deployment."""

    id: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    digest: str = ""
    warnings: tuple[Finding, ...] = ()

    @property
    def data_classes(self) -> Mapping[str, str]:
        """The data class of every field (DT-07); columns of a list as `lines[].item`, names of files too."""
        return dict(_data_classes(self.fields, ""))

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all fields outside of lists."""
        return frozenset(field.key for field in self.fields)

    def typed(self, key: str, value: Any) -> Any:
        """Returns a value that came by another way (a message, a start) with the type of this form's field.

        Raises FormInvalid if it cannot be one; limits and rules are not asked.
        """
        field = next(field for field in self.fields if field.key == key)
        if is_empty(value):
            return None
        try:
            if field.type == "dynamiclist":
                raise Refused("list")
            return convert(field, value)
        except Refused as refusal:
            labels = (field.label_zh, field.label_en)
            raise FormInvalid([field_error(key, labels, refusal.problem)]) from None

    def validate(
        self,
        submission: Mapping[str, Any],
        *,
        variables: Mapping[str, Any],
        environment: Environment,
        kept: frozenset[str] = frozenset(),
    ) -> dict[str, Any]:
        """Returns the typed value of every field that the form asks for; raises FormInvalid with all faults.

        `variables` are the visible process variables, which conditions, limits and rules may read. `kept` are fields
        whose stored personal value stays because it was not sent back (it was shown masked): they are present, even
        where they are mandatory, and do not stand in the result.
        """
        check = _Check(variables, environment, kept=kept)
        typed = check.converted(self.fields, submission)
        values = check.checked(self.fields, typed, variables)
        check.rules(self.rules, values)
        return check.verdict(values)

    def attempt(
        self, submission: Mapping[str, Any], *, variables: Mapping[str, Any], environment: Environment
    ) -> dict[str, Any]:
        """Returns the typed values of the given fields alone, for a try that does not complete the task.

        Types, formats and upper bounds are checked; nothing is mandatory and rules wait for the completion.
        """
        check = _Check(variables, environment, complete=False)
        typed = check.converted(self.fields, submission)
        return check.verdict(check.checked(self.fields, typed, variables))


def check_default(field: Field) -> bool:
    """Tells whether the field would take its own default value."""
    try:
        value = convert(field, field.default)
    except Refused:
        return False
    if field.choices is None or not field.choices.values:
        return True
    return all(one in field.choices.values for one in (value if isinstance(value, list) else [value]))


def _data_classes(fields: tuple[Field, ...], prefix: str) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield prefix + field.key, field.data_class
        if field.type == "dynamiclist":
            yield from _data_classes(field.columns, f"{prefix}{field.key}[].")
        if field.type == "filepicker":
            for part in ("attachment_id", "sha256", "size", "type", "taken_at"):
                yield f"{prefix}{field.key}[].{part}", "none"
            yield f"{prefix}{field.key}[].name", "FREE"


class _Check:
    """One pass over one submission. Its first faults wait until it is known which fields are hidden."""

    def __init__(
        self,
        variables: Mapping[str, Any],
        environment: Environment,
        *,
        complete: bool = True,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        self.variables = variables
        self.kept = kept
        self.environment = environment
        self.complete = complete
        self.refused: dict[str, Problem] = {}
        self.unknown: list[FieldError] = []
        self.errors: list[FieldError] = []
        self.hidden: set[str] = set()

    def verdict(self, values: dict[str, Any]) -> dict[str, Any]:
        """Returns the values, or raises FormInvalid with the faults in the order of the form."""
        if self.errors or self.unknown:
            raise FormInvalid([*self.errors, *self.unknown[:MAX_UNKNOWN]])
        return values

    # ------------------------------------------------------------ step 1: types

    def converted(self, fields: tuple[Field, ...], raw: Any, path: str = "") -> dict[str, Any]:
        """Returns what was sent as typed values; faults are noted by path."""
        if not isinstance(raw, Mapping):
            raise FormInvalid([field_error("", ("", ""), Problem("unknown"))])
        self._note_unknown({field.key for field in fields}, raw, path)
        typed: dict[str, Any] = {}
        for field in fields:
            if not path and field.key in self.kept:
                continue
            if self._is_readonly(field):
                if field.default is not None and field.key not in self.variables:
                    typed[field.key] = convert(field, field.default)
            elif field.key in raw or self.complete:
                value = raw.get(field.key, field.default)
                typed[field.key] = self._typed(field, value, path + field.key)
        return typed

    def _note_unknown(self, known: set[str], raw: Mapping[Any, Any], path: str) -> None:
        for key in raw:
            if key not in known:
                # A key is the submitter's text, too: only a plain name is repeated.
                plain = isinstance(key, str) and key.isascii() and key.isidentifier() and len(key) <= 64
                name = key if plain else "?"
                self.unknown.append(field_error(path + name, (name, name), Problem("unknown")))

    def _is_readonly(self, field: Field) -> bool:
        if isinstance(field.readonly, bool):
            return field.readonly
        return self._feel(field.readonly, self.variables) is True

    def _typed(self, field: Field, value: Any, path: str) -> Any:
        if is_empty(value):
            # form-js sends false for a tick that nobody touched; a client that leaves it out means the same.
            return False if field.type == "checkbox" and value is None else None
        try:
            if field.type == "dynamiclist":
                return self._rows(field, value, path)
            return convert(field, value)
        except Refused as refusal:
            self.refused[path] = refusal.problem
            return None

    def _rows(self, field: Field, value: Any, path: str) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise Refused("list")
        if len(value) > MAX_ROWS:
            raise Refused("max-items", limit=MAX_ROWS)
        if not all(isinstance(row, Mapping) for row in value):
            raise Refused("row")
        return [self.converted(field.columns, row, f"{path}[{n}].") for n, row in enumerate(value)]

    # ------------------------------------------------------------ step 2: conditions and limits

    def checked(
        self,
        fields: tuple[Field, ...],
        typed: dict[str, Any],
        outer: Mapping[str, Any],
        path: str = "",
        labels: tuple[str, str] = ("", ""),
    ) -> dict[str, Any]:
        """Returns the values that count: hidden ones are null, and each visible one is within its limits."""
        hidden = self._hidden(fields, typed, outer) if self.complete else set()
        if not path:
            self.hidden = hidden
        values = {key: None if key in hidden else value for key, value in typed.items()}
        scope = {**outer, **values}
        for field in fields:
            if field.key in values and field.key not in hidden:
                self._check_field(field, values, scope, path, labels)
        return values

    def _hidden(self, fields: tuple[Field, ...], typed: dict[str, Any], outer: Mapping[str, Any]) -> set[str]:
        """Returns the keys of hidden fields. What is hidden is null to other conditions, so it may go on."""
        hidden: set[str] = set()
        while True:
            scope = {**outer, **{key: None if key in hidden else value for key, value in typed.items()}}
            found = {
                field.key
                for field in fields
                if field.key not in hidden and any(self._feel(hide, scope) is True for hide in field.hides)
            }
            if not found:
                return hidden
            hidden |= found

    def _check_field(
        self,
        field: Field,
        values: dict[str, Any],
        scope: Mapping[str, Any],
        path: str,
        labels: tuple[str, str],
    ) -> None:
        here = path + field.key
        names = (labels[0] + field.label_zh, field.label_en + labels[1])
        if here in self.refused:
            self.errors.append(field_error(here, names, self.refused[here]))
            return
        found = problems(
            field,
            values[field.key],
            evaluate=lambda expression: self._feel(expression, scope),
            today=self.environment.now.astimezone(ZoneInfo(self.environment.zone)).date(),
            complete=self.complete,
        )
        self.errors.extend(field_error(here, names, problem) for problem in found)
        if field.type == "dynamiclist" and values[field.key]:
            values[field.key] = [
                self._checked_row(field, row, scope, f"{here}[{n}].", names, n)
                for n, row in enumerate(values[field.key])
            ]

    def _checked_row(
        self,
        field: Field,
        row: dict[str, Any],
        scope: Mapping[str, Any],
        path: str,
        labels: tuple[str, str],
        number: int,
    ) -> dict[str, Any]:
        """Checks one row; as in form-js, `this` is the row, `parent` what surrounds it, `i` counts from 1."""
        outer = {**scope, "this": row, "parent": dict(scope), "i": number + 1}
        names = (f"{labels[0]}第{number + 1}行的", f" in row {number + 1} of {labels[1]}")
        return self.checked(field.columns, row, outer, path, names)

    # ------------------------------------------------------------ step 3: rules

    def rules(self, rules: tuple[Rule, ...], values: Mapping[str, Any]) -> None:
        """Adds an error for each rule that is not true.

        A rule that reads a refused field would only repeat its fault, and one on a hidden field could not be
        mended by whoever fills the form.
        """
        wrong = {error.field.partition("[")[0] for error in self.errors}
        scope = {"now": self.environment.now, **self.variables, **values}
        for rule in rules:
            if rule.field in self.hidden or rule.expression.names & wrong:
                continue
            try:
                holds = rule.expression.evaluate(scope, self.environment)
            except FeelError:
                if rule.expression.names & self.kept:
                    continue  # it was checked when the value was known
                self.errors.append(field_error(rule.field, ("", ""), Problem("rule-failed")))
                continue
            if holds is not True:
                self.errors.append(FieldError(rule.field, "rule", rule.zh, rule.en))

    def _feel(self, expression: Any, scope: Mapping[str, Any]) -> Any:
        """Evaluates a condition or limit; one that cannot be evaluated (a personal variable) is null."""
        try:
            return expression.evaluate({"now": self.environment.now, **scope}, self.environment)
        except FeelError:
            return None
