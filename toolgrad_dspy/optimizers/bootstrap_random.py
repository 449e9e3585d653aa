"""Random search over bootstrapped demonstrations (DSPy, arXiv 2310.03714, section 4)."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import DEMONSTRATIONS, TEACHING, UNLABELLED, Sampling, taught
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# DSPy's default.
CANDIDATES = 16
# DSPy's numbers for the program without demonstrations and for the best ones in their order; 0 and above are random
# choices of random size.
_NONE, _IN_ORDER = -3, -1


class BootstrapRandom(Optimizer):
    """Tries several choices of demonstrations, DSPy's BootstrapFewShotWithRandomSearch, on the validation tasks.

    Its sessions: the teacher's, and the validation tasks for each choice, for no demonstrations, and for the base.
    """

    name: ClassVar[str] = "bootstrap-random"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        sampling, candidates = self._plan(search)
        search.play(student, search.validation)  # first: a budget that ends early must not leave out the base
        teacher, tasks = taught(student, search, sampling)
        if not tasks:
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
        sampling, candidates = self._plan(search)
        return {"demonstrations": DEMONSTRATIONS, "candidates": candidates, **sampling.settings()}

    def _plan(self, search: Search) -> tuple[Sampling, int]:
        """The sampling, and how many random choices fit in beside it."""
        sampling = Sampling.within(search.sessions // TEACHING, search)
        validations = (search.sessions - sampling.sessions) // len(search.validation)
        # Beside the random ones there are the two others, and the base unless it has no demonstrations itself.
        return sampling, max(1, min(CANDIDATES, validations - 3))
