"""Reads a scenario file: YAML by the schema beside this module, documented in docs/scenarios.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from jsonschema import Draft202012Validator

from engine.errors import InvalidRequest

SCHEMA: Mapping[str, Any] = json.loads((Path(__file__).parent / "scenario.schema.json").read_text("utf8"))
ZONE = ZoneInfo("Asia/Shanghai")
VERBS = ("message", "start", "complete", "attempt", "claim", "unclaim", "cancel", "run", "expect")
TIME_ONLY = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


class ScenarioInvalid(InvalidRequest):
    """A scenario file does not follow the format; the message names file, place and reason."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a scenario. `verb` is one of VERBS, or "" for a step that only lets time pass."""

    number: int
    verb: str
    subject: Any
    at: str | None
    by: str | None
    case: str
    values: Mapping[str, Any] = field(default_factory=dict)
    business_key: str | None = None
    refused: str | None = None
    fields: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Returns the step as its owner wrote it, in short."""
        subject = "" if self.verb == "expect" else f" {self.subject}"
        return f"step {self.number}: {self.verb or 'wait'}{subject}{f' by {self.by}' if self.by else ''}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One example of a flow, from the first message to what must be true at its end."""

    file: str
    id: str
    title_zh: str
    title_en: str
    clock: datetime
    people: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML that leaves times as text and reads fractions as exact decimals."""


# Times stay text (YAML would turn them into its own), and 22:30 is not the number 1350, as YAML 1.1 has it.
_NUMBERS = {
    "tag:yaml.org,2002:int": re.compile(r"[-+]?[0-9]+$"),
    "tag:yaml.org,2002:float": re.compile(r"[-+]?[0-9]+\.[0-9]+$"),
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _NUMBERS.get(tag, pattern)) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read_scenario(path: Path) -> Scenario:
    """Returns the scenario of a file; raises ScenarioInvalid."""
    try:
        data = yaml.load(path.read_text("utf8"), Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as cause:
        raise ScenarioInvalid(f"{path}: no valid YAML: {cause}") from cause
    problem = next(iter(sorted(Draft202012Validator(SCHEMA).iter_errors(_plain(data)), key=str)), None)
    if problem is not None:
        place = "/".join(str(part) for part in problem.absolute_path)
        raise ScenarioInvalid(f"{path}: at {place or 'the top'}: {problem.message}")
    clock = instant(str(data["clock"]), None)
    return Scenario(
        file=path.as_posix(),
        id=str(data["scenario"]),
        title_zh=data["zh"],
        title_en=data["en"],
        clock=clock,
        people={str(person): tuple(roles) for person, roles in data.get("people", {}).items()},
        steps=tuple(_step(number, entry) for number, entry in enumerate(data["steps"], start=1)),
    )


def _plain(data: Any) -> Any:
    """JSON Schema knows no decimals; they are numbers to it."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return float(data) if isinstance(data, Decimal) else data


def _step(number: int, entry: Mapping[str, Any]) -> Step:
    verb = next((verb for verb in VERBS if verb in entry), "")
    return Step(
        number=number,
        verb=verb,
        subject=entry.get(verb),
        at=entry.get("at"),
        by=entry.get("by"),
        case=str(entry.get("case", "case")),
        values=entry.get("with", {}),
        business_key=entry.get("business_key"),
        refused=entry.get("refused"),
        fields=tuple(entry.get("fields", ())),
    )


def instant(text: str, now: datetime | None) -> datetime:
    """Returns the instant that a text names: a date and time, with or without offset (then Asia/Shanghai), or a
    time alone, which is the next such time at or after `now`."""
    if TIME_ONLY.fullmatch(text.strip()):
        if now is None:
            raise ScenarioInvalid(f"{text} needs a date")
        local = now.astimezone(ZONE)
        wanted = time.fromisoformat(text.strip().rjust(5, "0") if text.count(":") == 1 else text.strip().rjust(8, "0"))
        candidate = datetime.combine(local.date(), wanted, ZONE)
        return candidate if candidate >= local else candidate + timedelta(days=1)
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError as cause:
        raise ScenarioInvalid(f"{text} is no date and time") from cause
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=ZONE)
