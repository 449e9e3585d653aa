"""How much better the best of many equal candidates looks than it is, chosen once and chosen among finalists.

    python benchmarks/finalists.py [--candidates 14] [--repetitions 200] [--sessions 240] [--spread 0.1]

Every candidate is as good as the base: each session's score is 0.5 and noise. What an optimizer reports of the
candidate that it chooses is therefore too high by what is printed here.
"""

import argparse
from collections import defaultdict
from random import Random
from statistics import mean, stdev

import dspy

from toolgrad_dspy.lm import REHEARSAL, ROLES, Models, ModelSettings
from toolgrad_dspy.metrics import Finding
from toolgrad_dspy.optimizers import Optimizer
from toolgrad_dspy.program import ToolGrad, draw
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Evaluator, Prompts, Search, TaskEvaluation, Tunable, TuningBudget

TRUTH = 0.5


class Noisy(Evaluator):
    """Scores of :data:`TRUTH` and normal noise, by prompts and task. ``scores`` keeps them."""

    def __init__(self, seed: int, spread: float) -> None:
        self.scores: dict[str, dict[int, float]] = defaultdict(dict)
        self._seed = seed
        self._spread = spread

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        digest = Prompts.of(program).digest
        score = TRUTH + Random(f"{self._seed} {digest} {index}").gauss(0, self._spread)
        self.scores[digest][index] = score
        return TaskEvaluation(score, {}, ())

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return ()


class Equals(Optimizer):
    """Tries so many ways to say nothing."""

    name = "equals"

    def __init__(self, candidates: int) -> None:
        self._candidates = candidates

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        search.evaluate(student, search.validation)
        prompts = Prompts.of(student)
        for number in range(self._candidates):
            said = {name: f"{text}\n{'.' * (number + 1)}" for name, text in prompts.instructions.items()}
            search.evaluate(Prompts(said, prompts.demos).applied_to(student), search.validation)
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=14)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=240)
    parser.add_argument("--validation", type=int, default=8)
    parser.add_argument("--spread", type=float, default=0.1, help="standard deviation of a session's score")
    options = parser.parse_args()
    models = Models({role: ModelSettings(model=REHEARSAL) for role in ROLES})
    tasks = draw(0, 4, options.validation, 0)
    indices = [task.index for task in tasks.validation]
    once: list[float] = []
    again: list[float] = []
    for seed in range(options.repetitions):
        evaluator = Noisy(seed, options.spread)
        result = Equals(options.candidates).tune(
            ToolGrad(Library([]), models),
            tasks,
            evaluator,
            models,
            budget=TuningBudget(options.sessions, 1),
            seed=seed,
        )
        once.append(max(mean(scores[i] for i in indices) for scores in evaluator.scores.values()) - TRUTH)
        fresh, validated = result.fresh_scores[1], result.scores[1]
        told = validated if fresh is None else fresh
        assert told is not None
        again.append(told - TRUTH)
    print(f"{options.candidates} candidates equal to the base, {options.validation} validation tasks,")
    print(f"standard deviation of a session's score {options.spread:g}, {options.repetitions} repetitions:")
    for name, values in (("chosen on the validation tasks", once), ("chosen among finalists", again)):
        error = stdev(values) / len(values) ** 0.5
        print(f"  {name:<32} looks better than it is by {mean(values):+.4f} (standard error {error:.4f})")


if __name__ == "__main__":
    main()
