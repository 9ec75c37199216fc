"""Settings from the environment, read once and validated; nothing below reads the environment again."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from engine.bpmn.limits import FileLimits
from engine.bpmn.limits import Limits as RunLimits
from engine.dmn.xml import TableLimits
from engine.errors import InvalidRequest
from engine.feel.limits import Limits as ExpressionLimits
from engine.forms.reader import FormLimits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on work, so that nothing that anyone uploads or sends can hurt the house.

    One that is reached at run time is an incident of that instance alone; one of an upload refuses the upload. Each is
    a setting: MARQUE_LIMIT_VARIABLES, MARQUE_LIMIT_STEPS, MARQUE_LIMIT_DIAGRAM_ELEMENTS … (`docs/limits.md` lists all).

    * `reruns`: how often a lost revision race is run again before the caller sees a conflict. With sixteen people on
      one instance, three are enough.
    * `variable_bytes`: one stored variable. Larger things are files and belong into attachments.
    * `variables`: variables of one instance, over all scopes. Every operation reads and writes them as a whole.
    * `state_bytes`: the stored state of one instance, for the same reason: at this size an operation takes 0.1 s.
    * `message_bytes`: what one message or signal carries to each receiver.
    * `resource_bytes`: one uploaded file; tables and forms are bounded more tightly by their readers.
    * `body_bytes`: one request; `upload_bytes` and `upload_files`: one deployment, of which the shipped rules and
      processes have a fifth.
    * `running`: what one operation of an instance may do; `expressions`: what one evaluation may.
    * `diagrams`, `tables`, `forms`: what one file of the kind may hold.
    """

    reruns: int = 5
    variable_bytes: int = 256 * 1024
    variables: int = 2_000
    state_bytes: int = 8 * 1024 * 1024
    message_bytes: int = 512 * 1024
    resource_bytes: int = 4 * 1024 * 1024
    body_bytes: int = 4 * 1024 * 1024
    upload_bytes: int = 64 * 1024 * 1024
    upload_files: int = 500
    running: RunLimits = field(default_factory=RunLimits)
    expressions: ExpressionLimits = field(default_factory=ExpressionLimits)
    diagrams: FileLimits = field(default_factory=FileLimits)
    tables: TableLimits = field(default_factory=TableLimits)
    forms: FormLimits = field(default_factory=FormLimits)


# What is counted, and at least 1: the field and its environment variable.
COUNTS: Mapping[str, str] = {
    name: f"MARQUE_{name.upper()}"
    for name in ("requests_per_second", "log_ins_per_minute", "request_seconds", "upload_seconds")
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how the program was started. Each field names its environment variable."""

    database_url: str = "sqlite:///marque.db"  # MARQUE_DATABASE_URL
    keystore_url: str = "sqlite:///marque-keys.db"  # MARQUE_KEYSTORE_URL
    key_file: Path = Path("marque.key")  # MARQUE_KEY_FILE
    attachments: Path = Path("attachments")  # MARQUE_ATTACHMENTS
    host: str = "127.0.0.1"  # MARQUE_HOST
    port: int = 8000  # MARQUE_PORT
    demo: bool = False  # MARQUE_DEMO
    virtual_clock: bool = False  # MARQUE_CLOCK=virtual
    log: str = "info"  # MARQUE_LOG
    traces: bool = False  # MARQUE_TRACES=1: spans for OpenTelemetry, to where the OTEL_* variables say
    rules: Path = Path("rules")  # MARQUE_RULES: calendars and the access matrix
    processes: Path = Path("processes")  # MARQUE_PROCESSES: what `marque deploy` deploys by default
    web: Path = Path("web/dist")  # MARQUE_WEB: the built user interface
    oidc_issuer: str = ""  # MARQUE_OIDC_ISSUER: whose bearer tokens count, besides the house's own
    oidc_audience: str = ""  # MARQUE_OIDC_AUDIENCE: for whom they must have been made
    oidc_jwks: str = ""  # MARQUE_OIDC_JWKS: file or address of the public keys
    oidc_roles_claim: str = "roles"  # MARQUE_OIDC_ROLES_CLAIM: `realm_access.roles` stands inside another
    oidc_branches_claim: str = "branches"  # MARQUE_OIDC_BRANCHES_CLAIM: the branches that somebody belongs to
    requests_per_second: int = 200  # MARQUE_REQUESTS_PER_SECOND: of one user, for long; ten times as many at once
    log_ins_per_minute: int = 120  # MARQUE_LOG_INS_PER_MINUTE: from one address
    request_seconds: int = 60  # MARQUE_REQUEST_SECONDS: until an answer; a backtest over a year takes half of it
    upload_seconds: int = 300  # MARQUE_UPLOAD_SECONDS: until a body has arrived; 64 MB over a slow mobile network
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.demo and not _is_loopback(self.host):
            raise InvalidRequest("MARQUE_DEMO=1 has public passwords; it binds to a loopback address only")
        if self.virtual_clock and not self.demo:
            raise InvalidRequest("MARQUE_CLOCK=virtual needs MARQUE_DEMO=1")
        if not 0 < self.port < 65536:
            raise InvalidRequest(f"MARQUE_PORT {self.port} is no port")
        for name, variable in COUNTS.items():
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{variable} is at least 1")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Returns the settings that the environment asks for; raises InvalidRequest naming the variable that is wrong."""
    get = environment.get
    default = Settings()
    port = _number("MARQUE_PORT", get("MARQUE_PORT", default.port))
    counts = {name: _number(variable, get(variable, getattr(default, name))) for name, variable in COUNTS.items()}
    return Settings(
        database_url=get("MARQUE_DATABASE_URL", default.database_url),
        keystore_url=get("MARQUE_KEYSTORE_URL", default.keystore_url),
        key_file=Path(get("MARQUE_KEY_FILE", default.key_file)),
        attachments=Path(get("MARQUE_ATTACHMENTS", default.attachments)),
        host=get("MARQUE_HOST", default.host),
        port=port,
        demo=_flag("MARQUE_DEMO", get("MARQUE_DEMO", "0")),
        virtual_clock=_clock(get("MARQUE_CLOCK", "system")),
        log=get("MARQUE_LOG", default.log),
        traces=_flag("MARQUE_TRACES", get("MARQUE_TRACES", "0")),
        rules=Path(get("MARQUE_RULES", default.rules)),
        processes=Path(get("MARQUE_PROCESSES", default.processes)),
        web=Path(get("MARQUE_WEB", default.web)),
        requests_per_second=counts["requests_per_second"],
        log_ins_per_minute=counts["log_ins_per_minute"],
        request_seconds=counts["request_seconds"],
        upload_seconds=counts["upload_seconds"],
        oidc_issuer=get("MARQUE_OIDC_ISSUER", default.oidc_issuer),
        oidc_audience=get("MARQUE_OIDC_AUDIENCE", default.oidc_audience),
        oidc_jwks=get("MARQUE_OIDC_JWKS", default.oidc_jwks),
        oidc_roles_claim=get("MARQUE_OIDC_ROLES_CLAIM", default.oidc_roles_claim),
        oidc_branches_claim=get("MARQUE_OIDC_BRANCHES_CLAIM", default.oidc_branches_claim),
        limits=_limits(get),
    )


# How the bounds of a group are told apart: MARQUE_LIMIT_STEPS is of a run, MARQUE_LIMIT_EXPRESSION_STEPS of FEEL.
GROUPS: Mapping[str, tuple[str, type[Any]]] = {
    "running": ("", RunLimits),
    "expressions": ("EXPRESSION_", ExpressionLimits),
    "diagrams": ("DIAGRAM_", FileLimits),
    "tables": ("TABLE_", TableLimits),
    "forms": ("FORM_", FormLimits),
}


def _limits(get: Callable[..., str | int]) -> Limits:
    groups = {name: _group(kind, prefix, get) for name, (prefix, kind) in GROUPS.items()}
    return replace(_group(Limits, "", get), **groups)


def _group(kind: type[T], prefix: str, get: Callable[..., str | int]) -> T:
    """Returns the bounds of one group, each from its variable or its default; raises InvalidRequest below 1."""
    default = kind()
    given: dict[str, int] = {}
    for each in fields(kind):  # type: ignore[arg-type]
        variable = f"MARQUE_LIMIT_{prefix}{each.name.upper()}"
        if each.name not in GROUPS:
            given[each.name] = _number(variable, get(variable, getattr(default, each.name)))
            if given[each.name] < 1:
                raise InvalidRequest(f"{variable} is at least 1")
    return kind(**given)


def _number(name: str, value: str | int) -> int:
    try:
        return int(value)
    except ValueError as cause:
        raise InvalidRequest(f"{name} must be a number") from cause


def _flag(name: str, text: str) -> bool:
    if text not in {"0", "1", ""}:
        raise InvalidRequest(f"{name} must be 0 or 1")
    return text == "1"


def _clock(text: str) -> bool:
    if text not in {"system", "virtual"}:
        raise InvalidRequest("MARQUE_CLOCK must be system or virtual")
    return text == "virtual"
