"""Plays the scenarios of a proposal on everything that would be in force with it, in a house of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from api.scenarios.coverage import Coverage
from api.scenarios.stage import Stage, temporary_stage
from api.testing import play_file
from engine.errors import MarqueError
from engine.examinations import Player
from engine.settings import Settings


def player(settings: Settings) -> Player:
    """Returns what plays scenarios (name -> YAML) on files and says which did not hold."""

    def play(files: Mapping[str, bytes], scenarios: Mapping[str, bytes]) -> list[str]:
        with TemporaryDirectory(prefix="marque-rehearsal-") as folder, temporary_stage(settings, files) as stage:
            return [
                failure
                for number, (name, body) in enumerate(scenarios.items())
                for failure in _played(Path(folder) / str(number), name, body, stage)
            ]

    return play


def _played(folder: Path, name: str, body: bytes, stage: Stage) -> list[str]:
    folder.mkdir()
    file = folder / Path(name).name
    file.write_bytes(body)
    try:
        result = play_file(file, stage, Coverage())
    except MarqueError as refused:
        return [f"{name}: {str(refused).replace(file.as_posix(), file.name)}"]
    return [f"{name}: {failure}" for failure in result.failures]
