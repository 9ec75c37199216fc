"""The stage on which the shipped scenarios are played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.playhouse import Playhouse


@pytest.fixture(scope="session")
def playhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playhouse]:
    """Plays each scenario once, however many tests look at it."""
    house = Playhouse(tmp_path_factory.mktemp("playhouse"))
    yield house
    house.close()
