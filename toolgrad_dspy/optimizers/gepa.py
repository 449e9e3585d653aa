"""GEPA: reflective prompt evolution (arXiv 2507.19457), DSPy's implementation."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# GEPA counts sessions that it asks for again, which cost nothing here. So it may ask for this many times its
# sessions: the budget ends it earlier, unless it makes no progress and only asks for the same sessions again.
REPEATS = 2


class Gepa(Optimizer):
    """Mutates instructions by reflection on feedback, and keeps a Pareto front over the validation tasks."""

    name: ClassVar[str] = "gepa"

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        return dspy.GEPA(
            metric=search.scoring.with_feedback,
            max_metric_calls=REPEATS * search.sessions,
            reflection_lm=search.prompt_model,
            num_threads=search.threads,
            seed=search.seed,
            warn_on_score_mismatch=False,
        ).compile(student, trainset=search.train, valset=search.validation)
