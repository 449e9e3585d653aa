"""Optimizers one after another (BetterTogether, arXiv 2407.10930), DSPy's implementation."""

from dataclasses import replace
from typing import ClassVar

import dspy
from dspy.teleprompt import Teleprompter

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import TUNED_ROLES, Tunable

# Instructions first: demonstrations of a tuned program show what its instructions brought about.
STRATEGY = "gepa -> bootstrap"
ARROW = "->"


class BetterTogether(Optimizer):
    """Runs optimizers in a row, each on what the one before it made; the best of all stages is the result.

    The paper alternates between prompts and weights; DSPy's class runs any sequence. ``strategy`` names optimizers,
    separated by arrows. They share the sessions that are left after the validation tasks for the base and for stages
    that leave them out: evenly, but none gets more than it can use. Raises UsageError for a strategy that cannot run.
    """

    name: ClassVar[str] = "better-together"

    def __init__(self, strategy: str = STRATEGY) -> None:
        self._optimizers = _named(strategy)
        self.strategy = f" {ARROW} ".join(one.name for one in self._optimizers)

    @property
    def label(self) -> str:
        return f"{self.name}: {self.strategy}"

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        for role, predictor in zip(TUNED_ROLES, student.predictors(), strict=True):
            predictor.lm = search.models.lm(role)  # DSPy asks for one on each, and these are what they use anyway
        parts = self._parts(search)
        stages = {one.name: _Stage(one, parts[one.name]) for one in self._optimizers}
        found: dspy.Module = dspy.BetterTogether(metric=search.scoring.value, **stages).compile(
            student,
            trainset=search.train,
            valset=search.validation,
            num_threads=search.threads,
            seed=search.seed,
            strategy=self.strategy,
        )
        for stage in stages.values():
            if stage.error is not None:
                raise stage.error
        return found

    def settings(self, search: Search) -> dict[str, object]:
        parts = self._parts(search)
        stages = [
            {"optimizer": one.name, "sessions": parts[one.name].sessions, **one.settings(parts[one.name])}
            for one in self._optimizers
        ]
        return {"strategy": self.strategy, "stages": stages}

    def _parts(self, search: Search) -> dict[str, Search]:
        """What the stages have to work with, by optimizer: those that can use least come first."""
        validations = 1 + sum(not one.validates for one in self._optimizers)
        left = max(0, search.sessions - validations * len(search.validation))
        parts = {}
        for done, one in enumerate(sorted(self._optimizers, key=lambda one: one.most(search))):
            share = min(one.most(search), left // (len(self._optimizers) - done))
            parts[one.name] = replace(search, sessions=max(1, share))
            left -= share
        return parts


class _Stage(Teleprompter):
    """One of our optimizers in the form in which DSPy runs a sequence of them.

    DSPy ends the sequence at an error and says nothing; ``error`` is that of this stage.
    """

    def __init__(self, optimizer: Optimizer, part: Search) -> None:
        super().__init__()
        self.error: Exception | None = None
        self._optimizer = optimizer
        self._part = part

    def compile(self, student: Tunable, *, trainset: list[dspy.Example]) -> dspy.Module:
        search = replace(self._part, train=trainset)
        try:
            found = self._optimizer.search(student.showing(self._optimizer.shown), search)
        except Exception as error:  # DSPy catches the same and drops it
            self.error = error
            raise
        # Of the result only its prompts: DSPy's classes leave marks on modules that others of them refuse.
        return Prompts.of(student if found is None else found).given_to(student)


def _named(strategy: str) -> list[Optimizer]:
    """The optimizers that ``strategy`` names, in its order."""
    from toolgrad_dspy.optimizers.registry import optimizer  # which has this class in it

    names = [name.strip() for name in strategy.split(ARROW)]
    if not all(names):
        raise UsageError(f"a strategy is names of optimizers with {ARROW!r} between them, such as {STRATEGY!r}")
    if BetterTogether.name in names:
        raise UsageError(f"the strategy {strategy!r} has {BetterTogether.name} in it, which cannot run itself")
    return [optimizer(name) for name in names]
