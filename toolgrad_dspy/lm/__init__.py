"""Models by role, from the environment; asking them, and counting and limiting what they use.

A program asks the models of a configuration, counts the calls, and closes the connections at its end:

    models = Models.from_environment()
    try:
        with metered() as meter:
            answer = await ask(predictor, models, "proposer", tools=..., workflow=..., ...)
    finally:
        await models.aclose()
"""

from toolgrad_dspy.lm.answer_faults import answer_faults
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.lm.calls.budget import Budget, BudgetSpentError, Caps
from toolgrad_dspy.lm.calls.meter import Meter, metered
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.lm.settings import LOOP_ROLES, REHEARSAL, ROLES, ModelSettings, Role

__all__ = [
    "LOOP_ROLES",
    "REHEARSAL",
    "ROLES",
    "AnswerError",
    "Budget",
    "BudgetSpentError",
    "Caps",
    "Meter",
    "ModelSettings",
    "Models",
    "Role",
    "answer_faults",
    "ask",
    "holding",
    "metered",
]
