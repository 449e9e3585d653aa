"""Rules induced from demonstrations: DSPy's InferRules, which has no paper of its own."""

import json
from typing import Any, ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.demonstrations import TEACHING, UNLABELLED, Sampling, taught
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# All of them are in one prompt: three hold about 16,000 characters.
DEMONSTRATIONS = 3
RULES = 5
# DSPy's default.
CANDIDATES = 10


class InferRules(Optimizer):
    """Bootstraps demonstrations, has rules written that they follow, and appends those to the instructions.

    The best on the validation tasks of several tries. Its sessions: the teacher's, and the validation tasks for each
    try and for the base.
    """

    name: ClassVar[str] = "infer-rules"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        sampling, candidates = self._plan(search)
        search.play(student, search.validation)  # first: a budget that ends early must not leave out the base
        teacher, tasks = taught(student, search, sampling)
        if not tasks:
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
        sampling, candidates = self._plan(search)
        return {
            "demonstrations": DEMONSTRATIONS,
            "rules": RULES,
            "candidates": candidates,
            **sampling.settings(),
        }

    def _plan(self, search: Search) -> tuple[Sampling, int]:
        """The sampling, and how many tries fit in beside it."""
        sampling = Sampling.within(search.sessions // TEACHING, search)
        validations = (search.sessions - sampling.sessions) // len(search.validation)
        return sampling, max(1, min(CANDIDATES, validations - 1))


def _own_signatures(student: Tunable) -> dspy.Module:
    """A copy with signature classes of its own: DSPy assigns to them, and copies of a program share them."""
    return Prompts.of(student).given_to(student)


class _Inducing(dspy.InferRules):
    """InferRules on bootstrapped demonstrations, without changes to classes that candidates share.

    DSPy induces from the training tasks themselves, which have none of a predictor's fields here.
    """

    def get_predictor_demos(self, trainset: list[dspy.Example], predictor: dspy.Predict) -> list[dict[str, str]]:
        return [{name: _shown(value) for name, value in demo.items()} for demo in predictor.demos]

    def induce_natural_language_rules(self, predictor: dspy.Predict, trainset: list[dspy.Example]) -> str:
        try:
            rules: str = super().induce_natural_language_rules(predictor, trainset)
        except AssertionError as error:  # that the failure was of another kind, which is the one to tell
            raise error.__context__ or error from None
        return rules

    def update_program_instructions(self, predictor: dspy.Predict, natural_language_rules: str) -> None:
        predictor.signature = predictor.signature.with_instructions(
            f"{predictor.signature.instructions}\n\n"
            f"Please adhere to the following rules when making your prediction:\n{natural_language_rules}"
        )


def _shown(value: Any) -> str:
    """As a demonstration in a prompt shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
