"""How tokens meet, go over links and are counted (BPMN 2.0.2, 13.3.2, 13.4)."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

from engine.bpmn.limits import Limits
from engine.bpmn.parser import parse
from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    catch,
    definitions,
    diagram,
    end,
    exclusive,
    flows,
    inclusive,
    multi,
    parallel,
    script,
    sub,
    task,
    throw,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER = '<startEvent id="s"/>'
COUNT = 'camunda:resultVariable="n"'


# ---------------------------------------------------------------- joins


def test_a_join_over_two_flows_from_one_gateway_needs_both(play: Play) -> None:
    nodes = START + parallel("G") + parallel("J") + user("A") + END
    twice = flows("S>G G>J J>A A>E") + '<sequenceFlow id="again" sourceRef="G" targetRef="J"/>'
    player = play(definitions(f'<process id="P" isExecutable="true">{nodes}{twice}</process>'))
    assert player.open == ["A"]


def test_a_join_that_a_branch_never_reaches_stands_still_and_says_so(play: Play) -> None:
    body = diagram(
        START + exclusive("X", "f_X_B") + task("A") + task("B") + parallel("J") + END, "S>X X>A[n=1] X>B A>J B>J J>E"
    )
    player = play(body, {"n": 1})
    assert not player.done
    assert player.stalled == ("J",)


def test_an_activity_with_several_flows_runs_for_each_token(play: Play) -> None:
    body = diagram(START + parallel("G") + user("A") + user("B") + user("Z") + END, "S>G G>A G>B A>Z B>Z Z>E")
    player = play(body).do("A").do("B")
    assert player.open == ["Z", "Z"]
    assert player.do("Z").do("Z").done


def test_an_end_event_may_be_reached_by_many_tokens(play: Play) -> None:
    body = diagram(START + parallel("G") + user("A") + user("B") + end("E", SIGNAL), "S>G G>A G>B A>E B>E")
    player = play(body).do("A")
    assert not player.done
    assert player.do("B").done


def test_an_inclusive_join_does_not_wait_for_tokens_behind_it(play: Play) -> None:
    body = diagram(
        START + inclusive("G", "f_G_B") + user("A") + user("B") + inclusive("J") + user("Z") + END,
        "S>G G>A[true] G>B A>J B>J J>Z Z>E",
    )
    assert play(body).do("A").open == ["Z"]


def test_an_inclusive_join_in_a_loop_waits_in_every_round(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + inclusive("G", "f_G_B") + user("A") + user("B") + user("D") + inclusive("J")
        + script("C", "n + 1", attributes=COUNT) + exclusive("X", "f_X_E") + END,
        "S>M M>G G>A[true] G>D[n=0] G>B A>J B>J D>J J>C C>X X>M[n<2] X>E",
    )  # fmt: skip
    player = play(body, {"n": 0})
    assert player.open == ["A", "D"]
    assert player.do("D").open == ["A"]
    assert player.do("A").open == ["A"]
    assert player.do("A").done
    assert player.variables["n"] == 2


def test_an_inclusive_join_waits_for_what_is_inside_a_sub_process(play: Play) -> None:
    body = diagram(
        START + parallel("G") + sub("R", INNER + user("A") + end("e"), "s>A A>e") + user("B") + inclusive("J")
        + user("Z") + END,
        "S>G G>R G>B R>J B>J J>Z Z>E",
    )  # fmt: skip
    player = play(body).do("B")
    assert player.open == ["A"]
    assert player.do("A").open == ["Z"]


def test_an_inclusive_join_goes_on_when_a_terminated_branch_can_no_longer_come(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + boundary("X", "B", MESSAGE) + inclusive("J") + user("Z") + END,
        "S>G G>A G>B A>J B>J X>E J>Z Z>E",
    )
    player = play(body).do("A")
    assert player.open == ["B"]
    assert player.message().open == ["Z"]


def test_two_inclusive_joins_in_a_row_both_wait(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + inclusive("J") + inclusive("K") + user("Z") + END,
        "S>G G>A G>B G>C A>J B>J J>K C>K K>Z Z>E",
    )
    player = play(body).do("C").do("A")
    assert player.open == ["B"]
    assert player.do("B").open == ["Z"]


def test_two_runs_of_one_sub_process_keep_their_tokens_apart(play: Play) -> None:
    """Two tasks of one name in two runs: which of them is done decides which run goes on."""
    inner = INNER + parallel("g") + user("A") + user("B") + parallel("j") + user("C") + end("e")
    body = diagram(
        START + parallel("G") + task("X") + task("Y") + sub("R", inner, "s>g g>A g>B A>j B>j j>C C>e") + END,
        "S>G G>X G>Y X>R Y>R R>E",
    )
    player = play(body)
    assert player.open == ["A", "A", "B", "B"]
    assert player.do("A", 0).do("B", 1).open == ["A", "B"]
    assert player.do("A").open == ["B", "C"]
    assert player.do("B").open == ["C", "C"]
    assert player.do("C").do("C").done
    assert player.ran.count("R") == 2


# ---------------------------------------------------------------- links


LINK = '<linkEventDefinition name="k"/>'


def test_several_links_lead_to_one_target(play: Play) -> None:
    """10.5.4: there may be several source links, but one target link."""
    body = diagram(
        START + exclusive("X", "f_X_t2") + throw("t1", LINK) + throw("t2", LINK) + catch("c", LINK) + user("A") + END,
        "S>X X>t1[n=1] X>t2 c>A A>E",
    )
    assert play(body, {"n": 1}).open == ["A"]
    assert play(body, {"n": 2}).open == ["A"]


def test_a_link_may_go_back(play: Play) -> None:
    body = diagram(
        START + catch("c", LINK) + exclusive("M") + user("A") + exclusive("X", "f_X_E") + throw("t", LINK) + END,
        "S>M c>M M>A A>X X>t[again] X>E",
    )
    assert play(body).do("A", again=True).do("A", again=True).do("A", again=False).done


def test_links_of_one_name_in_two_scopes_are_two_links(play: Play) -> None:
    inner = INNER + throw("t2", LINK) + catch("c2", LINK) + user("A") + end("e")
    body = diagram(
        START + sub("R", inner, "s>t2 c2>A A>e") + throw("t", LINK) + catch("c", LINK) + user("B") + END,
        "S>R R>t c>B B>E",
    )
    assert play(body).do("A").open == ["B"]


def test_a_link_may_name_its_target_by_reference(play: Play) -> None:
    source, target = (
        '<linkEventDefinition name="to k"><target>kk</target></linkEventDefinition>',
        ('<linkEventDefinition id="kk" name="from k"/>'),
    )
    body = diagram(START + throw("t", source) + catch("c", target) + user("A") + END, "S>t c>A A>E")
    assert play(body).open == ["A"]


def test_a_join_behind_links_counts_their_tokens(play: Play) -> None:
    body = diagram(
        START + parallel("G") + throw("t", LINK) + catch("c", LINK) + user("A") + parallel("J") + user("Z") + END,
        "S>G G>t G>A c>J A>J J>Z Z>E",
    )
    assert play(body).do("A").open == ["Z"]


# ---------------------------------------------------------------- quantities


def test_a_completion_quantity_multiplies_every_flow(play: Play) -> None:
    body = diagram(START + '<task id="A" completionQuantity="2"/>' + user("B") + user("C") + END, "S>A A>B A>C B>E C>E")
    assert play(body).open == ["B", "B", "C", "C"]


def test_a_start_quantity_gathers_over_all_flows(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + '<userTask id="C" startQuantity="2"/>' + END,
        "S>G G>A G>B A>C B>C C>E",
    )
    player = play(body).do("A")
    assert player.open == ["B"]
    assert player.do("B").open == ["C"]
    assert player.do("C").done


def test_a_sub_process_may_have_quantities(play: Play) -> None:
    inner = INNER + user("A") + end("e")
    body = diagram(
        START + parallel("G") + task("X") + task("Y")
        + sub("R", inner, "s>A A>e", 'startQuantity="2" completionQuantity="3"') + user("Z") + END,
        "S>G G>X G>Y X>R Y>R R>Z Z>E",
    )  # fmt: skip
    player = play(body)
    assert player.open == ["A"]
    assert player.do("A").open == ["Z", "Z", "Z"]


def test_a_loop_leaves_with_its_completion_quantity_once(play: Play) -> None:
    loop = multi("<loopCardinality>2</loopCardinality>")
    body = diagram(START + user("A", loop, 'completionQuantity="3"') + user("Z") + END, "S>A A>Z Z>E")
    assert play(body).do("A").do("A").open == ["Z", "Z", "Z"]


# ---------------------------------------------------------------- scale


def test_five_thousand_nodes_in_a_line_run_in_bounded_time() -> None:
    names = [f"n{index}" for index in range(5_000)]
    path = ["S", *names, "E"]
    arrows = " ".join(f"{one}>{other}" for one, other in pairwise(path))
    begun = time.process_time()
    player = Player(diagram(START + "".join(task(name) for name in names) + END, arrows), mode="plain")
    assert player.done
    assert len(player.ran) == 5_000
    assert time.process_time() - begun < 15


def test_two_thousand_branches_are_split_and_joined_in_bounded_time() -> None:
    names = [f"n{index}" for index in range(2_000)]
    arrows = "S>G J>Z Z>E " + " ".join(f"G>{name} {name}>J" for name in names)
    nodes = START + parallel("G") + "".join(task(name) for name in names) + parallel("J") + task("Z") + END
    begun = time.process_time()
    player = Player(diagram(nodes, arrows), mode="plain")
    assert player.done
    assert player.ran.count("Z") == 1
    assert time.process_time() - begun < 15


def test_two_thousand_branches_meet_at_an_inclusive_join_in_bounded_time() -> None:
    names = [f"n{index}" for index in range(2_000)]
    arrows = "S>G J>Z Z>E " + " ".join(f"G>{name} {name}>J" for name in names)
    nodes = START + parallel("G") + "".join(task(name) for name in names) + inclusive("J") + task("Z") + END
    begun = time.process_time()
    player = Player(diagram(nodes, arrows), mode="plain", limits=Limits())
    assert player.done
    assert player.ran.count("Z") == 1
    assert time.process_time() - begun < 15


def test_a_join_of_two_thousand_flows_out_of_one_great_loop_needs_little_memory() -> None:
    """What a join knows of the nodes before it grows with the diagram and not with its square."""
    names = [f"n{index}" for index in range(2_000)]
    arrows = "S>M M>n0 J>E n1999>M " + " ".join(f"{one}>{other}" for one, other in pairwise(names))
    arrows += " " + " ".join(f"{name}>J" for name in names)
    body = diagram(START + exclusive("M") + "".join(task(name) for name in names) + inclusive("J") + END, arrows)
    tracemalloc.start()
    parse(body, name="a")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000


# ---------------------------------------------------------------- complex gateways


def test_a_complex_gateway_without_condition_waits_like_an_inclusive_one(play: Play) -> None:
    """10.6.5: the condition is optional."""
    body = diagram(
        START
        + inclusive("G", "f_G_C")
        + user("A")
        + user("B")
        + user("C")
        + '<complexGateway id="J"/>'
        + user("Z")
        + END,
        "S>G G>A[n>0] G>B[n>1] G>C A>J B>J C>J J>Z Z>E",
    )  # fmt: skip
    player = play(body, {"n": 2}).do("A")
    assert player.open == ["B"]
    assert player.do("B").open == ["Z"]
    assert play(body, {"n": 1}).do("A").open == ["Z"]
    assert play(body, {"n": 0}).do("C").open == ["Z"]
