"""Optimizers in a row: every stage gets its share, whatever binds."""

from dataclasses import replace

import dspy
import pytest

from tests.support.open_world import library
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import Optimizer, optimizer
from toolgrad_dspy.optimizers.better_together import BetterTogether
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import LiveEvaluator, Search, Tunable, TuningBudget

__all__ = ["library"]

BUDGET = TuningBudget(metric_calls=72, threads=4)


class Watched(Optimizer):
    """Another optimizer, of which one knows how many sessions it scored."""

    def __init__(self, inner: Optimizer) -> None:
        self.name = inner.name  # type: ignore[misc]  # as of the class
        self.validates = inner.validates  # type: ignore[misc]  # as of the class
        self.scored = 0
        self._inner = inner
        self.visible_invocations = inner.visible_invocations  # type: ignore[method-assign]  # as it is
        self.usable_sessions = inner.usable_sessions  # type: ignore[method-assign]  # as it is

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        before = search.phase.evaluations.begun
        try:
            return self._inner.search(student, search)
        finally:
            self.scored = search.phase.evaluations.begun - before


@pytest.mark.slow
@pytest.mark.parametrize("names", [("gepa", "bootstrap"), ("gepa", "gepa"), ("copro", "gepa", "bootstrap")])
@pytest.mark.parametrize("limits", [{}, {"lm_calls": 300}, {"lm_calls": 200}])
def test_every_stage_begins_and_scores_sessions(
    library: Library, names: tuple[str, ...], limits: dict[str, int]
) -> None:
    stages = [Watched(optimizer(name)) for name in names]
    models = Models.from_environment()
    result = BetterTogether(stages).tune(
        ToolGrad(library, models, ProgramConfig(iterations=2, base="plain")),
        draw(0, 4, 4, 0),
        LiveEvaluator(Metric()),
        models,
        budget=replace(BUDGET, **limits),
        seed=0,
    )
    assert all(stage.scored > 0 for stage in stages)
    assert result.usage.metric_calls <= BUDGET.metric_calls
    assert models.meter.calls <= limits.get("lm_calls", models.meter.calls)
    assert bool(limits) == (result.stop_cause == "lm_calls")
