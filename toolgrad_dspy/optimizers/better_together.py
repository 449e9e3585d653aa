"""Optimizers one after another (BetterTogether, arXiv 2407.10930), DSPy's implementation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import dspy
from dspy.teleprompt import Teleprompter

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import StopTuning
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

ARROW = "->"


class BetterTogether(Optimizer):
    """Runs optimizers in a row, each on the result of the one before it; the best of all stages is the result.

    The paper alternates between prompts and weights; DSPy's class runs any sequence. The stages share the sessions
    that are left after the validation tasks for the base and for stages that do not score their own result there.
    They share evenly, but none gets more than it can use; calls, dollars and minutes are shared in the same way. A
    stage that has used its share ends, and the next goes on with the best program so far. Raises UsageError for a
    sequence that cannot run.

    >>> from toolgrad_dspy.optimizers import optimizer
    >>> BetterTogether([optimizer("gepa"), optimizer("bootstrap")]).label
    'better-together: gepa -> bootstrap'
    """

    name: ClassVar[str] = "better-together"

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        if not optimizers:
            raise UsageError(f"{self.name} needs at least one optimizer to run", code="invalid_strategy")
        # Its stages take their sessions from a plan made once; a plan within a plan would not add up.
        if any(isinstance(stage, BetterTogether) for stage in optimizers):
            raise UsageError(f"{self.name} cannot be a stage of itself", code="invalid_strategy")
        self._optimizers = tuple(optimizers)

    @property
    def strategy(self) -> str:
        """The names of the stages, with arrows between them."""
        return f" {ARROW} ".join(stage.name for stage in self._optimizers)

    @property
    def label(self) -> str:
        return f"{self.name}: {self.strategy}"

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        for role in search.roles:
            getattr(student, role).predict.lm = search.models.lm(
                role
            )  # DSPy insists on one; it is what the predictor uses anyway
        # DSPy names stages in its strategy; a number tells apart two stages of one name.
        sizes = self._parts(search)
        stages = {
            f"stage{number}": _Stage(optimizer, search, size, size / sum(sizes[number:]))
            for number, (optimizer, size) in enumerate(zip(self._optimizers, sizes, strict=True))
        }
        result: dspy.Module = dspy.BetterTogether(metric=search.scoring.value, **stages).compile(
            student,
            trainset=search.train,
            valset=search.validation,
            num_threads=search.threads,
            seed=search.seed,
            strategy=f" {ARROW} ".join(stages),
        )
        for stage in stages.values():
            if stage.error is not None:
                raise stage.error
        return result

    def settings(self, search: Search) -> dict[str, object]:
        stages = [
            {"optimizer": optimizer.name, "sessions": size, **optimizer.settings(replace(search, sessions=size))}
            for optimizer, size in zip(self._optimizers, self._parts(search), strict=True)
        ]
        return {"strategy": self.strategy, "stages": stages}

    def _parts(self, search: Search) -> list[int]:
        """How many sessions each stage may score."""
        validations = 1 + sum(not optimizer.validates for optimizer in self._optimizers)
        left = max(0, search.sessions - validations * len(search.validation))
        usable = [optimizer.usable_sessions(search) for optimizer in self._optimizers]
        parts: dict[int, int] = {}
        # Those that can use least come first: what they leave goes to the others.
        for done, place in enumerate(sorted(range(len(usable)), key=usable.__getitem__)):
            share = min(usable[place], left // (len(usable) - done))
            parts[place] = max(1, share)
            left -= share
        return [parts[place] for place in range(len(usable))]


class _Stage(Teleprompter):
    """One of our optimizers in the form in which DSPy runs a sequence of them.

    DSPy ends the sequence at an error and says nothing; ``error`` is that of this stage.
    """

    def __init__(self, optimizer: Optimizer, search: Search, sessions: int, share: float) -> None:
        super().__init__()
        self.error: Exception | None = None
        self._optimizer = optimizer
        self._search = search
        self._sessions = sessions
        self._share = share

    def compile(self, student: Tunable, *, trainset: list[dspy.Example]) -> dspy.Module:
        whole = self._search.phase
        with whole.part(self._sessions, self._share) as phase:
            search = replace(self._search.within(phase, self._sessions), train=trainset)
            try:
                result = self._optimizer.search(student.within(phase, self._optimizer.visible_invocations), search)
            except StopTuning:
                whole.check()  # raises if it is not only this stage's share that is used up
                result = None
            except Exception as error:  # boundary: DSPy, to which it is passed on, drops it; here it is kept
                self.error = error
                raise
        if result is None:
            best = whole.evaluations.best(search.validation)
            return student if best is None else best.prompts.applied_to(student)
        # Of the result only its prompts: DSPy's classes leave marks on modules that others of them refuse.
        return Prompts.of(result).applied_to(student)
