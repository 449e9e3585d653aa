"""Comparing the tuned program with its base, in pairs, on the test tasks that tuning never saw."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import dspy

from toolgrad_dspy.errors import RunError
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.metrics.comparison import Difference, compare
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning import Evaluator, Journal, Ledger, LiveEvaluator, Prompts, StopTuning, TaskEvaluation
from toolgrad_dspy.tuning.evaluations import Evaluations, Phase, Unserved
from toolgrad_dspy.tuning.search import session_pool

# Tells the sessions of a comparison from those of a tuning, in the journal that keeps both.
VARIANT = "test"
# With a smaller share of the test tasks there is no verdict: which ones are left is chance, or worse, is not.
ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """A program's result on the test tasks that count: its sessions, and the score of each in [0, 1].

    ``score`` and ``parts`` are means over them.
    """

    score: float
    parts: dict[str, float]
    scores: tuple[float, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both programs on the test tasks that both have run; None for a program that has run none of them.

    Of ``tasks`` test tasks, ``unserved`` are left out because a model did not answer in one of the two sessions, and
    ``unpaid`` because the budget ended; ``limit`` says which. ``unchanged``: the prompts are the same, so the tuned
    program is the base, and was not run. ``difference`` is None where too few are left to tell.
    """

    tasks: int
    before: ProgramResult | None = None
    after: ProgramResult | None = None
    difference: Difference | None = None
    unchanged: bool = False
    unserved: int = 0
    unpaid: int = 0
    limit: str = ""

    @property
    def pairs(self) -> int:
        """How many test tasks count."""
        return len(self.before.scores) if self.before else 0

    @property
    def left_out(self) -> str:
        """Which test tasks do not count, and why; empty if all do."""
        reasons = []
        if self.unserved:
            reasons.append(f"{self.unserved} in which a model did not answer")
        if self.unpaid:
            reasons.append(f"{self.unpaid} that the budget did not reach ({self.limit})")
        return f"Of {self.tasks} test tasks, {' and '.join(reasons)} are left out." if reasons else ""

    @property
    def conclusion(self) -> str:
        """Whether the tuned program is better on the test tasks, in a sentence or two."""
        if self.unchanged:
            return "NO GAIN: no prompt changed. The tuned program is the base, and was not run on the test tasks."
        return " ".join(filter(None, (self._verdict, self.left_out)))

    @property
    def _verdict(self) -> str:
        difference = self.difference
        if difference is None:
            return f"NO VERDICT: {self.pairs} of {self.tasks} test tasks are too few to compare the programs on."
        interval = f"{difference.confidence:.0%} interval {difference.low:+.3f} to {difference.high:+.3f}"
        shown = f"{difference.mean:+.3f}, {interval} (paired bootstrap)"
        if difference.is_gain:
            return f"The tuned program is better on the test tasks: {shown}."
        if difference.high < 0:
            return f"The tuned program is WORSE on the test tasks: {shown}. It is saved and marked as worse."
        return f"NO GAIN on the test tasks: {shown} includes 0. The program is saved and marked as no gain."


def compare_programs(
    base: ToolGrad,
    tuned: ToolGrad,
    tasks: Sequence[dspy.Example],
    metric: Metric,
    ledger: Ledger,
    *,
    seed: int,
    journal: Journal | None = None,
    ended: Callable[[int, int], None] = lambda sessions, of: None,
) -> Comparison:
    """Both programs on each of ``tasks``, as far as ``ledger`` pays for it.

    The two sessions of a task begin one after the other, now the base's first and now the other's, so that whatever
    changes meanwhile meets both. One in which a model did not answer is run again, and if that does not help, its
    task does not count. What ``journal`` holds is not run again. ``ended`` is called after every session, with how
    many have ended and of how many. Raises what breaks a run, also UnavailableError when no model answers any more,
    and RunError (``all_sessions_failed``) when no session gave a step.
    """
    unchanged = Prompts.of(base).digest == Prompts.of(tuned).digest
    programs = (base,) if unchanged else (base, tuned)
    count = len(programs) * len(tasks)
    evaluations = Evaluations(ledger, count, lambda usage: ended(usage.metric_calls, count), journal)
    with evaluations.phase() as phase:
        outcomes = _run(programs, tasks, LiveEvaluator(metric), phase, ledger.budget.threads)
    if evaluations.error is not None:
        raise evaluations.error
    if evaluations.unavailable is not None:
        raise evaluations.unavailable
    unserved = [pair for pair in outcomes if any(isinstance(outcome, Unserved) for outcome in pair)]
    found = [[_session(outcome) for outcome in pair if isinstance(outcome, TaskEvaluation)] for pair in outcomes]
    served = [pair for pair in found if len(pair) == len(programs)]
    results = [_result(metric, sessions) for sessions in zip(*served, strict=True)]
    sessions = [session for pair in served for session in pair]
    if sessions and all(session.status == "failed" for session in sessions):
        raise RunError(
            f"all {len(sessions)} test sessions failed; the first: {sessions[0].reason}", code="all_sessions_failed"
        )
    enough = results and len(served) >= ENOUGH * len(tasks)
    return Comparison(
        tasks=len(tasks),
        before=results[0] if results else None,
        after=results[-1] if results else None,
        difference=compare(results[0].scores, results[-1].scores, seed) if enough else None,
        unchanged=unchanged,
        unserved=len(unserved),
        unpaid=len(outcomes) - len(served) - len(unserved),
        limit=evaluations.stopped.reason if evaluations.stopped else "",
    )


def _run(
    programs: Sequence[ToolGrad], tasks: Sequence[dspy.Example], evaluator: Evaluator, phase: Phase, threads: int
) -> list[list[TaskEvaluation | StopTuning]]:
    """For each task the evaluations of ``programs``, or why there is none: a model did not answer, or the budget did
    not reach it.
    """

    def evaluated(program: ToolGrad, task: dspy.Example) -> TaskEvaluation:
        def evaluate() -> TaskEvaluation:
            with lean():
                return evaluator.evaluate(program, task.seed, task.index)

        return phase.once(Prompts.of(program), task.index, VARIANT, evaluate)

    running: list[dict[int, Future[TaskEvaluation]]] = []
    with session_pool(threads) as pool:
        for number, task in enumerate(tasks):
            order = [(number + turn) % len(programs) for turn in range(len(programs))]
            running.append({which: pool.submit(evaluated, programs[which], task) for which in order})
        return [[_ended(pair[which]) for which in range(len(programs))] for pair in running]


def _ended(running: Future[TaskEvaluation]) -> TaskEvaluation | StopTuning:
    try:
        return running.result()
    except StopTuning as stop:
        return stop


def _session(evaluation: TaskEvaluation) -> Session:
    return next(iter(evaluation.sessions.values()))  # run live: all roles have the same


def _result(metric: Metric, sessions: tuple[Session, ...]) -> ProgramResult:
    scores = metric.scores(sessions)
    values = tuple(score.value for score in scores)
    return ProgramResult(
        score=sum(values) / len(values),
        parts={name: _mean([s.parts[name] for s in scores if name in s.parts]) for name in metric.part_names},
        scores=values,
        sessions=sessions,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
