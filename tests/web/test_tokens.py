"""Contrast of the colour tokens, computed as WCAG 2.2 defines it (success criterion 1.4.3: 4.5:1 for text)."""

import re

import pytest

from tests.web.mock_api import DIST

TOKENS = (DIST.parent / "src" / "tokens.css").read_text()
SURFACES = ("ground", "surface", "hover", "selected")
PAIRS = [
    *((text, surface) for text in ("text", "text-muted") for surface in SURFACES),
    *(("text-faint", surface) for surface in ("ground", "surface", "hover")),
    *((text, surface) for text in ("late", "soon", "good", "accent-text") for surface in SURFACES),
    ("late", "late-surface"),
    ("soon", "soon-surface"),
    ("good", "good-surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("text", "track"),
    ("diagram-label", "diagram-ground"),
    ("diagram-label", "path-surface"),
    ("diagram-label", "step-surface"),
]
LINES = [("border-input", "surface"), ("path", "diagram-ground"), ("step", "diagram-ground"), ("focus", "surface")]


def tokens(theme: str) -> dict[str, str]:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if theme == "dark" else found


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_text_is_readable_on_its_surface(theme: str, text: str, surface: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("line", "surface"), LINES)
def test_lines_that_mean_something_are_visible(theme: str, line: str, surface: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[line], colours[surface]) >= 3
