"""Everything the engine refuses or fails at.

    MarqueError
    ├── InvalidRequest            the request makes no sense as it stands
    │   ├── ParseFailed           an uploaded file is refused; carries findings
    │   ├── FormInvalid           a form is refused; carries messages per field in zh and en
    │   ├── MigrationRefused      a running instance would lose something on its way to another diagram
    │   └── NotCorrelated         a message found no receiver, or more than one
    ├── Unauthenticated           nobody is logged in
    ├── Forbidden                 somebody is, but may not
    ├── NotFound                  no such thing
    ├── Conflict                  somebody else was faster, or it is done already
    │   └── StaleRevision         a lost revision race; the command is run again
    └── ExecutionFailed           an instance could not go on; becomes an incident
        └── LimitReached          a bound on work was reached

A BPMN error is process data and never one of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.findings import Finding


class MarqueError(Exception):
    """Base of all. The message names the thing, its id and the remedy, and never a personal value."""


class InvalidRequest(MarqueError):
    """The request makes no sense as it stands."""


class ParseFailed(InvalidRequest):
    """An uploaded file is refused. `findings` is keyed by file name and holds all faults, not only the first."""

    def __init__(self, findings: Mapping[str, Sequence[Finding]]) -> None:
        self.findings = findings
        listed = "; ".join(f"{name}: {finding}" for name, found in findings.items() for finding in found)
        super().__init__(listed)


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why one field is refused, in both languages. `code` is stable (`required`, `pattern`, `rule` …)."""

    field: str
    code: str
    zh: str
    en: str


class FormInvalid(InvalidRequest):
    """A form is refused. `errors` holds one entry per fault; nothing of the submission was kept."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.field}: {error.en}" for error in self.errors))


class MigrationRefused(InvalidRequest):
    """A migration would lose something, or its plan makes no sense. One finding per element; nothing was changed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{found.element_id}: {found.en}" for found in self.findings))


class NotCorrelated(InvalidRequest):
    """A message found no receiver, or several where exactly one is asked for."""


class Unauthenticated(MarqueError):
    """Nobody is logged in, or the credentials are wrong."""


class Forbidden(MarqueError):
    """The actor may not do this. `resource` (kind and id) and `operation` are for the reply and the access log; `zh`
    is the message in Chinese, where it says more than that a right is missing."""

    def __init__(self, message: str, *, user_id: str, resource: str, operation: str, zh: str | None = None) -> None:
        super().__init__(message)
        self.zh = zh
        self.user_id = user_id
        self.resource = resource
        self.operation = operation


class NotFound(MarqueError):
    """There is no such thing."""


class Conflict(MarqueError):
    """Somebody else was faster, or it is done already. `holder` is the user id who has it, if anybody."""

    def __init__(self, message: str, *, holder: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class StaleRevision(Conflict):
    """Another command changed the same instance meanwhile; the transaction is rolled back and run again."""


class ExecutionFailed(MarqueError):
    """An instance could not go on at `element_id`; nothing was kept, an incident says why."""

    def __init__(self, message: str, *, element_id: str | None = None, code: str = "executionFailed") -> None:
        super().__init__(message)
        self.element_id = element_id
        self.code = code


class LimitReached(ExecutionFailed):
    """A bound on work was reached (steps, instances, depth, size, due date)."""
