"""Bounds on the work that a diagram may cause. Reaching one raises `LimitReached`, and nothing is kept.

The bounds of the rest of the engine stand in `engine/settings.py`, which also hands these out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation and one instance may use.

    * `steps`: flow nodes that run in one operation. An endless loop of automatic steps ends here, after about half a
      second; the longest shipped process has under a hundred nodes.
    * `tokens`: what may be alive in one instance at once, over all of its scopes. Tokens that multiply end here; a
      thousand instances of a sub-process of a few nodes do not.
    * `multi_instances`: instances of one activity at once. More people or things than this belong into a batch.
    * `call_depth`: processes that call each other; one that calls itself ends here.
    * `scope_depth`: sub-processes, loops and calls inside each other, because they are left one inside the other.
    * `due_years`: how far away a timer may lie. Beyond, it is a slip of the pen, and dates soon end.
    * `timer_cycle_seconds`: the fastest repetition. A faster one would keep the executor from everything else.
    """

    steps: int = 10_000
    tokens: int = 10_000
    multi_instances: int = 1_000
    call_depth: int = 20
    scope_depth: int = 50
    due_years: int = 100
    timer_cycle_seconds: int = 1


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What one diagram file may hold.

    * `file_bytes`: the largest published diagrams have half a megabyte.
    * `elements`: XML elements, layout included; the largest published diagrams have a tenth of it.
    * `attributes`: of one element, because looking through them costs the square of their number.
    * `text_characters`: one attribute; expressions are bounded more tightly by their own reader.
    * `name_characters`: one id or name, because lists keep them in columns of this width.
    * `depth`: nested elements, because trees are walked; no modelling tool goes beyond thirty.

    Document types, entities and includes are not read at all, whatever their size.
    """

    file_bytes: int = 5_000_000
    elements: int = 50_000
    attributes: int = 200
    text_characters: int = 100_000
    name_characters: int = 255
    depth: int = 100


DEFAULT_LIMITS = Limits()
DEFAULT_FILE_LIMITS = FileLimits()
