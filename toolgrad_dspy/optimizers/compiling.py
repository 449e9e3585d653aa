"""Compiling: score a program, tune it, score it again on tasks that tuning never saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from toolgrad_dspy.errors import RunError
from toolgrad_dspy.judging import Metric
from toolgrad_dspy.lm import Models
from toolgrad_dspy.optimizers.base import Budget, Optimizer, Tuning, Usage
from toolgrad_dspy.program import Tasks, ToolGrad, run_on_loop_thread, run_sessions
from toolgrad_dspy.records import Session


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A program's sessions on the test tasks. ``score`` and ``parts`` are means over them, in [0, 1]."""

    score: float
    parts: dict[str, float]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage used. ``tool_calls`` counts replayed ones too."""

    lm_calls: int
    tool_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of compiling: both evaluations, the tuning between them, and what each of the three used."""

    before: Evaluation
    after: Evaluation
    tuning: Tuning
    costs: dict[str, Cost]
    instructions: dict[str, tuple[str, str]]


def compile_program(
    program: ToolGrad,
    tasks: Tasks,
    metric: Metric,
    models: Models,
    optimizer: Optimizer,
    *,
    budget: Budget,
    seed: int,
    stage: Callable[[str], None] = lambda name: None,
    progress: Callable[[Usage], None] = lambda usage: None,
) -> Compiled:
    """Tune ``program`` and evaluate it before and after on ``tasks.test``.

    Its library has to be open on the background loop. ``stage`` is told the name of each stage as it begins: before,
    tuning, after. ``instructions`` holds, for each tuned predictor, its instruction before and after.
    Raises RunError.
    """
    watch = _Watch(models)
    stage("before")
    before = evaluate(program, tasks, metric)
    watch.stop("before", _tool_calls(before.sessions))
    stage("tuning")
    tuning = optimizer.tune(program, tasks, metric, models, budget=budget, seed=seed, progress=progress)
    watch.stop("tuning", tuning.usage.tool_calls)
    stage("after")
    after = evaluate(tuning.program, tasks, metric)
    watch.stop("after", _tool_calls(after.sessions))
    old, new = _instructions(program), _instructions(tuning.program)
    return Compiled(before, after, tuning, watch.costs, {name: (old[name], new[name]) for name in old})


def evaluate(program: ToolGrad, tasks: Tasks, metric: Metric) -> Evaluation:
    """The program on the test tasks. Raises RunError when not one of the sessions gave a step."""
    sessions = run_on_loop_thread(run_sessions(program, tasks.test))
    if all(session.status == "failed" for session in sessions):
        raise RunError(f"every test session failed; the first one: {sessions[0].reason}")
    scores = [metric.score(session) for session in sessions]
    count = len(scores)
    parts = {name: sum(score.parts[name] for score in scores) / count for name in metric.weights}
    return Evaluation(sum(score.value for score in scores) / count, parts, tuple(sessions))


def _instructions(program: ToolGrad) -> dict[str, str]:
    return {name: predictor.signature.instructions for name, predictor in program.named_predictors()}


def _tool_calls(sessions: Sequence[Session]) -> int:
    return sum(session.usage.tool_calls + session.usage.replayed_calls for session in sessions)


class _Watch:
    """Measures stages: LM calls from the models' meter, and seconds."""

    def __init__(self, models: Models) -> None:
        self.costs: dict[str, Cost] = {}
        self._models = models
        self._calls = models.meter.calls
        self._started = perf_counter()

    def stop(self, stage: str, tool_calls: int) -> None:
        calls, now = self._models.meter.calls, perf_counter()
        self.costs[stage] = Cost(calls - self._calls, tool_calls, now - self._started)
        self._calls, self._started = calls, now
