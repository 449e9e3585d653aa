"""Compiling: tune a program, and compare it with the base on tasks that tuning never saw."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from toolgrad_dspy.compiling.comparison import Comparison, ProgramResult, compare_programs
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.metrics.comparison import Difference
from toolgrad_dspy.optimizers.base import Optimizer, TuningResult
from toolgrad_dspy.program import Tasks, ToolGrad
from toolgrad_dspy.tuning import Evaluator, Journal, Ledger, LiveEvaluator, TuningBudget, TuningUsage, Use
from toolgrad_dspy.tuning.use import NOTHING


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage used in this start.

    ``tool_calls`` counts replayed ones too; ``usd`` leaves out ``unpriced`` calls.
    """

    lm_calls: int
    tokens: int
    usd: float
    unpriced: int
    tool_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of compiling: the tuning, how the result compares with the base, and all costs.

    ``costs`` is by stage: recording (if there was one), tuning, comparison. ``instructions`` holds, for each tuned
    predictor, its instruction before and after. ``earlier`` is what earlier starts used, which this one resumed.
    """

    tuning: TuningResult
    comparison: Comparison
    costs: dict[str, Cost]
    instructions: dict[str, tuple[str, str]]
    earlier: Use = NOTHING

    @property
    def before(self) -> ProgramResult | None:
        """The base program on the test tasks."""
        return self.comparison.before

    @property
    def after(self) -> ProgramResult | None:
        """The tuned program on the test tasks."""
        return self.comparison.after

    @property
    def difference(self) -> Difference | None:
        """The difference of the two, None where too few test tasks were run to tell."""
        return self.comparison.difference

    @property
    def conclusion(self) -> str:
        """Whether the tuned program is better on the test tasks, in a sentence or two."""
        return self.comparison.conclusion


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
    ended: Callable[[int, int], None] = lambda sessions, of: None,
    journal: Journal | None = None,
    ledger: Ledger | None = None,
) -> Compiled:
    """Tune ``program``, and compare the result with it on ``tasks.test``, all within ``budget``.

    Its library has to be open on the background loop. ``evaluator`` runs the candidates, by default on live tools;
    the test tasks, at least one, always run live. ``journal`` is as for :meth:`Optimizer.tune`. ``stage`` is called
    with the name of each stage as it begins: tuning, comparison; ``progress`` after every session that tuning scored,
    ``ended`` after every one of the comparison, with how many have ended and of how many.
    ``ledger`` is the account of a longer job that this is a part of. Raises RunError, and UsageError
    (``too_few_tasks``). :func:`toolgrad_dspy.compiling.compile` also opens the tools and saves the program.
    """
    if not tasks.test:
        raise UsageError("too few test tasks: 0; at least 1 is needed", code="too_few_tasks")
    ledger = ledger or Ledger(budget, models, earlier=journal.use() if journal else None)
    ledger.keep(2 * len(tasks.test))
    watch = Watch(models)
    stage("tuning")
    with ledger.enforced():
        tuning = optimizer.tune(
            program,
            tasks,
            evaluator or LiveEvaluator(metric),
            models,
            budget=budget,
            seed=seed,
            progress=progress,
            journal=journal,
            ledger=ledger,
        )
        watch.stop("tuning")
        stage("comparison")
        ledger.keep(0)
        comparison = compare_programs(
            program, tuning.program, tasks.test, metric, ledger, seed=seed, journal=journal, ended=ended
        )
    watch.stop("comparison")
    old, new = _instructions(program), _instructions(tuning.program)
    changed = {name: (old[name], new[name]) for name in old}
    return Compiled(tuning, comparison, watch.costs, changed, ledger.earlier)


def _instructions(program: ToolGrad) -> dict[str, str]:
    return {name: predictor.signature.instructions for name, predictor in program.named_predictors()}


class Watch:
    """Measures stages: what the models' meter and budget count, and seconds."""

    def __init__(self, models: Models) -> None:
        self.costs: dict[str, Cost] = {}
        self._models = models
        self._used = self._now()

    def stop(self, stage: str) -> None:
        """A stage has ended."""
        now = self._now()
        calls, tokens, usd, unpriced, tools, seconds = (b - a for a, b in zip(self._used, now, strict=True))
        self.costs[stage] = Cost(int(calls), int(tokens), usd, int(unpriced), int(tools), seconds)
        self._used = now

    def _now(self) -> tuple[float, ...]:
        roles = self._models.meter.roles().values()
        return (
            sum(role.calls for role in roles),
            sum(role.input_tokens + role.output_tokens for role in roles),
            sum(role.usd for role in roles),
            sum(role.unpriced for role in roles),
            self._models.budget.tool_calls,
            perf_counter(),
        )
