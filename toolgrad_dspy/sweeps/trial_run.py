"""One trial: the program with the trial's settings, tuned if they say so, on the sessions that every trial runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy
from optuna import Trial, TrialPruned
from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import ModelError, RunError, StoreError, ToolSourceError
from toolgrad_dspy.lm import LOOP_ROLES, Models
from toolgrad_dspy.metrics import Metric, build_metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import ToolGrad, draw, run_sessions, save_program
from toolgrad_dspy.records import Session
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.sweeps.lifecycle import FAILURE
from toolgrad_dspy.sweeps.space import NO_OPTIMIZER, Space
from toolgrad_dspy.sweeps.study import UNITS, Plan, Unit
from toolgrad_dspy.sweeps.trial_configuration import Settings, document, settings
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import TuningBudget
from toolgrad_dspy.tuning.evaluator import LiveEvaluator

# Sessions between two looks at whether a trial is hopeless.
BATCH = 4


class TrialFailedError(Exception):
    """A trial's own settings do not work. It counts, without a value."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a trial's sessions came to. ``cost`` is per accepted sample, or for all when none was accepted."""

    quality: float
    cost: float
    accepted: int
    sessions: int


class Player:
    """Plays trials on one open library. ``program_file`` is where the program that a trial tuned is kept."""

    def __init__(
        self,
        space: Space,
        plan: Plan,
        library: Library,
        program_file: Callable[[int], Path],
        say: Callable[[str], None],
    ) -> None:
        self._space, self._plan, self._library = space, plan, library
        self._program_file, self._say = program_file, say

    def play(self, trial: Trial) -> float | tuple[float, float]:
        """The trial's quality, and its cost if that is an objective.

        Raises TrialPruned, TrialFailedError for what its settings are to blame for, and ToolGradError for all else.
        """
        started = time.perf_counter()
        content = document(drawn := self._space.draw(trial), self._space.metric)
        trial.set_user_attr("config", content)
        try:
            scored = self._run(
                trial, settings(content, f"trial {trial.number}"), str(drawn.get("optimizer", NO_OPTIMIZER))
            )
        except (ToolSourceError, StoreError):
            raise
        except (ModelError, RunError) as error:
            trial.set_user_attr(FAILURE, str(error))
            self._say(f"trial {trial.number}: failed: {error}")
            raise TrialFailedError from None
        except TrialPruned:
            self._say(f"trial {trial.number}: ended early, {time.perf_counter() - started:.1f} s")
            raise
        trial.set_constraint("accepted", 0.0 if scored.accepted else 1.0)
        for name in ("cost", "accepted", "sessions"):
            trial.set_user_attr(name, getattr(scored, name))
        trial.set_user_attr("seconds", round(time.perf_counter() - started, 3))
        price = cost_text(scored.cost, self._plan.unit)
        self._say(
            f"trial {trial.number}: quality {scored.quality:.3f}, {price} per sample, "
            f"{scored.accepted} of {scored.sessions} accepted, {time.perf_counter() - started:.1f} s"
        )
        return scored.quality if self._plan.single else (scored.quality, scored.cost)

    def _run(self, trial: Trial, found: Settings, tuner: str) -> Scored:
        models = found.models
        metric = build_metric(found.file.metric, models, lambda: self._library.tools)
        program = ToolGrad(self._library, models, found.loop)
        try:
            run_on_loop_thread(models.check(LOOP_ROLES))
            if tuner != NO_OPTIMIZER:
                program = self._tuned(trial, program, tuner, metric, models)
            return self._score(trial, program, metric)
        finally:
            run_on_loop_thread(models.aclose())

    def _tuned(self, trial: Trial, program: ToolGrad, tuner: str, metric: Metric, models: Models) -> ToolGrad:
        given = self._plan.tuning
        before = models.meter.tokens
        tuning = optimizer(tuner).tune(
            program,
            self._tasks,
            LiveEvaluator(metric),
            models,
            budget=TuningBudget(metric_calls=_number(given["metric_calls"]), threads=_number(given["threads"])),
            seed=derive(self._plan.seed, trial.number) % 2**31,
        )
        trial.set_user_attr("tuning_tokens", models.meter.tokens - before)
        described: dict[str, Any] = {
            "optimizer": {"name": tuner, **given},
            "metric": metric.public(),
            "scores": {"before": tuning.scores[0], "after": tuning.scores[1]},
            "program": program.config.model_dump(mode="json"),
            "models": models.public(),
            "trial": trial.number,
            "version": __version__,
        }
        save_program(self._program_file(trial.number), tuning.program, described)
        return tuning.program

    @property
    def _tasks(self) -> Any:
        given = self._plan.tuning
        return draw(self._plan.seed, _number(given["train"]), _number(given["validation"]), self._plan.sessions)

    def _score(self, trial: Trial, program: ToolGrad, metric: Metric) -> Scored:
        """The test sessions, the same in every trial: what differs is due to the settings."""
        tasks: list[dspy.Example] = self._tasks.test
        done: list[Session] = []
        scores: list[float] = []
        size = BATCH if self._plan.single else len(tasks)
        for begin in range(0, len(tasks), size):
            played = run_on_loop_thread(run_sessions(program, tasks[begin : begin + size]))
            done += played
            scores += [score.value for score in metric.scores(played)]
            if self._plan.single:
                trial.report(sum(scores) / len(scores), step=len(scores))
                if len(scores) < len(tasks) and trial.should_prune():
                    raise TrialPruned
        return scored(done, scores, self._plan.unit)


def scored(sessions: Sequence[Session], scores: Sequence[float], unit: Unit) -> Scored:
    """The sums over a trial's sessions. Raises RunError where dollars are counted and a call had no price."""
    roles = [role for session in sessions for role in session.usage.roles.values()]
    if unit == "usd" and any(role.unpriced for role in roles):
        raise RunError("a call had no known price, in a study that counts dollars")
    total = sum(role.usd for role in roles) if unit == "usd" else float(sum(s.usage.tokens for s in sessions))
    accepted = sum(session.status == "accepted" for session in sessions)
    return Scored(sum(scores) / len(scores), total / max(accepted, 1), accepted, len(sessions))


def cost_text(cost: float, unit: Unit) -> str:
    """``cost`` with its unit."""
    return f"{cost:.6f} {UNITS[unit]}" if unit == "usd" else f"{cost:.0f} {UNITS[unit]}"


def _number(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value
