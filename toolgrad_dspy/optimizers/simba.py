"""SIMBA: stochastic introspective mini-batch ascent (https://dspy.ai/api/optimizers/SIMBA), DSPy's implementation."""

from typing import Any, ClassVar

import dspy
from dspy.teleprompt.simba_utils import append_a_rule
from dspy.utils.exceptions import AdapterParseError, LMError

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation, TraceEntry
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# Tasks in a mini-batch, candidates of a round, rounds, demonstrations at most; the first that fits is taken.
LADDER = ((6, 3, 3, 2), (4, 3, 3, 2), (4, 2, 3, 2), (4, 2, 2, 1), (3, 2, 2, 1), (3, 2, 1, 1), (2, 2, 1, 1))
# How many invocations of each predictor the reflection model sees of a session: all of them, in eight iterations, are
# 80,000 characters.
SHOWN = 2

_Outcome = dict[str, Any]


class Simba(Optimizer):
    """Samples each task of a mini-batch several times, and learns from the tasks whose outcomes differ most.

    What it learns is added to a program: the best session as a demonstration, or advice that the reflection model
    gives when it compares the best session with the worst. DSPy compares the winners of all mini-batches on the
    training tasks.
    """

    name: ClassVar[str] = "simba"
    validates: ClassVar[bool] = False

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        batch, candidates, rounds, demos = _plan(search)
        simba = dspy.SIMBA(
            metric=search.scoring.with_feedback,
            bsize=batch,
            num_candidates=candidates,
            max_steps=rounds,
            max_demos=demos,
            prompt_model=search.prompt_model,
            num_threads=search.threads,
        )
        # The first strategy is DSPy's own: it adds a demonstration.
        simba.strategies = [simba.strategies[0], _append_advice]
        try:
            result: dspy.Module = simba.compile(student, trainset=search.train, seed=search.seed)
        except _NoAdviceError as error:
            raise error.reason from error.reason.__cause__
        return result

    def visible_invocations(self, evaluation: TaskEvaluation, evaluator: Evaluator) -> tuple[Invocation, ...]:
        """All invocations, those with most findings first: DSPy makes a demonstration of each predictor's last."""

        def findings(invocation: Invocation) -> int:
            return len(evaluator.feedback(evaluation, invocation.role, invocation.iteration))

        return tuple(sorted(evaluation.invocations, key=findings, reverse=True))

    def settings(self, search: Search) -> dict[str, object]:
        names = ("mini_batch", "candidates", "steps", "demonstrations")
        return dict(zip(names, _plan(search), strict=True))


def _plan(search: Search) -> tuple[int, int, int, int]:
    """Tasks in a mini-batch, candidates, rounds, and demonstrations."""
    train = len(search.train)
    fitting = [plan for plan in LADDER if plan[0] <= train and _sessions(plan, train) <= search.sessions]
    return fitting[0] if fitting else LADDER[-1]


def _sessions(plan: tuple[int, int, int, int], train: int) -> int:
    """How many sessions a plan takes at most: mini-batches sampled and tried, and the winners on all tasks."""
    batch, candidates, rounds, _ = plan
    return rounds * batch * (candidates + min(candidates + 1, batch)) + min(rounds, candidates) * train + train


class _NoAdviceError(BaseException):
    """The reflection model cannot be used. Not an Exception: DSPy would catch it and go on without advice."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _append_advice(bucket: list[_Outcome], system: dspy.Module, **kwargs: Any) -> bool:
    """DSPy's strategy, on an abridged account of the best and the worst session of a task."""
    best, worst = bucket[0], bucket[-1]  # DSPy sorts them by score
    # Invocations with few findings come last: shown are the best of the best session and the worst of the worst.
    abridged = [_abridged(best, slice(-SHOWN, None)), _abridged(worst, slice(SHOWN))]
    try:
        advised: bool = append_a_rule(abridged, system, **kwargs)
    except (AdapterParseError, LMError) as error:
        raise _NoAdviceError(error) from error
    return advised


def _abridged(outcome: _Outcome, which: slice) -> _Outcome:
    """``outcome`` with some invocations of each predictor, in the session's order, as plain JSON."""
    by_predictor: dict[int, list[TraceEntry]] = {}
    for entry in outcome["trace"]:
        by_predictor.setdefault(id(entry[0]), []).append(entry)
    trace = [entry for entries in by_predictor.values() for entry in entries[which]]
    trace.sort(key=lambda entry: outcome["prediction"].evaluation.iteration_of(entry[1]))
    return {**outcome, "trace": trace, "prediction": {"score": outcome["score"]}}
