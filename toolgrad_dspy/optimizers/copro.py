"""COPRO: coordinate ascent over instructions, written from scored ones (as OPRO, arXiv 2309.03409), in DSPy."""

from typing import ClassVar

import dspy

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.prompt_model import TEMPERATURE
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# Instructions tried for each predictor in a round, and rounds; the first pair that fits the budget is taken.
LADDER = ((5, 2), (4, 2), (3, 2), (2, 2), (2, 1))
# On fewer tasks than this, one lucky session decides.
ENOUGH_TASKS = 5


class Copro(Optimizer):
    """Has instructions proposed, first from the present one and then from scored ones, one predictor at a time.

    A round tries all instructions of a predictor, with the best so far of the others, on the same training tasks.
    DSPy proposes from instructions and scores alone: there are no demonstrations and no feedback.
    """

    name: ClassVar[str] = "copro"
    validates: ClassVar[bool] = False

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        breadth, depth, tasks = _plan(search)
        result: dspy.Module = dspy.COPRO(
            prompt_model=search.prompt_model,
            metric=search.scoring.value,
            breadth=breadth,
            depth=depth,
            init_temperature=TEMPERATURE,
        ).compile(
            student,
            trainset=search.train[:tasks],
            eval_kwargs={"num_threads": search.threads, "display_progress": False},
        )
        return result

    def settings(self, search: Search) -> dict[str, object]:
        breadth, depth, tasks = _plan(search)
        return {"breadth": breadth, "depth": depth, "tasks": tasks}


def _plan(search: Search) -> tuple[int, int, int]:
    """Breadth, depth, and how many training tasks each instruction is tried on."""
    enough = min(ENOUGH_TASKS, len(search.train))
    for breadth, depth in LADDER:
        tasks = search.sessions // tried_programs(breadth, depth, len(search.roles))
        if tasks >= enough:
            break
    return breadth, depth, max(1, min(tasks, len(search.train)))


def tried_programs(breadth: int, depth: int, predictors: int) -> int:
    """How many different programs are tried at most.

    Round k tries ``k * breadth`` instructions for each predictor: all earlier ones again. Except in the very first
    turn, one of these, the best together with the best of the others, was tried before and is not run again.
    """
    return predictors * breadth * depth * (depth + 1) // 2 - (predictors * depth - 1)
