"""What to compile, as data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolgrad_dspy.compiling.description import TaskCounts
from toolgrad_dspy.errors import UsageError, hint, one_line
from toolgrad_dspy.lm import LOOP_ROLES, Role
from toolgrad_dspy.metrics import MetricConfig
from toolgrad_dspy.optimizers.base import FEWEST_TASKS
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import ModelsSpec, ToolsSpec, WorldTools
from toolgrad_dspy.tuning import TuningBudget

# Smaller than what a run takes: a compile plays a hundred sessions before the first sample is made.
TASKS = TaskCounts(train=8, validation=8, test=16)
ITERATIONS = 5


@dataclass(frozen=True, slots=True)
class CompileSpec:
    """What to compile, as data. Every field has the default of the command line.

    - ``tools``, ``models``: what the program works with, as in a :class:`~toolgrad_dspy.runs.RunSpec`.
    - ``parent``: a program file to start from, in place of the untuned program.
    - ``optimizer``, ``strategy``: a name of :data:`~toolgrad_dspy.optimizers.OPTIMIZERS`, and what better-together
      runs.
    - ``tuned``: the roles whose prompts are tuned; of ``proposer``, ``selector``, ``updater``, ``executor``.
    - ``program``, ``metric``: the settings of the loop and of the metric.
    - ``tasks``: how many tasks of each kind are drawn; at least 4 to train, 4 to validate and 1 to test (the
      command asks for 4: a mean over fewer says little).
    - ``budget``: what all stages together may use. Models of known price cost 5 US dollars at most unless ``usd`` is
      raised on purpose.
    - ``record``: a recording to tune on without tools, made first if the file does not exist.
    """

    tools: ToolsSpec = field(default_factory=WorldTools)
    models: ModelsSpec = field(default_factory=ModelsSpec.from_environment)
    parent: Path | None = None
    optimizer: str = "gepa"
    strategy: str | None = None
    tuned: tuple[Role, ...] = ("proposer", "selector")
    program: ProgramConfig = field(default_factory=lambda: ProgramConfig(iterations=ITERATIONS))
    metric: MetricConfig = field(default_factory=MetricConfig)
    tasks: TaskCounts = TASKS
    budget: TuningBudget = field(default_factory=TuningBudget)
    seed: int = 0
    record: Path | None = None


def check_tasks(tasks: TaskCounts) -> None:
    """Raise UsageError for too few tasks: tuning would, but only after the base program was scored."""
    for name, count, fewest in (
        ("training", tasks.train, FEWEST_TASKS),
        ("validation", tasks.validation, FEWEST_TASKS),
        ("test", tasks.test, 1),
    ):
        if count < fewest:
            raise UsageError(f"too few {name} tasks: {count}; at least {fewest} are needed", code="too_few_tasks")


def check_roles(roles: Sequence[str]) -> None:
    """Raise UsageError (``unknown_role``) for anything but roles whose prompts can be tuned."""
    for role in roles or ("",):
        if role not in LOOP_ROLES:
            raise UsageError(
                f"no role {one_line(role, 40)!r} can be tuned; {hint(role, LOOP_ROLES)}", code="unknown_role"
            )
