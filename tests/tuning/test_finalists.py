"""The best of many candidates, scored again on tasks that nothing was chosen by."""

from random import Random
from statistics import mean

import dspy

from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Finding
from toolgrad_dspy.optimizers import Optimizer, TuningResult
from toolgrad_dspy.program import Tasks, ToolGrad, draw
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Evaluator, Prompts, Search, TaskEvaluation, Tunable, TuningBudget

CANDIDATES = 14


class Lucky(Evaluator):
    """Scores by prompts and task: the worth of the prompts, and luck. ``run`` has the tasks that were run."""

    def __init__(self, seed: int = 0, luck: float = 0.1) -> None:
        self.run: set[int] = set()
        self._seed = seed
        self._luck = luck

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        self.run.add(index)
        prompts = Prompts.of(program)
        luck = Random(f"{self._seed} {prompts.digest} {index}").gauss(0, self._luck)
        return TaskEvaluation(0.5 + 0.02 * prompts.instructions["proposer.predict"].count("!") + luck, {}, ())

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return ()


class Trying(Optimizer):
    """Tries the program with each of ``endings`` after its instructions."""

    name = "trying"

    def __init__(self, endings: list[str]) -> None:
        self._endings = endings

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        search.evaluate(student, search.validation)
        prompts = Prompts.of(student)
        for ending in self._endings:
            said = {name: f"{text}\n{ending}" for name, text in prompts.instructions.items()}
            search.evaluate(Prompts(said, prompts.demos).applied_to(student), search.validation)
        return None


def tuned(endings: list[str], evaluator: Lucky, tasks: Tasks, sessions: int = 240) -> TuningResult:
    models = Models.from_environment()
    program = ToolGrad(Library([]), models)
    return Trying(endings).tune(program, tasks, evaluator, models, budget=TuningBudget(sessions, 1), seed=0)


EQUAL = ["." * (number + 1) for number in range(CANDIDATES)]


def test_the_best_of_equal_candidates_looks_less_better_than_it_is_on_fresh_tasks() -> None:
    tasks = draw(0, 4, 8, 4)
    first, again = [], []
    for seed in range(30):
        result = tuned(EQUAL, Lucky(seed), tasks)
        assert result.scores[1] is not None
        fresh = result.fresh_scores[1]
        first.append(result.scores[1] - 0.5)
        again.append((result.scores[1] if fresh is None else fresh) - 0.5)
    assert mean(first) > 0.04
    assert mean(again) < mean(first) / 1.5


def test_a_candidate_that_is_better_is_chosen_and_the_base_is_among_the_finalists() -> None:
    result = tuned([*EQUAL[:4], "!!!!!!"], Lucky(luck=0.03), draw(0, 4, 8, 4))
    assert result.program.proposer.predict.signature.instructions.endswith("!!!!!!")
    before, after = result.fresh_scores
    assert before is not None
    assert after is not None
    assert after > before
    assert result.fresh == 8


def test_finalists_run_on_tasks_of_their_own_within_the_budget() -> None:
    tasks, evaluator = draw(0, 4, 4, 4), Lucky(3)
    result = tuned(EQUAL, evaluator, tasks, sessions=48)
    assert result.usage.metric_calls <= 48
    drawn = {task.index for task in (*tasks.train, *tasks.validation, *tasks.test)}
    assert evaluator.run - drawn
    assert not evaluator.run & {task.index for task in (*tasks.train, *tasks.test)}


def test_a_base_that_nothing_beats_needs_no_finalists() -> None:
    result = tuned([""], Lucky(luck=0.0), draw(0, 4, 4, 0))
    assert (result.fresh, result.fresh_scores) == (0, (None, None))
