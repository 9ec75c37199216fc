"""Cron expressions: the next firings, by examples whose dates were looked up in a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn.cron import NotCron, parse_cron
from tests.engine.bpmn.diagrams import END, START, boundary, catch, diagram, task, timer, user
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
ZONE = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 10, 1, 9, 0, 0, tzinfo=ZONE)

NEXT = {
    "every morning at nine": ("0 0 9 * * ?", ["2026-10-02T09:00:00", "2026-10-03T09:00:00"]),
    "every ten minutes": ("0 */10 * * * ?", ["2026-10-01T09:10:00", "2026-10-01T09:20:00"]),
    "every 20 seconds": ("0/20 * * * * ?", ["2026-10-01T09:00:20", "2026-10-01T09:00:40", "2026-10-01T09:01:00"]),
    "working days": ("0 30 8 ? * MON-FRI", ["2026-10-02T08:30:00", "2026-10-05T08:30:00"]),
    "weekdays by number": ("0 0 8 ? * 2,4", ["2026-10-05T08:00:00", "2026-10-07T08:00:00"]),
    "over the weekend": ("0 0 8 ? * FRI-MON", ["2026-10-02T08:00:00", "2026-10-03T08:00:00", "2026-10-04T08:00:00"]),
    "last day of the month": ("0 0 18 L * ?", ["2026-10-31T18:00:00", "2026-11-30T18:00:00"]),
    "first of a quarter": ("0 0 0 1 1/3 ?", ["2027-01-01T00:00:00", "2027-04-01T00:00:00"]),
    "second Tuesday": ("0 0 10 ? * TUE#2", ["2026-10-13T10:00:00", "2026-11-10T10:00:00"]),
    "last Friday": ("0 0 10 ? * 6L", ["2026-10-30T10:00:00", "2026-11-27T10:00:00"]),
    "working day nearest to the 15th": ("0 0 10 15W * ?", ["2026-10-15T10:00:00", "2026-11-16T10:00:00"]),
    "last working day": ("0 0 10 LW * ?", ["2026-10-30T10:00:00", "2026-11-30T10:00:00"]),
    "leap days": ("0 0 0 29 2 ?", ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
    "one year": ("0 0 0 1 JAN ? 2028", ["2028-01-01T00:00:00"]),
    "star in both": ("0 15 10 * * *", ["2026-10-01T10:15:00"]),
}


@pytest.mark.parametrize(("text", "expected"), NEXT.values(), ids=NEXT.keys())
def test_the_next_firings(text: str, expected: list[str]) -> None:
    cron, moment, found = parse_cron(text), THURSDAY, []
    for _ in expected:
        following = cron.after(moment, days=40_000)
        assert following is not None
        moment = following
        found.append(moment.replace(tzinfo=None).isoformat())
    assert found == expected


def test_a_date_that_never_comes_is_none() -> None:
    assert parse_cron("0 0 0 31 2 ?").after(THURSDAY, days=4_000) is None
    assert parse_cron("0 0 0 1 1 ? 2020").after(THURSDAY, days=4_000) is None


@pytest.mark.parametrize(
    "text",
    ["", "* * * * *", "0 0 25 * * ?", "60 0 0 * * ?", "0 0 0 1 * MON", "0 0 0 ? * XYZ", "0 0 0 0 * ?", "0 /0 0 * * ?",
     "0 0/0 0 * * ?", "0 0 0 32 * ?", "0 0 0 ? * 1#6", "a b c d e f", "0 0 0 * 13 ?", "0 0 0 * * ? 99999"],
)  # fmt: skip
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(NotCron):
        parse_cron(text)


def test_a_boundary_timer_may_repeat_by_cron(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", timer("0 0 9 * * ?", "timeCycle"), interrupting=False) + task("R") + END,
        "S>A A>E B>R R>E",
    )
    player = play(body)
    assert player.wait_until(86_400 * 2.5).ran.count("R") == 2
    assert player.do("A").done


def test_a_timer_in_the_flow_sends_a_token_on_as_often_as_its_cycle_says(play: Play) -> None:
    body = diagram(START + catch("C", timer("R3/PT1H", "timeCycle")) + user("A") + END, "S>C C>A A>E")
    player = play(body).wait_until(3600)
    assert player.waiting == ["A", "C"]
    player.wait_until(7200 * 3)
    assert player.open == ["A", "A", "A"]
    assert player.do("A").do("A").do("A").done
