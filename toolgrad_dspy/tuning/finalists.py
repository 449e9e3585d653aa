"""Choosing the result of a tuning: the best candidates are scored once more, on tasks that nothing was chosen by.

The best of many candidates on the validation tasks is there partly by luck: of equal ones the luckiest is chosen
(``benchmarks/finalists.py`` measures it). On fresh tasks luck is drawn anew.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import dspy

from toolgrad_dspy.program import Tasks
from toolgrad_dspy.tuning.candidate import Candidate, Prompts
from toolgrad_dspy.tuning.evaluations import Evaluations, StopTuning
from toolgrad_dspy.tuning.evaluator import Evaluator
from toolgrad_dspy.tuning.ledger import TuningBudget
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# How many candidates are scored again, the base among them.
FINALISTS = 3
# Of a budget's sessions, one in this many is kept for that.
SHARE = 4


@dataclass(frozen=True, slots=True)
class FreshTasks:
    """``tasks`` that neither train, validation nor test use. ``sessions`` is what all finalists take on them."""

    tasks: list[dspy.Example]

    @property
    def sessions(self) -> int:
        return FINALISTS * len(self.tasks)


@dataclass(frozen=True, slots=True)
class Final:
    """The ``best`` candidate, and the ``base``. ``fresh_scores`` are the means of base and best on the fresh tasks,
    of which ``tasks`` were run by all finalists; None where none was.
    """

    best: Candidate
    base: Candidate
    fresh_scores: tuple[float | None, float | None] = (None, None)
    tasks: int = 0


def fresh_tasks(tasks: Tasks, budget: TuningBudget, evaluator: Evaluator) -> FreshTasks:
    """As many as there are validation tasks, if the budget allows and the evaluator knows so many."""
    fresh = following(tasks, fresh_number(tasks, budget))
    return FreshTasks([task for task in fresh if evaluator.knows(task.seed, task.index)])


def fresh_number(tasks: Tasks, budget: TuningBudget) -> int:
    """How many fresh tasks a tuning has at most."""
    return min(len(tasks.validation), budget.metric_calls // SHARE // FINALISTS)


def following(tasks: Tasks, number: int) -> list[dspy.Example]:
    """The ``number`` tasks after all of ``tasks``."""
    used = [*tasks.train, *tasks.validation, *tasks.test]
    first = 1 + max(task.index for task in used)
    return [
        dspy.Example(seed=used[0].seed, index=index).with_inputs("seed", "index")
        for index in range(first, first + number)
    ]


def final(student: Tunable, search: Search, evaluations: Evaluations, tasks: Sequence[dspy.Example]) -> Final:
    """The best of the finalists: by the mean over validation and fresh tasks together, the first of equals.

    ``student`` has the base's prompts. Where the base is the best already, and where fresh tasks cannot be run, the
    validation tasks decide.
    """
    base = evaluations.candidate(Prompts.of(student))
    finalists = _finalists(base, evaluations, search.validation)
    if finalists[0] is base or not tasks:
        return Final(finalists[0], base)
    with suppress(StopTuning):  # what was scored until then counts
        search.evaluate_all([candidate.prompts.applied_to(student) for candidate in finalists], tasks)
    # Where one of them was not scored, the others are not compared.
    ran = [task for task in tasks if all(task.index in candidate.scores for candidate in finalists)]
    if not ran:
        return Final(finalists[0], base)
    best = max(finalists, key=lambda candidate: candidate.mean([*search.validation, *ran]) or 0.0)
    return Final(best, base, (base.mean(ran), best.mean(ran)), len(ran))


def _finalists(base: Candidate, evaluations: Evaluations, validation: Sequence[dspy.Example]) -> list[Candidate]:
    """The best that are ahead of the base on the validation tasks, the best first, and the base.

    The base alone if it was not scored on all of them: then nothing is known to be better.
    """
    ranked = [candidate.prompts.digest for candidate in evaluations.ranked(validation)]
    if base.prompts.digest not in ranked:
        return [base]
    ahead = evaluations.ranked(validation)[: ranked.index(base.prompts.digest)]
    return [*ahead[: FINALISTS - 1], base]
