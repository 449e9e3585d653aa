"""What an optimizer's search is given."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

import dspy

from toolgrad_dspy.lm import Models
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.scoring import Scoring


@dataclass(frozen=True, slots=True)
class Search:
    """What a search is given: tasks, ways to evaluate programs, a model that writes, and its share of the budget.

    ``sessions`` is how many scored sessions the search may plan for. :meth:`evaluate` and ``prompt_model`` keep to
    the whole budget by themselves: they raise StopTuning, which a search must let pass.
    """

    train: list[dspy.Example]
    validation: list[dspy.Example]
    evaluator: Evaluator
    scoring: Scoring
    prompt_model: dspy.LM
    models: Models
    sessions: int
    threads: int
    seed: int

    def scores(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[float]:
        """The scores of ``program``, a Tunable, on ``tasks``, in their order. Raises StopTuning."""
        return [evaluation.score for evaluation in self.evaluate(program, tasks)]

    def evaluate(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[TaskEvaluation]:
        """The evaluations of ``program``, a Tunable, on ``tasks``, several at once. Raises StopTuning."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="toolgrad-evaluate") as pool:
            # A thread starts with empty context variables: without a copy it would not see dspy.context's settings.
            running = [pool.submit(copy_context().run, partial(program, **task.inputs())) for task in tasks]
        return [future.result().evaluation for future in running]
