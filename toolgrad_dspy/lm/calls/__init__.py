"""One call of a model: waiting for its rate limits, retrying it, counting and pricing what it used."""

from toolgrad_dspy.lm.calls.availability import PATIENCE, Availability, Say
from toolgrad_dspy.lm.calls.budget import Budget, BudgetSpentError, Caps
from toolgrad_dspy.lm.calls.door import Door
from toolgrad_dspy.lm.calls.gate import AnswerFormats, AsyncGate, Gate
from toolgrad_dspy.lm.calls.meter import Meter, metered
from toolgrad_dspy.lm.calls.prices import FREE, Price, Prices
from toolgrad_dspy.lm.calls.rate_limit import RateLimit
from toolgrad_dspy.lm.calls.sender import Backend, Limits, Retrying, Sender

__all__ = [
    "FREE",
    "PATIENCE",
    "AnswerFormats",
    "AsyncGate",
    "Availability",
    "Backend",
    "Budget",
    "BudgetSpentError",
    "Caps",
    "Door",
    "Gate",
    "Limits",
    "Meter",
    "Price",
    "Prices",
    "RateLimit",
    "Retrying",
    "Say",
    "Sender",
    "metered",
]
