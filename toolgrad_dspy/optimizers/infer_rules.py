"""Rules induced from demonstrations: DSPy's InferRules, which has no paper of its own."""

import json
from typing import Any, ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.demonstrations import TEACHER_SHARE, UNLABELLED, TeacherPlan, teach
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# All of them are in one prompt of the reflection model: three are about 16,000 characters.
DEMONSTRATIONS = 3
RULES = 5
# DSPy's default.
CANDIDATES = 10


class InferRules(Optimizer):
    """Bootstraps demonstrations, has the rules written that they follow, and appends the rules to the instructions.

    The result is the best of several tries on the validation tasks. Its sessions: the teacher's, and the validation
    tasks for each try and for the base.
    """

    name: ClassVar[str] = "infer-rules"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        plan, candidates = self._plan(search)
        search.evaluate(student, search.validation)  # first: a budget that ends early must not leave out the base
        teacher, tasks = teach(student, search, plan)
        if not tasks:  # no session is worth showing: the base is the result
            return None
        return _Inducing(
            num_candidates=candidates,
            num_rules=RULES,
            num_threads=search.threads,
            metric=search.scoring.value,
            max_bootstrapped_demos=DEMONSTRATIONS,
            **UNLABELLED,
        ).compile(_own_signatures(student), teacher=teacher, trainset=tasks, valset=search.validation)

    def settings(self, search: Search) -> dict[str, object]:
        plan, candidates = self._plan(search)
        return {"demonstrations": DEMONSTRATIONS, "rules": RULES, "candidates": candidates, **plan.settings()}

    def _plan(self, search: Search) -> tuple[TeacherPlan, int]:
        """The teacher's plan, and how many tries fit in beside it and the base."""
        plan = TeacherPlan.within(search.sessions // TEACHER_SHARE, search)
        validations = (search.sessions - plan.sessions) // len(search.validation)
        return plan, max(1, min(CANDIDATES, validations - 1))


def _own_signatures(student: Tunable) -> dspy.Module:
    """A copy with signature classes of its own: DSPy assigns to them, and copies of a program share them."""
    return Prompts.of(student).applied_to(student)


class _Inducing(dspy.InferRules):
    """InferRules on bootstrapped demonstrations, and without changes to classes that candidates share.

    DSPy infers rules from the training tasks themselves, which here have none of a predictor's fields.
    """

    def get_predictor_demos(self, trainset: list[dspy.Example], predictor: dspy.Predict) -> list[dict[str, str]]:
        return [{name: _shown(value) for name, value in demo.items()} for demo in predictor.demos]

    def induce_natural_language_rules(self, predictor: dspy.Predict, trainset: list[dspy.Example]) -> str:
        try:
            rules: str = super().induce_natural_language_rules(predictor, trainset)
        except AssertionError as error:  # DSPy's own check of the kind of failure; the failure itself is of use
            raise error.__context__ or error from None
        return rules

    def update_program_instructions(self, predictor: dspy.Predict, natural_language_rules: str) -> None:
        predictor.signature = predictor.signature.with_instructions(
            f"{predictor.signature.instructions}\n\n"
            f"Please adhere to the following rules when making your prediction:\n{natural_language_rules}"
        )


def _shown(value: Any) -> str:
    """``value`` as a demonstration in a prompt shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
