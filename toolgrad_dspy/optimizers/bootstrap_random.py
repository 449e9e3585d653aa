"""Random search over bootstrapped demonstrations (DSPy, arXiv 2310.03714, section 4)."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import DEMONSTRATIONS, TEACHER_SHARE, UNLABELLED, TeacherPlan, teach
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# DSPy's default.
CANDIDATES = 16
# DSPy's numbers for the program without demonstrations and for the best ones in their order; 0 and above are random
# choices of random size.
_NONE, _IN_ORDER = -3, -1


class BootstrapRandom(Optimizer):
    """Tries several choices of demonstrations with DSPy's BootstrapFewShotWithRandomSearch, on the validation tasks.

    Its sessions: the teacher's, and the validation tasks for each choice, for no demonstrations, and for the base.
    """

    name: ClassVar[str] = "bootstrap-random"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        plan, candidates = self._plan(search)
        search.evaluate(student, search.validation)  # first: a budget that ends early must not leave out the base
        teacher, tasks = teach(student, search, plan)
        if not tasks:  # no session is worth showing: the base is the result
            return None
        return dspy.BootstrapFewShotWithRandomSearch(
            metric=search.scoring.value,
            max_bootstrapped_demos=DEMONSTRATIONS,
            num_candidate_programs=candidates,
            num_threads=search.threads,
            **UNLABELLED,
        ).compile(
            student,
            teacher=teacher,
            trainset=tasks,
            valset=search.validation,
            restrict=[_NONE, _IN_ORDER, *range(candidates)],
        )

    def settings(self, search: Search) -> dict[str, object]:
        plan, candidates = self._plan(search)
        return {"demonstrations": DEMONSTRATIONS, "candidates": candidates, **plan.settings()}

    def _plan(self, search: Search) -> tuple[TeacherPlan, int]:
        """The teacher's plan, and how many random choices fit in beside it."""
        plan = TeacherPlan.within(search.sessions // TEACHER_SHARE, search)
        validations = (search.sessions - plan.sessions) // len(search.validation)
        # Three more: no demonstrations, those in their order, and the base, in case it has demonstrations itself.
        return plan, max(1, min(CANDIDATES, validations - 3))
