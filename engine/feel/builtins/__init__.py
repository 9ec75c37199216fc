"""The functions of the standard (DMN 1.5, 10.3.4), one module per family."""

from engine.feel.builtins import (
    aggregates,
    contexts,
    conversions,
    lists,
    numbers,
    ranges,
    strings,
    temporals,
)
from engine.feel.builtins.registry import BUILTINS, Builtin

FAMILIES = (aggregates, contexts, conversions, lists, numbers, ranges, strings, temporals)

__all__ = ["BUILTINS", "FAMILIES", "Builtin"]
