"""A compile that takes seconds, for tests to change and to interrupt."""

from toolgrad_dspy.compiling import CompileSpec, TaskCounts
from toolgrad_dspy.lm import ROLES, ModelSettings
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import ModelsSpec
from toolgrad_dspy.tuning import TuningBudget

SPEC = CompileSpec(
    models=ModelsSpec({role: ModelSettings() for role in ROLES}),
    optimizer="bootstrap",
    program=ProgramConfig(iterations=3, base="plain"),
    tasks=TaskCounts(train=4, validation=4, test=4),
    budget=TuningBudget(metric_calls=20, threads=2),
)


class Interrupted(BaseException):
    """Stands for Ctrl-C."""
