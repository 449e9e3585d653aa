"""Models by role, from the environment."""

from toolgrad_dspy.lm.meter import Meter, metered
from toolgrad_dspy.lm.roles import Models
from toolgrad_dspy.lm.settings import REHEARSAL, ROLES, ModelSettings, Role

__all__ = ["REHEARSAL", "ROLES", "Meter", "ModelSettings", "Models", "Role", "metered"]
