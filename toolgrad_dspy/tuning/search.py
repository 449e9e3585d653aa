"""What an optimizer's search has to work with."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

import dspy

from toolgrad_dspy.lm import Models
from toolgrad_dspy.tuning.evaluations import Evaluations
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.scoring import Scoring


@dataclass(frozen=True, slots=True)
class Search:
    """What a search has to work with. ``sessions`` is its share of the budget."""

    train: list[dspy.Example]
    validation: list[dspy.Example]
    arena: Evaluator
    scoring: Scoring
    prompt_model: dspy.LM
    models: Models
    ledger: Evaluations
    sessions: int
    threads: int
    seed: int

    def play(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[float]:
        """The scores of ``program`` on ``tasks``, several played at once. Raises StopTuning."""
        return [played.score for played in self.played(program, tasks)]

    def played(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[TaskEvaluation]:
        """What ``program``, a Tunable, made of ``tasks``, several played at once. Raises StopTuning."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="toolgrad-play") as pool:
            running = [pool.submit(copy_context().run, partial(program, **task.inputs())) for task in tasks]
        return [one.result().played for one in running]
