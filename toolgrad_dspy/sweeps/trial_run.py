"""One trial: the program with the trial's settings, tuned if they name an optimizer, on every trial's sessions."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dspy
from optuna import Trial, TrialPruned

from toolgrad_dspy.compiling import TaskCounts, describe
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import ModelError, RunError, StoreError, ToolSourceError
from toolgrad_dspy.lm import LOOP_ROLES, Models
from toolgrad_dspy.metrics import Metric, build_metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import Tasks, ToolGrad, draw, run_sessions, save_program
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.futility import Futility
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.sweeps.lifecycle import FAILURE
from toolgrad_dspy.sweeps.space import NO_OPTIMIZER, SearchSpace
from toolgrad_dspy.sweeps.study import UNITS, StudyPlan, Unit
from toolgrad_dspy.sweeps.trial_configuration import TrialSettings, trial_configuration, trial_settings
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import LiveEvaluator, TuningBudget

_log = logging.getLogger(__name__)

# Sessions between two looks at whether a trial is to end early.
BATCH = 4


class TrialFailedError(Exception):
    """A trial's own settings do not work. It counts as one of those asked for, without a value."""


@dataclass(frozen=True, slots=True)
class TrialScore:
    """What a trial's sessions came to.

    ``quality`` is their mean score, in [0, 1]. ``cost`` is per accepted sample, or for all when none was accepted.
    """

    quality: float
    cost: float
    accepted: int
    sessions: int


class TrialRunner:
    """Runs trials on one open library. ``program_file`` is where the program that a trial tuned is kept."""

    def __init__(
        self,
        space: SearchSpace,
        plan: StudyPlan,
        library: Library,
        program_file: Callable[[int], Path],
        progress: Callable[[str], None],
        model: str | None = None,
        wait: float | None = None,
        max_failures: int = 20,
    ) -> None:
        self._space, self._plan, self._library = space, plan, library
        self._program_file, self._progress = program_file, progress
        self._model, self._wait, self._max_failures = model, wait, max_failures

    def run(self, trial: Trial) -> float | tuple[float, float]:
        """The trial's quality, and its cost if that is an objective.

        Raises TrialPruned, TrialFailedError for what its settings are to blame for, and ToolGradError for all else.
        """
        started = time.perf_counter()
        _log.info("trial %d began", trial.number)
        drawn = self._space.draw(trial)
        content = trial_configuration(drawn, self._space.metric, self._model)
        trial.set_user_attr("config", content)
        tuner = str(drawn.get("optimizer", NO_OPTIMIZER))
        try:
            settings = trial_settings(content, f"trial {trial.number}", self._model)
            score = self._scored(trial, settings, tuner)
        except (ToolSourceError, StoreError):
            # Tools and disk are the same in every trial, so the next one would fail in the same way.
            raise
        except (ModelError, RunError) as error:
            trial.set_user_attr(FAILURE, str(error))
            _log.info("trial %d failed: %s", trial.number, error)
            self._progress(f"trial {trial.number}: failed: {error}")
            raise TrialFailedError from None
        except TrialPruned:
            self._progress(f"trial {trial.number}: ended early, {time.perf_counter() - started:.1f} s")
            raise
        seconds = time.perf_counter() - started
        # Optuna's constraint, met at 0 or below: a trial without an accepted sample is never among the best.
        trial.set_constraint("accepted", 0.0 if score.accepted else 1.0)
        trial.set_user_attr("cost", score.cost)
        trial.set_user_attr("accepted", score.accepted)
        trial.set_user_attr("sessions", score.sessions)
        trial.set_user_attr("seconds", round(seconds, 3))
        _log.info("trial %d ended: quality %.3f, cost %g, %.1f s", trial.number, score.quality, score.cost, seconds)
        price = cost_text(score.cost, self._plan.unit)
        self._progress(
            f"trial {trial.number}: quality {score.quality:.3f}, {price} per sample, "
            f"{score.accepted} of {score.sessions} accepted, {seconds:.1f} s"
        )
        return score.quality if self._plan.single else (score.quality, score.cost)

    def _scored(self, trial: Trial, settings: TrialSettings, tuner: str) -> TrialScore:
        models = settings.models
        if self._wait is not None:
            models.wait = self._wait * 60
        metric = build_metric(settings.file.metric, models, lambda: self._library.tools, settings.loop.written_chars)
        program = ToolGrad(self._library, models, settings.loop)
        try:
            run_on_loop_thread(models.check(LOOP_ROLES))
            if tuner != NO_OPTIMIZER:
                program = self._tuned(trial, program, tuner, metric, models)
            return self._score(trial, program, metric)
        finally:
            run_on_loop_thread(models.aclose())

    def _tuned(self, trial: Trial, program: ToolGrad, tuner: str, metric: Metric, models: Models) -> ToolGrad:
        given = self._plan.tuning
        # What a sweep may cost is counted over all of its trials.
        budget = TuningBudget(metric_calls=given["metric_calls"], threads=given["threads"], usd=None)
        seed = derive(self._plan.seed, trial.number) % 2**31
        before = models.meter.tokens
        tuning = optimizer(tuner).tune(
            program,
            self._tasks,
            LiveEvaluator(metric),
            models,
            budget=budget,
            seed=seed,
        )
        trial.set_user_attr("tuning_tokens", models.meter.tokens - before)
        description = describe(
            tuning,
            program,
            metric,
            models,
            optimizer=tuner,
            budget=budget,
            seed=seed,
            tasks=TaskCounts(train=given["train"], validation=given["validation"], test=0),
            tools=self._plan.tools,
            trial=trial.number,
        )
        save_program(self._program_file(trial.number), tuning.program, description.stored())
        return tuning.program

    @property
    def _tasks(self) -> Tasks:
        sizes = self._plan.tuning
        return draw(self._plan.seed, sizes["train"], sizes["validation"], self._plan.sessions)

    def _score(self, trial: Trial, program: ToolGrad, metric: Metric) -> TrialScore:
        """The score on the test sessions. They are the same in every trial: what differs is due to the settings."""
        tasks: list[dspy.Example] = self._tasks.test
        sessions: list[Session] = []
        scores: list[float] = []
        futility = Futility(self._max_failures)
        # Optuna ends no trial early with two objectives, so only with one there is a reason to stop in between.
        size = BATCH if self._plan.single else len(tasks)
        for begin in range(0, len(tasks), size):
            batch = run_on_loop_thread(run_sessions(program, tasks[begin : begin + size], ended=futility.mind))
            sessions += batch
            scores += [score.value for score in metric.scores(batch)]
            if self._plan.single:
                trial.report(sum(scores) / len(scores), step=len(scores))
                # After the last session the trial is complete, however low its score.
                if len(scores) < len(tasks) and trial.should_prune():
                    raise TrialPruned
        return trial_score(sessions, scores, self._plan.unit)


def trial_score(sessions: Sequence[Session], scores: Sequence[float], unit: Unit) -> TrialScore:
    """The score of a trial. Raises RunError if dollars are counted and the price of a call is not known."""
    roles = [role for session in sessions for role in session.usage.roles.values()]
    if unit == "usd" and any(role.unpriced for role in roles):
        raise RunError("a call had no known price, in a study that counts US dollars", code="unpriced_call")
    total = (
        sum(role.usd for role in roles) if unit == "usd" else float(sum(session.usage.tokens for session in sessions))
    )
    accepted = sum(session.status == "accepted" for session in sessions)
    return TrialScore(sum(scores) / len(scores), total / max(accepted, 1), accepted, len(sessions))


def cost_text(cost: float, unit: Unit) -> str:
    """``cost`` with its unit."""
    return f"{cost:.6f} {UNITS[unit]}" if unit == "usd" else f"{cost:.0f} {UNITS[unit]}"
