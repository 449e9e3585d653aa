"""Bootstrapped demonstrations chosen by Optuna's search (TPE, Bergstra et al., NeurIPS 2011)."""

import contextlib
from collections.abc import Iterator
from math import isqrt
from typing import Any, ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import DEMONSTRATIONS, TEACHER_SHARE, UNLABELLED, TeacherPlan, teach
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# DSPy's default.
TRIALS = 16


class BootstrapOptuna(Optimizer):
    """Picks one demonstration for each predictor with DSPy's BootstrapFewShotWithOptuna, on the validation tasks.

    Its sessions: the teacher's, and the validation tasks for each trial and for the base. A trial that repeats the
    choice of another costs nothing.
    """

    name: ClassVar[str] = "bootstrap-optuna"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        plan, trials = self._plan(search)
        search.evaluate(student, search.validation)  # first: a budget that ends early must not leave out the base
        teacher, tasks = teach(student, search, plan)
        if not tasks:  # no session is worth showing: the base is the result
            return None
        with _seeded(search.seed):
            return _Choosing(
                metric=search.scoring.value,
                num_candidate_programs=trials,
                num_threads=search.threads,
                **UNLABELLED,
            ).compile(
                student,
                teacher=teacher,
                max_demos=_choices(trials),
                trainset=tasks,
                valset=search.validation,
            )

    def settings(self, search: Search) -> dict[str, object]:
        plan, trials = self._plan(search)
        return {"choices": _choices(trials), "trials": trials, **plan.settings()}

    def _plan(self, search: Search) -> tuple[TeacherPlan, int]:
        """The teacher's plan, and how many trials fit in beside it and the base."""
        plan = TeacherPlan.within(search.sessions // TEACHER_SHARE, search)
        validations = (search.sessions - plan.sessions) // len(search.validation)
        return plan, max(1, min(TRIALS, validations - 1))


class _Choosing(dspy.BootstrapFewShotWithOptuna):
    """DSPy's, for programs of which a predictor may have no demonstration: nothing had to be mended, say."""

    def objective(self, trial: Any) -> float:
        program = self.student.reset_copy()
        demonstrated = dict(self.compiled_teleprompter.named_predictors())
        for name, predictor in program.named_predictors():
            demos = demonstrated[name].demos
            if demos:
                chosen = trial.suggest_int(f"demo_index_for_{name}", 0, len(demos) - 1)
                predictor.demos = [dict(demos[chosen])]
        evaluate = dspy.Evaluate(
            devset=self.valset,
            metric=self.metric,
            num_threads=self.num_threads,
            display_table=False,
            display_progress=False,
        )
        score = float(evaluate(program).score)
        trial.set_user_attr("program", program)
        return score


def _choices(trials: int) -> int:
    """How many demonstrations each predictor chooses from: so many that half of all pairs can be tried."""
    return min(DEMONSTRATIONS, isqrt(2 * trials))


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Give a seed to studies that are made meanwhile: DSPy makes one without, and has no way to pass one."""
    import optuna

    original = optuna.create_study

    def create_study(**settings: Any) -> optuna.Study:
        return original(sampler=optuna.samplers.TPESampler(seed=seed), **settings)

    optuna.create_study = create_study
    try:
        yield
    finally:
        optuna.create_study = original
