"""GEPA: reflective prompt evolution (arXiv 2507.19457), DSPy's implementation."""

import contextlib
import io
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dspy
from dspy.utils.callback import BaseCallback

from toolgrad_dspy.errors import RunError, ToolGradError
from toolgrad_dspy.judging import Metric
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.optimizers.base import Budget, Optimizer, Tuning, Usage
from toolgrad_dspy.program import Tasks, ToolGrad


class Gepa(Optimizer):
    """Mutates instructions by reflection on feedback, and keeps a Pareto front over the validation tasks."""

    name: ClassVar[str] = "gepa"

    def tune(
        self,
        program: ToolGrad,
        tasks: Tasks,
        metric: Metric,
        models: Models,
        *,
        budget: Budget,
        seed: int,
        progress: Callable[[Usage], None],
    ) -> Tuning:
        scorer, breakage = _Scorer(metric, progress), _Breakage()
        optimizer = dspy.GEPA(
            metric=scorer,
            max_metric_calls=budget.metric_calls,
            reflection_lm=models.lm("reflection"),
            num_threads=budget.threads,
            seed=seed,
            track_stats=True,
            warn_on_score_mismatch=False,
            gepa_kwargs={"stop_callbacks": [breakage.stops]},
        )
        settings = dspy.context(adapter=ADAPTER, disable_history=True, callbacks=[breakage])
        with _quiet(), whole_sessions_once(), settings:
            tuned = optimizer.compile(program, trainset=tasks.train, valset=tasks.validation)
        if breakage.error is not None:
            raise breakage.error
        if not scorer.usage.metric_calls:
            raise RunError("no session could be scored: every one of them failed before it ended")
        results = tuned.detailed_results
        return Tuning(
            program=tuned,
            usage=scorer.usage,
            details={
                "candidates": len(results.candidates),
                "validation_scores": [round(score, 6) for score in results.val_aggregate_scores],
            },
        )


class _Scorer:
    """The metric as GEPA calls it: once per session for its score, and once per reflected predictor for feedback."""

    def __init__(self, metric: Metric, progress: Callable[[Usage], None]) -> None:
        self.metric = metric
        self.usage = Usage()
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(
        self,
        gold: dspy.Example,
        pred: dspy.Prediction,
        trace: object = None,
        pred_name: str | None = None,
        pred_trace: list[Any] | None = None,
    ) -> dspy.Prediction:
        score = self.metric.score(pred.session).value
        if pred_name is None or not pred_trace:
            with self._lock:
                self.usage.metric_calls += 1
                self.usage.tool_calls += pred.session.usage.tool_calls + pred.session.usage.replayed_calls
                self.usage.best = max(self.usage.best, score)
            self._progress(self.usage)
            return dspy.Prediction(score=score, feedback="")
        role = pred_name.split(".", 1)[0]
        number = re.match(r"iteration (\d+)", str(pred_trace[0][1].get("progress", "")))
        feedback = self.metric.feedback(pred.session, role, int(number.group(1)) if number else 0)
        return dspy.Prediction(score=score, feedback=feedback)


class _Breakage(BaseCallback):
    """The first error that breaks a run: DSPy counts it as a poor score and goes on, here it ends the tuning."""

    def __init__(self) -> None:
        self.error: ToolGradError | None = None

    def on_module_end(self, call_id: str, outputs: object, exception: Exception | None = None) -> None:
        if self.error is None and isinstance(exception, ToolGradError):
            self.error = exception

    def stops(self, state: object) -> bool:
        """GEPA's question after each round."""
        return self.error is not None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the log lines and progress bars that DSPy writes: ours say the same in one line."""
    logger = logging.getLogger("dspy")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # an error is a low score, or it is raised at the end
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def whole_sessions_once() -> Iterator[None]:
    """Keep DSPy from running a session a second time because it takes long.

    ``dspy.Evaluate`` submits an example again after 120 s once three or fewer remain, so tools would run twice, and
    none of the optimizers passes the setting on.
    """
    from dspy.utils.parallelizer import ParallelExecutor

    constructor = ParallelExecutor.__init__
    defaults = constructor.__defaults__ or ()
    # (num_threads, max_errors, disable_progress_bar, provide_traceback, compare_results, timeout, straggler_limit)
    constructor.__defaults__ = (*defaults[:-2], 0, 0)
    try:
        yield
    finally:
        constructor.__defaults__ = defaults
