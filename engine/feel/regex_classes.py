"""Classes of characters in regular expressions: \\d, \\p{Lu}, \\p{IsBasicLatin} and single escapes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

Accepts = Callable[[str], bool]

SINGLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", **{each: each for each in "\\|.-^?*+{}()[]$"}}

_CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)

# Blocks of Unicode by their XML Schema names; those that texts in our languages are made of.
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Thai": (0x0E00, 0x0E7F),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "GeometricShapes": (0x25A0, 0x25FF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3100, 0x312F),
    "EnclosedCJKLettersandMonths": (0x3200, 0x32FF),
    "CJKCompatibility": (0x3300, 0x33FF),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "PrivateUse": (0xE000, 0xF8FF),
    "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "ArabicPresentationForms-A": (0xFB50, 0xFDFF),
    "CJKCompatibilityForms": (0xFE30, 0xFE4F),
    "ArabicPresentationForms-B": (0xFE70, 0xFEFF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
    "Specials": (0xFFF0, 0xFFFF),
}


def is_in(ranges: tuple[tuple[str, str], ...]) -> Accepts:
    """Accepts the characters of some ranges."""
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        only = ranges[0][0]
        return lambda character: character == only
    return lambda character: any(first <= character <= last for first, last in ranges)


def either_case(accepts: Accepts) -> Accepts:
    """Accepts a character if it, its capital or its small letter is accepted."""
    return lambda character: accepts(character) or accepts(character.lower()) or accepts(character.upper())


@lru_cache(maxsize=64)
def category(name: str) -> Accepts | None:
    """Returns the class of `\\p{name}`: a category such as `Lu`, or a block such as `IsGreek`; None if unknown."""
    if name.startswith("Is"):
        block = _BLOCKS.get(name[2:])
        return None if block is None else is_in(((chr(block[0]), chr(block[1])),))
    if name not in _CATEGORIES:
        return None
    return lambda character: unicodedata.category(character).startswith(name)


def _space(character: str) -> bool:
    return character in " \t\n\r"


def _digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd"


def _word(character: str) -> bool:
    return unicodedata.category(character)[0] not in "PZC"


def _name_start(character: str) -> bool:
    return character in "_:" or unicodedata.category(character)[0] == "L"


def _name_part(character: str) -> bool:
    return _name_start(character) or character in "-.\u00b7" or unicodedata.category(character)[0] in "NM"


def _opposite(accepts: Accepts) -> Accepts:
    return lambda character: not accepts(character)


CLASS_ESCAPES: dict[str, Accepts] = {
    "s": _space,
    "S": _opposite(_space),
    "d": _digit,
    "D": _opposite(_digit),
    "w": _word,
    "W": _opposite(_word),
    "i": _name_start,
    "I": _opposite(_name_start),
    "c": _name_part,
    "C": _opposite(_name_part),
}
