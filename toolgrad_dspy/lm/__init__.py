"""Models by role, from the environment."""

from toolgrad_dspy.lm.calls.budget import Budget, BudgetSpentError, Caps
from toolgrad_dspy.lm.calls.meter import Meter, metered
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.settings import LOOP_ROLES, REHEARSAL, ROLES, ModelSettings, Role

__all__ = [
    "LOOP_ROLES",
    "REHEARSAL",
    "ROLES",
    "Budget",
    "BudgetSpentError",
    "Caps",
    "Meter",
    "ModelSettings",
    "Models",
    "Role",
    "metered",
]
