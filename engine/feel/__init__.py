"""FEEL, the expression language of DMN 1.3 to 1.5: compiled once, then evaluated with bounded work.

expression = compile_expression("amount > 100 and status = \\"open\\"")
expression.evaluate({"amount": 120, "status": "open"}, Environment(now=now))
"""

from engine.feel.environment import DOMAIN_FUNCTIONS, Environment
from engine.feel.errors import FeelError, FeelSyntaxError
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests

__all__ = [
    "DOMAIN_FUNCTIONS",
    "Environment",
    "Expression",
    "FeelError",
    "FeelSyntaxError",
    "UnaryTests",
    "compile_expression",
    "compile_unary_tests",
]
