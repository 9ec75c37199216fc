"""A sample of the random walks; `make proof` takes many more."""

from __future__ import annotations

import pytest

from tests.processes.path_services import Shipped
from tests.processes.random_paths import FLOWS, Different, Names, Report, Twin, run, walk


@pytest.fixture(scope="module")
def sample() -> Report:
    return run(40, seed=7)


def test_a_stored_case_goes_on_like_one_that_was_never_stored(sample: Report) -> None:
    assert sum(walk.steps for walk in sample.walks) >= 300


def test_every_walk_comes_to_an_end_of_its_flow(sample: Report) -> None:
    assert sample.stopped == []
    assert {key for key, _ in sample.ends} == set(FLOWS)
    assert len(sample.ends) >= 8


def test_twins_that_part_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Shipped()
    monkeypatch.setattr(Twin, "told_waits", lambda twin: [object()])

    with pytest.raises(Different, match="waits differ"):
        walk(shipped, "follow_up_call", "1/0")


def test_ids_are_named_in_the_order_in_which_they_appear() -> None:
    names = Names()

    assert [names.of(one) for one in ("x", "y", "x", "")] == ["#1", "#2", "#1", ""]
