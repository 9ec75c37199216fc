"""Retry cycles of Camunda 7 (`camunda:failedJobRetryTimeCycle`): how often a job is tried, and when again.

`R3/PT10M` is three tries, ten minutes apart. `PT5M,PT10M,PT1H` waits five minutes, then ten, then an hour: four tries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from engine.bpmn.timers import Duration, NotATimer, parse_duration
from engine.errors import LimitReached

MAX_TRIES = 100
"""What fails a hundred times waits for somebody; the interface takes no larger number either."""
MAX_WAIT_DAYS = 366
"""A case that stands still for longer without anybody hearing of it is lost."""

_REPEATED = re.compile(r"R(?P<tries>[0-9]{1,9})/(?P<wait>[^/]+)", re.ASCII)
_CONSTANT = re.compile(r"[$#]\{\s*(?P<quote>['\"])(?P<text>[^'\"]*)(?P=quote)\s*\}", re.ASCII)


class NotARetryCycle(ValueError):
    """A text that is none; `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class RetryCycle:
    """How often a job is tried in all, and the waits after each failure; the last wait serves all further ones."""

    tries: int
    waits: tuple[Duration, ...]

    def next_due(self, now: datetime, left: int) -> datetime:
        """Returns when a job that failed now and has `left` tries is tried again."""
        failures = max(self.tries - left, 1)
        return self.waits[min(failures, len(self.waits)) - 1].after(now)


def parse_retry_cycle(text: str) -> RetryCycle:
    """Reads a retry cycle, also as a constant `${'R3/PT10M'}`; raises NotARetryCycle."""
    text = text.strip()
    constant = _CONSTANT.fullmatch(text)
    text = constant["text"].strip() if constant else text
    if "${" in text or "#{" in text or text.startswith("="):
        raise NotARetryCycle("不能是表达式，请直接写出", "cannot be an expression; write it out")
    repeated = _REPEATED.fullmatch(text)
    if repeated is not None:
        return RetryCycle(_tries(int(repeated["tries"])), (_wait(repeated["wait"]),))
    waits = tuple(_wait(part) for part in text.split(","))
    return RetryCycle(_tries(len(waits) + 1), waits)


def _tries(tries: int) -> int:
    if 1 <= tries <= MAX_TRIES:
        return tries
    raise NotARetryCycle(f"次数须为 1 到 {MAX_TRIES}", f"needs from 1 to {MAX_TRIES} tries")


def _wait(text: str) -> Duration:
    try:
        wait = parse_duration(text)
    except (NotATimer, LimitReached) as cause:
        raise NotARetryCycle(
            "应写作 R3/PT10M 或 PT5M,PT10M,PT1H", "must look like R3/PT10M or PT5M,PT10M,PT1H"
        ) from cause
    if 0 <= wait.rest.days + wait.months * 31 <= MAX_WAIT_DAYS and wait.months >= 0 and wait.rest.days >= 0:
        return wait
    raise NotARetryCycle(
        f"每次等待不得为负，也不得超过 {MAX_WAIT_DAYS} 天", f"waits from nothing to {MAX_WAIT_DAYS} days at a time"
    )
