"""What an evaluation knows besides its variables: the instant, the zone of people, domain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.feel.limits import DEFAULT_LIMITS, Limits

DOMAIN_FUNCTIONS: frozenset[str] = frozenset({"add working days", "working days between", "digest"})


@dataclass(frozen=True, slots=True)
class Environment:
    """`now` is an aware instant, read by now() and today() in `zone`; `functions` get positional arguments,
    `limits` bound the work."""

    now: datetime
    zone: str = "Asia/Shanghai"
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    limits: Limits = DEFAULT_LIMITS
