"""Patterns mean what they mean in the browser, and none takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.forms.patterns import MAX_TEXT_LENGTH, BadPattern, compile_pattern

PLATE = (
    r"^(未上牌|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-HJ-NP-Z]([A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[DF0-9][A-HJ-NP-Z0-9]?[0-9]{4}[DF]?))$"
)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^1\d{10}$", "13800001111", True),
        (r"^1\d{10}$", "1380000111", False),
        (r"^1\d{10}$", "13800001111\n", False),  # JavaScript's $ is the end, Python's may stand before a line end
        (r"\d", "no digit ٣", False),  # ASCII digits only, as in JavaScript
        (r"^[A-HJ-NPR-Z0-9]{17}$", "LSVAA4182E2123456", True),
        (r"^[A-HJ-NPR-Z0-9]{17}$", "LSVAA4182O2123456", False),
        (PLATE, "粤B12345", True),
        (PLATE, "粤BD12345", True),
        (PLATE, "未上牌", True),
        (PLATE, "粤I12345", False),
        (r"^(?:ab|c)+?$", "abcab", True),
        (r"^a{2,3}$", "aaaa", False),
        (r"^a{2,}$", "aaaa", True),
        (r"b*", "", True),
        (r"^[^\s@]+@[^\s@]+$", "a@b", True),
        (r"\bcat\b", "a cat!", True),
        (r"\bcat\b", "concat", False),
        (r"^[\u4e00-\u9fa5]{2,4}$", "王小明", True),
        (r"^[\w.-]+$", "a-b.c_1", True),
        (r"^[\]\-a]$", "-", True),
        (r"^[a-]$", "-", True),
        (r"a.c", "a\nc", False),
        (r"\.", "a", False),
        (r"^\x41\/\{\}$", "A/{}", True),
        (r"(a*)*$", "b", True),
        (r"^(a?){3}$", "aa", True),
        (r"\B", "", True),
        (r"^[[\]]$", "[", True),  # a bracket in a class stands for itself; XPath would subtract
        (r"^[a-z-[]$", "[", True),
        (r"^a]}$", "a]}", True),
        (r"^\s$", "\u3000", True),  # the wide space of Chinese text
        (r"^[^\D\S]$", "7", False),
        (r"^[\D]$", "٣", True),
    ],
)
def test_a_pattern_is_found_as_in_the_browser(pattern: str, text: str, found: bool) -> None:
    assert compile_pattern(pattern).found_in(text) is found


@pytest.mark.parametrize(
    "pattern",
    [
        "(a",
        "a)",
        "[a",
        "[z-a]",
        r"[a-\d]",
        "*a",
        "a**",
        "a{2,1}",
        "a{x}",
        "a{",
        "{2}",
        "\\",
        r"\p{L}",
        r"\k",
        r"\u12",
        r"(a)\1",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<name>a)",
        "^*",
        "a{999999999}",
        "(a{100}){100}",
        "(" * 61 + "a" + ")" * 61,
        "[]",
        r"[\b]",
        "a" * 301,
    ],
)
def test_what_cannot_be_matched_in_bounded_time_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(.*,){9}x", "(a?){200}a{200}$"])
def test_a_catastrophic_pattern_costs_little(pattern: str) -> None:
    started = time.perf_counter()

    assert not compile_pattern(pattern).found_in("a" * (MAX_TEXT_LENGTH - 1) + "!")

    assert time.perf_counter() - started < 5


def test_a_text_longer_than_the_bound_is_never_found() -> None:
    assert not compile_pattern("a").found_in("a" * (MAX_TEXT_LENGTH + 1))


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", r"\b"]),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}"])).map(lambda two: f"(?:{two[0]}){two[1]}")
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(PATTERNS, st.text("ab1_ !", max_size=8))
def test_patterns_agree_with_a_backtracking_matcher(pattern: str, text: str) -> None:
    expected = re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None

    assert compile_pattern(pattern).found_in(text) is expected
