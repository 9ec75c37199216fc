"""Which end event an instance reports when an event sub-process had the last word (BPMN 10.3.5)."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.outcome import InstanceEnded
from tests.engine.bpmn.diagrams import END, MESSAGE, START, diagram, end, event_sub, user
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


def _end_event(player: Player) -> str | None:
    (ended,) = player.of(InstanceEnded)
    return ended.end_event_id


def test_an_interrupting_one_gives_the_instance_its_own_end_event(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, user("H") + end("withdrawn"), "ESs>H H>withdrawn")
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).message()
    player.do("H")
    assert _end_event(player) == "withdrawn"


def test_a_non_interrupting_one_leaves_the_end_event_to_the_flow(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, user("H") + end("reviewed"), "ESs>H H>reviewed", interrupting=False)
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).message()
    player.do("A").do("H")
    assert _end_event(player) == "E"
