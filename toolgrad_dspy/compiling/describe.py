"""Describing a program that was just tuned."""

from pathlib import Path

from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.compiling.description import (
    BudgetDescription,
    MetricDescription,
    ModelDescription,
    OptimizerDescription,
    ParentDescription,
    ProgramDescription,
    ProgramScores,
    TaskCounts,
    ToolsDescription,
    ValidationScores,
)
from toolgrad_dspy.compiling.stages import Compiled
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers.base import TuningResult
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.tuning import Prompts, TuningBudget


def describe(
    tuned: Compiled | TuningResult,
    base: ToolGrad,
    metric: Metric,
    models: Models,
    *,
    optimizer: str,
    budget: TuningBudget,
    seed: int,
    tasks: TaskCounts,
    tools: JsonValue,
    parent: Path | None = None,
    recorded: Path | None = None,
    trial: int | None = None,
) -> ProgramDescription:
    """How ``base`` was tuned: with test scores for what was compiled, without for what was only tuned.

    ``tools`` is how the run names its tools in public (``"world"``, or the servers without secrets); the library has
    to be open. ``parent`` is the file that ``base`` was loaded from. ``trial`` is the number of a sweep's trial:

        description = describe(
            tuning, program, metric, models,
            optimizer="gepa", budget=budget, seed=seed, tasks=TaskCounts(train=8, validation=8, test=0),
            tools="world", trial=trial.number,
        )
        save_program(path, tuning.program, description.stored())
    """
    tuning = tuned.tuning if isinstance(tuned, Compiled) else tuned
    return ProgramDescription(
        optimizer=OptimizerDescription.model_validate(
            {
                "name": optimizer,
                "settings": tuning.details,
                "budget": {name: getattr(budget, name) for name in BudgetDescription.model_fields},
                "seed": seed,
                "sessions": tuning.usage.metric_calls,
                "candidates": tuning.candidates,
                "stopped": tuning.stopped,
            }
        ),
        metric=MetricDescription.model_validate(metric.public()),
        recorded=None if recorded is None else str(recorded),
        tasks=tasks,
        scores=_scores(tuned),
        verdict=tuned.conclusion if isinstance(tuned, Compiled) else None,
        program=base.config,
        models={role: ModelDescription.model_validate(settings) for role, settings in models.public().items()},
        tools=ToolsDescription(source=tools, digest=base.library.digest),
        parent=ParentDescription(file=None if parent is None else str(parent), prompts=Prompts.of(base).digest),
        trial=trial,
        version=__version__,
    )


def _scores(tuned: Compiled | TuningResult) -> ProgramScores:
    tuning = tuned.tuning if isinstance(tuned, Compiled) else tuned
    (before, after), (fresh_before, fresh_after) = tuning.scores, tuning.fresh_scores
    validation = ValidationScores(
        before=before, after=after, fresh_before=fresh_before, fresh_after=fresh_after, fresh=tuning.fresh or None
    )
    if not isinstance(tuned, Compiled):
        return ProgramScores(validation=validation)
    comparison = tuned.comparison
    return ProgramScores(
        before=None if comparison.before is None else comparison.before.score,
        after=None if comparison.after is None else comparison.after.score,
        difference=comparison.difference,
        gain=None if comparison.difference is None else comparison.difference.is_gain,
        pairs=comparison.pairs,
        validation=validation,
    )
