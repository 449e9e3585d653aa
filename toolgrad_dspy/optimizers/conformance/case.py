"""What the checks of an optimizer look at: a case, and tunings of it that are watched."""

import inspect
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from toolgrad_dspy.errors import RunError, ToolGradError
from toolgrad_dspy.lm import REHEARSAL, ROLES, Models, ModelSettings
from toolgrad_dspy.metrics import Finding
from toolgrad_dspy.optimizers.base import Optimizer, TuningResult
from toolgrad_dspy.program import Tasks, ToolGrad
from toolgrad_dspy.tuning import Evaluator, Journal, Prompts, TaskEvaluation, TuningBudget, TuningUsage


def rehearsal_models() -> Models:
    """Models that are free and deterministic: the rehearsal model in every role."""
    return Models({role: ModelSettings(model=REHEARSAL) for role in ROLES})


@dataclass(frozen=True)
class Case:
    """An optimizer to check, and what it tunes.

    ``make`` and ``evaluator`` give a new one every time, ``models`` new models with a meter of their own, and
    ``program`` a new base program that uses them. The models have to be deterministic. ``tasks`` should have test
    tasks, which no search may run.
    """

    make: Callable[[], Optimizer]
    program: Callable[[Models], ToolGrad]
    tasks: Tasks
    evaluator: Callable[[], Evaluator]
    models: Callable[[], Models] = rehearsal_models
    budget: TuningBudget = field(default_factory=lambda: TuningBudget(metric_calls=44, threads=4))
    seed: int = 0

    @cached_property
    def outcome(self) -> "Outcome":
        """One tuning with the case's own budget, which several checks look at."""
        return tune(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A tuning, and what could be seen of it.

    ``parts`` of the base program and settings of the ``process`` are pairs of before and after.
    """

    result: TuningResult
    watched: "WatchedEvaluator"
    progress: list[int]
    lm_calls: int
    parts: tuple[dict[str, str], dict[str, str]]
    process: tuple[dict[str, object], dict[str, object]]


class WatchedEvaluator(Evaluator):
    """Evaluates as ``inner`` does, and notes what it was asked.

    ``begun`` has the seed and the index of each session, and the program's prompts and sampling. ``ended`` counts
    those that were evaluated. After ``limit`` sessions every further one raises ``error``.
    """

    def __init__(self, inner: Evaluator, limit: int | None = None, error: ToolGradError | None = None) -> None:
        self.begun: list[tuple[int, int, str]] = []
        self.ended = self.tool_calls = 0
        self._inner = inner
        self.whole = inner.whole
        self._limit = limit
        self._error = error or RunError("the run broke on purpose", code="broken_on_purpose")
        self._lock = threading.Lock()

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        models = [predictor.lm for _, predictor in program.named_predictors()]
        sampling = "".join(str(model.kwargs) for model in models if model is not None)
        with self._lock:
            self.begun.append((seed, index, Prompts.of(program).digest + sampling))
            if self._limit is not None and len(self.begun) > self._limit:
                raise self._error
        evaluation = self._inner.evaluate(program, seed, index)
        with self._lock:
            self.ended += 1
            self.tool_calls += evaluation.tool_calls
        return evaluation

    def knows(self, seed: int, index: int) -> bool:
        return self._inner.knows(seed, index)

    def check_roles(self, roles: tuple[str, ...]) -> None:
        self._inner.check_roles(roles)

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return self._inner.feedback(evaluation, role, iteration)


def tune(
    case: Case,
    *,
    budget: TuningBudget | None = None,
    watched: WatchedEvaluator | None = None,
    journal: Journal | None = None,
) -> Outcome:
    """Tune as ``case`` says, and watch it; ``budget`` and ``watched`` are the case's own unless given."""
    models, watched = case.models(), watched or WatchedEvaluator(case.evaluator())
    base = case.program(models)
    parts, process = parts_of(base), _process()
    progress: list[int] = []

    def note(usage: TuningUsage) -> None:
        progress.append(usage.metric_calls)

    result = case.make().tune(
        base,
        case.tasks,
        watched,
        models,
        budget=budget or case.budget,
        seed=case.seed,
        progress=note,
        journal=journal,
    )
    lm_calls = sum(role.calls for role in models.meter.roles().values())
    return Outcome(result, watched, progress, lm_calls, (parts, parts_of(base)), (process, _process()))


def parts_of(program: ToolGrad) -> dict[str, str]:
    """Instructions, demonstrations and model of all four predictors, visible to optimizers or not."""
    predictors = {part: getattr(program, part).predict for part in ("proposer", "executor", "selector", "updater")}
    return {part: f"{p.signature.instructions} {p.demos} {p.lm}" for part, p in predictors.items()}


def _process() -> dict[str, object]:
    """What optimizers change in the process while they search."""
    import optuna  # here: it is slow to import, and only its settings are wanted
    from dspy.predict.parallel import Parallel
    from dspy.utils.parallelizer import ParallelExecutor

    return {
        "defaults of dspy's ParallelExecutor": str(inspect.signature(ParallelExecutor.__init__)),
        "defaults of dspy.Parallel": str(inspect.signature(Parallel.__init__)),
        "the logger 'dspy'": logging.getLogger("dspy").level,
        "the logger 'optuna'": logging.getLogger("optuna").level,
        "optuna's verbosity": optuna.logging.get_verbosity(),
        "optuna.create_study": optuna.create_study,
        "sys.stdout": sys.stdout,
        "sys.stderr": sys.stderr,
    }
