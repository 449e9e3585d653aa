"""An estimate of what a run will use: from a few of its sessions, which are not stored, or from an earlier run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from pydantic import JsonValue

from toolgrad_dspy.errors import RunError, UsageError
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.engines import RunEngine
from toolgrad_dspy.runs.generate_run import MakeProgress
from toolgrad_dspy.runs.progress import QuietProgress
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.store import RunStore
from toolgrad_dspy.runs.unstored import play_unstored

# Sessions that an estimate is made from.
SESSIONS = 5

_FIGURES: dict[str, Callable[[Session], float]] = {
    "LM calls": lambda session: session.usage.lm_calls,
    "tokens": lambda session: session.usage.tokens,
    "tool calls": lambda session: session.usage.all_tool_calls,
    "US dollars": lambda session: sum(role.usd for role in session.usage.roles.values()),
    "session seconds": lambda session: session.seconds,
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean and standard deviation of each figure over ``sessions`` sessions, and both for a run of ``n``.

    Sessions are independent, so the deviation of a run of n grows with the square root of n. The mean itself is
    uncertain, since it is taken over a few sessions: that adds n times its standard error. ``source`` is the folder
    of the run that the sessions are from, if any.
    """

    n: int
    sessions: int
    accepted: int
    unpriced: int
    figures: dict[str, tuple[float, float]]
    source: str | None = None

    def total(self, name: str) -> tuple[float, float]:
        """The estimate for the whole run, and its standard deviation."""
        each, spread = self.figures[name]
        return each * self.n, (spread**2 * self.n + (spread * self.n) ** 2 / self.sessions) ** 0.5

    def data(self) -> dict[str, JsonValue]:
        """The estimate as JSON data, as ``generate --dry-run --json`` prints it."""
        names = ("mean", "deviation", "total", "total_deviation")
        figures: dict[str, JsonValue] = {
            name: dict(zip(names, (*each, *self.total(name)), strict=True)) for name, each in self.figures.items()
        }
        return {
            "n": self.n,
            "sessions": self.sessions,
            "accepted": self.accepted,
            "unpriced": self.unpriced,
            "from": self.source,
            "figures": figures,
        }


async def estimate(
    spec: RunSpec,
    *,
    sessions: int = SESSIONS,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Callable[[str], None] = lambda line: None,
) -> Estimate:
    """The estimate for the run ``spec``, from the first few of its sessions, which are played and not stored.

    The other arguments are those of :func:`generate`. Raises RunError (``no_session``) when the engine was stopped
    before a session ended.

        guess = asyncio.run(estimate(RunSpec(n=500)))
        dollars, deviation = guess.total("US dollars")
    """
    ended: list[Session] = []
    await play_unstored(spec, min(spec.n, sessions), ended.append, engine=engine, progress=progress, say=say)
    if not ended:
        raise RunError("stopped before a session ended, so there is nothing to estimate from", code="no_session")
    return estimate_from(ended, spec.n)


def estimate_from_run(folder: Path, n: int) -> Estimate:
    """The estimate for ``n`` sessions from those that a run folder holds. Raises UsageError, StoreError."""
    with RunStore.open(folder) as store:
        sessions = list(store.sessions(traces=False))
    if not sessions:
        raise UsageError(f"{folder} holds no session yet, so there is nothing to estimate from", code="no_session")
    return estimate_from(sessions, n, str(folder))


def estimate_from(sessions: Sequence[Session], n: int, source: str | None = None) -> Estimate:
    """The estimate for ``n`` sessions from ``sessions``, which this process has played or ``source`` holds."""
    figures = {}
    for name, figure in _FIGURES.items():
        values = [float(figure(session)) for session in sessions]
        figures[name] = (mean(values), stdev(values) if len(values) > 1 else 0.0)
    return Estimate(
        n=n,
        sessions=len(sessions),
        accepted=sum(session.status == "accepted" for session in sessions),
        unpriced=sum(role.unpriced for session in sessions for role in session.usage.roles.values()),
        figures=figures,
        source=source,
    )
