"""Bootstrapped demonstrations (DSPy, arXiv 2310.03714, section 4), DSPy's BootstrapFewShot."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import DEMONSTRATIONS, DRAWS, UNLABELLED, Sampling, taught
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable


class Bootstrap(Optimizer):
    """Shows each predictor its best steps of the best sessions.

    DSPy takes the first tasks on which the teacher comes off well; here those on which it comes off best. They take
    the place of demonstrations that the program had: with those the teacher plays.
    """

    name: ClassVar[str] = "bootstrap"
    validates: ClassVar[bool] = False

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        teacher, tasks = taught(student, search, self._sampling(search))
        if not tasks:
            return None
        return dspy.BootstrapFewShot(
            metric=search.scoring.value, max_bootstrapped_demos=DEMONSTRATIONS, **UNLABELLED
        ).compile(student, teacher=teacher, trainset=tasks)

    def settings(self, search: Search) -> dict[str, object]:
        return {"demonstrations": DEMONSTRATIONS, **self._sampling(search).settings()}

    def most(self, search: Search) -> int:
        return min(search.sessions, DRAWS * len(search.train))

    def _sampling(self, search: Search) -> Sampling:
        return Sampling.within(search.sessions, search)
