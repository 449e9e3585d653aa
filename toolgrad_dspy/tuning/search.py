"""What an optimizer's search is given."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial

import dspy

from toolgrad_dspy.lm import Models, Role
from toolgrad_dspy.tuning.evaluations import Phase
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.prompt_model import prompt_model
from toolgrad_dspy.tuning.scoring import Scoring


@contextmanager
def session_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that run sessions. After an error or an interruption none begins what is still queued."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="toolgrad-evaluate")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search is given: tasks, ways to evaluate programs, a model that writes, and its share of the budget.

    ``sessions`` is how many scored sessions the search may plan for, ``roles`` are those whose predictors are tuned.
    :meth:`evaluate` and ``prompt_model`` keep to the whole budget by themselves: they raise StopTuning, which a
    search must let pass. What they run belongs to ``phase``.
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
    roles: tuple[Role, ...]
    phase: Phase

    def scores(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[float]:
        """The scores of ``program``, a Tunable, on ``tasks``, in their order. Raises StopTuning."""
        return [evaluation.score for evaluation in self.evaluate(program, tasks)]

    def evaluate(self, program: dspy.Module, tasks: Sequence[dspy.Example]) -> list[TaskEvaluation]:
        """The evaluations of ``program``, a Tunable, on ``tasks``, several at once. Raises StopTuning."""
        return [evaluations[0] for evaluations in self.evaluate_all([program], tasks)]

    def evaluate_all(
        self, programs: Sequence[dspy.Module], tasks: Sequence[dspy.Example]
    ) -> list[list[TaskEvaluation]]:
        """For each task the evaluations of ``programs``, Tunables. Raises StopTuning.

        They are begun task by task, and with another program first at each: what changes meanwhile, a server under
        load for instance, meets all programs alike.
        """
        order = [
            (number, (number + turn) % len(programs)) for number in range(len(tasks)) for turn in range(len(programs))
        ]
        with session_pool(self.threads) as pool:
            # A thread starts with empty context variables: without a copy it would not see dspy.context's settings.
            running = {
                (number, which): pool.submit(copy_context().run, partial(programs[which], **tasks[number].inputs()))
                for number, which in order
            }
            return [
                [running[number, which].result().evaluation for which in range(len(programs))]
                for number in range(len(tasks))
            ]

    def within(self, phase: Phase, sessions: int) -> "Search":
        """The same search in ``phase``, with ``sessions`` to plan for."""
        return replace(
            self,
            scoring=Scoring(self.evaluator, phase),
            prompt_model=prompt_model(self.models, phase),
            sessions=sessions,
            phase=phase,
        )
