"""Compiling: score a program, tune it, score it again on tasks that tuning never saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import RunError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.metrics.comparison import Difference, compare
from toolgrad_dspy.optimizers.base import Optimizer, TuningResult
from toolgrad_dspy.program import Tasks, ToolGrad, run_sessions
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.evaluations import TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluator import Evaluator, LiveEvaluator
from toolgrad_dspy.tuning.journal import Journal


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """A program's result on the test tasks: its sessions, and the score of each in [0, 1].

    ``score`` and ``parts`` are means over them.
    """

    score: float
    parts: dict[str, float]
    scores: tuple[float, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage used. ``tool_calls`` counts replayed ones too; ``usd`` leaves out ``unpriced`` calls."""

    lm_calls: int
    tokens: int
    usd: float
    unpriced: int
    tool_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of compiling: the results before and after, their difference, the tuning between, and all costs.

    ``costs`` is by stage: before, tuning, after. ``instructions`` holds, for each tuned predictor, its instruction
    before and after.
    """

    before: ProgramResult
    after: ProgramResult
    difference: Difference
    tuning: TuningResult
    costs: dict[str, Cost]
    instructions: dict[str, tuple[str, str]]

    @property
    def conclusion(self) -> str:
        """Whether the tuned program is better on the test tasks, in a sentence."""
        difference = self.difference
        interval = f"{difference.confidence:.0%} interval {difference.low:+.3f} to {difference.high:+.3f}"
        shown = f"{difference.mean:+.3f}, {interval} (paired bootstrap)"
        if difference.is_gain:
            return f"The tuned program is better on the test tasks: {shown}."
        if difference.high < 0:
            return f"The tuned program is WORSE on the test tasks: {shown}. It is saved and marked as worse."
        return f"NO GAIN on the test tasks: {shown} includes 0. The program is saved and marked as no gain."


def compile_program(
    program: ToolGrad,
    tasks: Tasks,
    metric: Metric,
    models: Models,
    optimizer: Optimizer,
    *,
    budget: TuningBudget,
    seed: int,
    evaluator: Evaluator | None = None,
    stage: Callable[[str], None] = lambda name: None,
    progress: Callable[[TuningUsage], None] = lambda usage: None,
    journal: Journal | None = None,
) -> Compiled:
    """Tune ``program`` and score it before and after on ``tasks.test``.

    Its library has to be open on the background loop. ``evaluator`` runs the candidates, by default on live tools;
    the test tasks, at least one, always run live. ``journal`` is as for :meth:`Optimizer.tune`. ``stage`` is called
    with the name of each stage as it begins: before, tuning, after; ``progress`` after every session that tuning
    scored. Raises RunError, and UsageError (``too_few_tasks``). :func:`toolgrad_dspy.compiling.compile` also opens
    the tools and saves the program.
    """
    if not tasks.test:
        raise UsageError("too few test tasks: 0; at least 1 is needed", code="too_few_tasks")
    watch = _Watch(models)
    stage("before")
    before = evaluate(program, tasks, metric)
    watch.stop("before", _tool_calls(before.sessions))
    stage("tuning")
    tuning = optimizer.tune(
        program,
        tasks,
        evaluator or LiveEvaluator(metric),
        models,
        budget=budget,
        seed=seed,
        progress=progress,
        journal=journal,
    )
    watch.stop("tuning", tuning.usage.tool_calls)
    stage("after")
    after = evaluate(tuning.program, tasks, metric)
    watch.stop("after", _tool_calls(after.sessions))
    old, new = _instructions(program), _instructions(tuning.program)
    return Compiled(
        before,
        after,
        compare(before.scores, after.scores, seed),
        tuning,
        watch.costs,
        {name: (old[name], new[name]) for name in old},
    )


def evaluate(program: ToolGrad, tasks: Tasks, metric: Metric) -> ProgramResult:
    """Score the program on the test tasks. Raises RunError (``all_sessions_failed``) when no session gave a step."""
    sessions = run_on_loop_thread(run_sessions(program, tasks.test))
    if all(session.status == "failed" for session in sessions):
        raise RunError(
            f"all {len(sessions)} test sessions failed; the first: {sessions[0].reason}", code="all_sessions_failed"
        )
    scores = metric.scores(sessions)
    values = tuple(score.value for score in scores)
    return ProgramResult(
        score=sum(values) / len(values),
        parts={name: _mean([s.parts[name] for s in scores if name in s.parts]) for name in metric.weights},
        scores=values,
        sessions=tuple(sessions),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _instructions(program: ToolGrad) -> dict[str, str]:
    return {name: predictor.signature.instructions for name, predictor in program.named_predictors()}


def _tool_calls(sessions: Sequence[Session]) -> int:
    return sum(session.usage.all_tool_calls for session in sessions)


class _Watch:
    """Measures stages: what the models' meter counts, and seconds."""

    def __init__(self, models: Models) -> None:
        self.costs: dict[str, Cost] = {}
        self._models = models
        self._used = self._now()

    def stop(self, stage: str, tool_calls: int) -> None:
        now = self._now()
        calls, tokens, usd, unpriced, seconds = (b - a for a, b in zip(self._used, now, strict=True))
        self.costs[stage] = Cost(int(calls), int(tokens), usd, int(unpriced), tool_calls, seconds)
        self._used = now

    def _now(self) -> tuple[float, ...]:
        roles = self._models.meter.roles().values()
        return (
            sum(role.calls for role in roles),
            sum(role.input_tokens + role.output_tokens for role in roles),
            sum(role.usd for role in roles),
            sum(role.unpriced for role in roles),
            perf_counter(),
        )
