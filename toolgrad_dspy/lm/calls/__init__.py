"""One call of a model: waiting for its rate limits, retrying it, counting and pricing what it used."""

from toolgrad_dspy.lm.calls.budget import Budget, BudgetSpentError, Caps
from toolgrad_dspy.lm.calls.gate import AnswerFormats, AsyncGate, Backend, Gate, Limits
from toolgrad_dspy.lm.calls.meter import Meter, metered
from toolgrad_dspy.lm.calls.prices import FREE, Price, Prices
from toolgrad_dspy.lm.calls.rate_limit import RateLimit

__all__ = [
    "FREE",
    "AnswerFormats",
    "AsyncGate",
    "Backend",
    "Budget",
    "BudgetSpentError",
    "Caps",
    "Gate",
    "Limits",
    "Meter",
    "Price",
    "Prices",
    "RateLimit",
    "metered",
]
