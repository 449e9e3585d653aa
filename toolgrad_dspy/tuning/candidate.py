"""What tuning changes, the prompts of the tunable predictors, and how well each set of them did."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

import dspy

# DSPy notes on a demonstration whether it was bootstrapped and from which data set; prompts do not show these fields.
_INTERNAL = frozenset({"augmented", "dspy_uuid", "dspy_split"})


@dataclass(frozen=True, slots=True)
class Prompts:
    """``instructions`` and ``demos`` by predictor. A demonstration maps fields to plain JSON values.

    >>> import dspy
    >>> prompts = Prompts.of(dspy.Predict("question -> answer"))
    >>> reworded = Prompts({"self": "Answer in one word."}, prompts.demos)
    >>> reworded.applied_to(dspy.Predict("question -> answer")).signature.instructions
    'Answer in one word.'
    """

    instructions: Mapping[str, str]
    demos: Mapping[str, tuple[Mapping[str, Any], ...]]

    @classmethod
    def of(cls, module: dspy.Module) -> Self:
        """The prompts of ``module``: a program, or what an optimizer made of one."""
        predictors = dict(module.named_predictors())
        return cls(
            {name: predictor.signature.instructions for name, predictor in predictors.items()},
            {name: tuple(_plain(demo) for demo in predictor.demos) for name, predictor in predictors.items()},
        )

    @property
    def digest(self) -> str:
        """Equal for prompts that are equal, in the same order."""
        text = json.dumps([dict(self.instructions), dict(self.demos)], default=str)
        # A model may have written a lone surrogate, which UTF-8 cannot encode.
        return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()

    def applied_to(self, program: dspy.Module) -> dspy.Module:
        """A copy of ``program`` that has these prompts; its frozen parts, models and fields stay as they are."""
        copy = program.deepcopy()
        for name, predictor in copy.named_predictors():
            # with_instructions makes a new class: the signature itself is shared by all copies of a program.
            predictor.signature = predictor.signature.with_instructions(self.instructions[name])
            predictor.demos = [dspy.Example(**demo) for demo in self.demos[name]]
        return copy


@dataclass(slots=True)
class Candidate:
    """Prompts that were evaluated, and their scores by the index of the task."""

    prompts: Prompts
    scores: dict[int, float] = field(default_factory=dict)

    def mean(self, tasks: Sequence[dspy.Example]) -> float | None:
        """The mean score on ``tasks``, None if one of them was not evaluated."""
        if any(task.index not in self.scores for task in tasks):
            return None
        return sum(self.scores[task.index] for task in tasks) / len(tasks)


def _plain(demo: dspy.Example | Mapping[str, Any]) -> dict[str, Any]:
    fields = demo.toDict() if isinstance(demo, dspy.Example) else dict(demo)
    return {name: value for name, value in fields.items() if name not in _INTERNAL}
