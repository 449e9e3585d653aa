"""Bootstrapped demonstrations (DSPy, arXiv 2310.03714, section 4), DSPy's BootstrapFewShot."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import DEMONSTRATIONS, DRAWS, UNLABELLED, TeacherPlan, teach
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable


class Bootstrap(Optimizer):
    """Shows each predictor its best invocations of the best sessions.

    DSPy takes the first tasks on which the teacher does well; here it is given those on which it does best. The new
    demonstrations replace those that the program had, which the teacher still has.
    """

    name: ClassVar[str] = "bootstrap"
    validates: ClassVar[bool] = False

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        teacher, tasks = teach(student, search, self._teacher_plan(search))
        if not tasks:  # no session is worth showing: the base is the result
            return None
        return dspy.BootstrapFewShot(
            metric=search.scoring.value, max_bootstrapped_demos=DEMONSTRATIONS, **UNLABELLED
        ).compile(student, teacher=teacher, trainset=tasks)

    def settings(self, search: Search) -> dict[str, object]:
        return {"demonstrations": DEMONSTRATIONS, **self._teacher_plan(search).settings()}

    def usable_sessions(self, search: Search) -> int:
        return min(search.sessions, DRAWS * len(search.train))

    def _teacher_plan(self, search: Search) -> TeacherPlan:
        return TeacherPlan.within(search.sessions, search)
