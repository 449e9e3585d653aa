"""An estimate of what a run will use, from a few of its sessions, which are not stored, or from those of a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.records import Session

# Sessions that an estimate is made from.
SESSIONS = 5

_FIGURES: dict[str, Callable[[Session], float]] = {
    "LM calls": lambda session: session.usage.lm_calls,
    "tokens": lambda session: session.usage.tokens,
    "tool calls": lambda session: session.usage.tool_calls + session.usage.replayed_calls,
    "US dollars": lambda session: sum(role.usd for role in session.usage.roles.values()),
    "session seconds": lambda session: session.seconds,
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Figures per session over ``sessions`` of them: mean and standard deviation, and both for a run of ``n``.

    Sessions are independent, so the spread of a run of n grows with the square root of n; how well a few sessions
    tell the mean adds n times its standard error. ``source`` is the folder of the run they are from, if any.
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
        """As data."""
        names = ("mean", "deviation", "total", "total_deviation")
        figures: dict[str, JsonValue] = {
            name: dict(zip(names, (*each, *self.total(name)), strict=True)) for name, each in self.figures.items()
        }
        return {
            "n": self.n,
            "sessions": self.sessions,
            "accepted": self.accepted,
            "from": self.source,
            "figures": figures,
        }


def recorded(run: Path, n: int) -> Estimate:
    """The estimate for ``n`` sessions from those that the folder ``run`` holds. Raises UsageError, StoreError."""
    from toolgrad_dspy.runs import RunStore

    with RunStore.open(run) as store:
        sessions = list(store.sessions(traces=False))
    if not sessions:
        raise UsageError(f"{run} holds no session yet, so there is nothing to estimate from")
    return estimate(sessions, n, str(run))


def estimate(sessions: Sequence[Session], n: int, source: str | None = None) -> Estimate:
    """The estimate for ``n`` sessions from those that ran, in this command or in the run ``source``."""
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
