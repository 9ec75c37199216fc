"""Random graphs: the engine against an independent token game, and against itself in other modes.

`run(count, seed)` plays as many graphs as a proof demands; the tests play a sample.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from engine.bpmn.instance import Instance
from engine.bpmn.limits import Limits
from engine.bpmn.outcome import ActivityStarted, FlowTaken, SubscriptionWait, TimerWait, UserTaskWait, WaitOpened
from engine.bpmn.specs import events
from engine.errors import ExecutionFailed, LimitReached
from tests.engine.bpmn.diagrams import definitions
from tests.engine.bpmn.player import Player
from tests.engine.bpmn.random_graphs import PLAYED, RICH, Graph, body, make
from tests.engine.bpmn.token_games import Ambiguous, Endless, Game

ROUNDS = 15
SMALL = Limits(steps=500, tokens=300)


@dataclass
class Tally:
    """What a run has seen."""

    graphs: int = 0
    rounds: int = 0
    agreed: int = 0
    ambiguous: int = 0
    endless: int = 0
    stalled: int = 0


def picks(rng: random.Random, graph: Graph) -> dict[str, int]:
    """Chooses a way for every gateway, the same for engine and game."""
    return {node: rng.randrange(max(ways, 1)) for node, ways in sorted(graph.choosers().items())}


def file(graph: Graph) -> bytes:
    nodes, arrows = body(graph)
    return definitions(f'<process id="P" isExecutable="true">{nodes}{arrows}</process>')


def variables(chosen: dict[str, int]) -> dict[str, Any]:
    return {f"pick_{node}": way for node, way in chosen.items()}


def against_the_game(seed: int, tally: Tally) -> None:
    """Plays one graph in the engine and in the game, and compares after everything that happens."""
    rng = random.Random(seed)
    graph = make(rng, PLAYED)
    chosen = picks(rng, graph)
    tally.graphs += 1
    try:
        game = Game(graph, chosen)
        player = Player(file(graph), variables(chosen), mode="stored", limits=SMALL, deployed=True)
        for _ in range(ROUNDS):
            compare(player, game, graph, seed)
            tally.rounds += 1
            if not game.acts():
                tally.stalled += bool(player.stalled)
                assert bool(player.stalled) != game.is_over(), seed
                break
            name = rng.choice(game.acts())
            wait = oldest(player, name)
            if isinstance(wait.details, UserTaskWait):
                game.picks = picks(rng, graph)
            game.act(name)
            player.took(act(player.instance, wait.wait_id, wait.details, variables(game.picks)))
    except Ambiguous:
        tally.ambiguous += 1
        return
    except (Endless, LimitReached):
        tally.endless += 1
        return
    player.check()
    tally.agreed += 1


def compare(player: Player, game: Game, graph: Graph, seed: int) -> None:
    assert player.open == game.users(), (seed, player.open, game.users())
    assert set(player.waiting) == set(game.acts()), (seed, player.waiting, game.acts())
    names = graph.names() | set(game.entered)
    entered = Counter(step.element_id for step in player.of(ActivityStarted) if step.element_id in names)
    assert entered == +game.entered, (seed, entered - game.entered, game.entered - entered)
    assert player.done == game.is_over(), seed


def oldest(player: Player, element_id: str) -> WaitOpened:
    """Returns the wait at an element in the oldest of the scopes that are open, as the game counts their age.

    The same task may be open in several runs of one sub-process; which of them goes on makes a difference."""
    started = {step.activity_id: (age, step.parent_id) for age, step in enumerate(player.of(ActivityStarted))}

    def ages(wait: WaitOpened) -> list[int]:
        path: list[int] = []
        activity = wait.activity_id
        while activity in started:
            age, parent = started[activity]
            path.insert(0, age)
            activity = parent or ""
        return path

    return min((wait for wait in player.instance.waits() if wait.element_id == element_id), key=ages)


def trace(seed: int, mode: str) -> list[Any]:
    """Plays a rich graph with tasks, messages and signals; returns everything that could be seen."""
    rng = random.Random(seed)
    graph = make(rng, RICH)
    seen: list[Any] = []
    try:
        player = Player(file(graph), variables(picks(rng, graph)), mode=mode, limits=SMALL, deployed=True)
        for _ in range(ROUNDS):
            waits = sorted(player.instance.waits(), key=lambda wait: wait.wait_id)
            seen.append([wait.element_id for wait in waits])
            if player.done or not waits:
                break
            wait = rng.choice(waits)
            player.took(act(player.instance, wait.wait_id, wait.details, variables(picks(rng, graph))))
        player.check()
    except ExecutionFailed as failure:
        seen.append((type(failure).__name__, failure.code))
        return seen
    steps = [step for step in player.steps if isinstance(step, (ActivityStarted, FlowTaken))]
    return [*seen, [getattr(step, "element_id", None) or getattr(step, "flow_id", None) for step in steps], player.over]


def act(instance: Instance, wait_id: str, details: Any, changes: dict[str, Any]) -> Any:
    if isinstance(details, SubscriptionWait):
        return instance.correlate(wait_id, {})
    if isinstance(details, TimerWait):
        return instance.fire_timer(wait_id)
    assert isinstance(details, UserTaskWait)
    return instance.complete(wait_id, changes)


def run(count: int, seed: int = 0) -> Tally:
    """Plays `count` graphs against the game and as many against the other modes; raises at the first difference."""
    tally = Tally()
    for number in range(seed, seed + count):
        against_the_game(number, tally)
        plain = trace(number, "plain")
        assert trace(number, "fresh") == plain, number
    return tally


def test_random_graphs_agree_with_the_token_game() -> None:
    tally = Tally()
    for seed in range(150):
        against_the_game(seed, tally)
    assert tally.agreed > 60, tally


def test_the_token_game_notices_an_engine_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "wait_again", lambda *_: None)
    assert any(is_different(seed) for seed in range(100))


def is_different(seed: int) -> bool:
    try:
        against_the_game(seed, Tally())
    except AssertionError:
        return True
    return False


def test_random_graphs_do_not_mind_being_stored() -> None:
    for seed in range(60):
        plain = trace(seed, "plain")
        assert trace(seed, "stored") == plain, seed
        assert trace(seed, "fresh") == plain, seed


def test_random_graphs_do_not_mind_being_stored_after_every_step(stepwise: Callable[[], None]) -> None:
    plain = {seed: trace(seed, "plain") for seed in range(40)}
    stepwise()
    for seed, expected in plain.items():
        assert trace(seed, "stepwise") == expected, seed
