"""An estimate of what a compile will use, stage by stage, from a few sessions of its base that are not stored."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from statistics import fmean

from pydantic import JsonValue

from toolgrad_dspy.compiling.job import Job, opened_job
from toolgrad_dspy.compiling.spec import CompileSpec
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.program import run_sessions
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import Estimate, estimate_from
from toolgrad_dspy.tuning import Ledger

# Sessions that an estimate is made from.
SESSIONS = 5
# A recorded session that is asked about takes about so much of a whole one: no tools, and no texts.
ASKED = 0.5


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """What a stage is expected to use for its ``sessions``; ``figures`` are named as those of an Estimate."""

    sessions: int
    figures: dict[str, float]
    minutes: float


@dataclass(frozen=True, slots=True)
class CompileEstimate:
    """What a compile is expected to use, by stage: ``recording`` (if one is made), ``tuning``, ``comparison``.

    ``total`` is the estimate for all of them, of as many whole sessions, with its deviation. The calls of the role
    ``reflection`` are not part of it: how many there are depends on what is found.
    """

    stages: dict[str, StageEstimate]
    total: Estimate

    @property
    def minutes(self) -> float:
        """Of all stages."""
        return sum(stage.minutes for stage in self.stages.values())

    def data(self) -> dict[str, JsonValue]:
        """The estimate as JSON data, as ``compile --dry-run --json`` prints it."""
        stages: dict[str, JsonValue] = {
            name: {"sessions": stage.sessions, "minutes": stage.minutes, "figures": dict(stage.figures)}
            for name, stage in self.stages.items()
        }
        return {"stages": stages, "minutes": self.minutes, "total": self.total.data()}


def estimate(
    spec: CompileSpec, *, sessions: int = SESSIONS, say: Callable[[str], None] = lambda line: None
) -> CompileEstimate:
    """The estimate for compiling ``spec``, from the first few of its training tasks: nothing is stored.

    The budget of ``spec`` holds for them. ``say`` is that of :func:`compile`. Raises UsageError and RunError as that
    does.

        minutes = estimate(CompileSpec()).minutes
    """
    with opened_job(spec, say) as job:
        with Ledger(spec.budget, job.models).enforced():
            tasks = job.tasks.train[:sessions]
            played = run_on_loop_thread(run_sessions(job.program, tasks, spec.budget.threads))
        return _estimated(job, played)


def _estimated(job: Job, played: list[Session]) -> CompileEstimate:
    each = estimate_from(played, 1)
    seconds = fmean(session.seconds for session in played)

    def stage(sessions: int, share: float = 1.0) -> StageEstimate:
        figures = {name: mean * sessions * share for name, (mean, _) in each.figures.items()}
        # Sessions at once take the time of one.
        times = ceil(sessions / job.spec.budget.threads)
        return StageEstimate(sessions, figures, seconds * times * share / 60)

    is_recorded, budget = job.spec.record is not None, job.spec.budget
    stages = {}
    if job.recorded_sessions:
        stages["recording"] = stage(job.recorded_sessions)
    stages["tuning"] = stage(budget.metric_calls, ASKED if is_recorded else 1.0)
    if is_recorded:
        stages["tuning"].figures["tool calls"] = 0.0
    stages["comparison"] = stage(2 * job.spec.tasks.test)
    return CompileEstimate(stages, estimate_from(played, job.sessions))
