"""Every behaviour is played in several modes, which must not make a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.bpmn.instance import Instance
from tests.engine.bpmn.player import MODES, Player, run_stepwise


@pytest.fixture
def stepwise(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes every instance store and restore itself after every single step from now on."""
    return lambda: monkeypatch.setattr(Instance, "_run", run_stepwise)


@pytest.fixture(params=MODES)
def play(request: pytest.FixtureRequest, stepwise: Callable[[], None]) -> Iterator[Callable[..., Player]]:
    """Starts an instance of a diagram; at the end of the test its books are balanced."""
    players: list[Player] = []
    if request.param == "stepwise":
        stepwise()

    def begin(body: bytes, variables: dict[str, Any] | None = None, **options: Any) -> Player:
        player = Player(body, variables, mode=request.param, **options)
        players.append(player)
        return player

    yield begin
    for player in players:
        player.check()
