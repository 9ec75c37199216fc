"""Files in scenarios: `{upload: 核查报告.pdf}` stands for a small file of that kind, uploaded to the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Final

from api.scenarios.script import ScenarioInvalid

UPLOAD: Final = "upload"
# What a file of each kind begins with; the rest is its name, so that two files differ.
BEGINNINGS: Final[Mapping[str, bytes]] = {
    ".pdf": b"%PDF-1.4\n",
    ".jpg": b"\xff\xd8\xff\xe0",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".mp4": b"\x00\x00\x00\x18ftypisom",
}


def with_uploads(value: Any, upload: Callable[[bytes], Mapping[str, Any]]) -> Any:
    """Returns the value with every `{upload: name}` in it replaced by the reference to the uploaded file.

    `upload` takes the bytes and gives `{attachment_id, sha256, size, type}`; the file keeps its name.
    """
    if isinstance(value, list):
        return [with_uploads(item, upload) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {UPLOAD}:
        name = str(value[UPLOAD])
        return {**upload(sample(name)), "name": name}
    return {key: with_uploads(item, upload) for key, item in value.items()}


def sample(name: str) -> bytes:
    """Returns the bytes of a small file of the kind that its suffix says; raises ScenarioInvalid."""
    beginning = BEGINNINGS.get(PurePath(name).suffix.lower())
    if beginning is None:
        raise ScenarioInvalid(f"{name} is none of {', '.join(sorted(BEGINNINGS))}")
    return beginning + name.encode()
