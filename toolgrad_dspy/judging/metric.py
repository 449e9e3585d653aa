"""The optimization metric: one number per session, from named parts, with feedback for each tuned predictor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import rules
from toolgrad_dspy.judging.feedback import proposer_feedback, selector_feedback
from toolgrad_dspy.records import Session

PARTS: Mapping[str, Callable[[Session], float]] = {
    "executed": rules.executed,
    "known_origins": rules.known_origins,
    "dependent": rules.dependent,
    "distinct_tools": rules.distinct_tools,
    "sound_selections": rules.sound_selections,
    "growth": rules.growth,
    "valid": rules.valid,
}

# What makes data worth having first: calls that run, and steps that build on one another.
WEIGHTS: Mapping[str, float] = {
    "executed": 3.0,
    "known_origins": 1.0,
    "dependent": 3.0,
    "distinct_tools": 1.0,
    "sound_selections": 2.0,
    "growth": 1.0,
    "valid": 1.0,
}


@dataclass(frozen=True, slots=True)
class Score:
    """A session's score in [0, 1] and the parts it is the weighted mean of."""

    value: float
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """The weighted mean of rule metrics. ``weights`` names the parts; a part without a weight does not count."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def __post_init__(self) -> None:
        unknown = sorted(set(self.weights) - set(PARTS))
        if unknown:
            raise UsageError(f"no metric part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
        if any(not 0 <= weight < inf for weight in self.weights.values()) or not any(self.weights.values()):
            raise UsageError("metric weights must be finite and not negative, and one of them must be above 0")

    def score(self, session: Session) -> Score:
        """The score of one session."""
        parts = {name: PARTS[name](session) for name in self.weights}
        total = sum(self.weights.values())
        return Score(sum(parts[name] * weight for name, weight in self.weights.items()) / total, parts)

    def feedback(self, session: Session, role: str, iteration: int) -> str:
        """What went well and wrong at the invocation of ``role`` (proposer or selector) in ``iteration``.

        Facts of that step only, in words: what an optimizer's reflection model reads.
        """
        found = next((i for i in session.trace.iterations if i.number == iteration), None)
        if found is None:
            return "This step is not part of the session."
        lines = proposer_feedback(session, found) if role == "proposer" else selector_feedback(session, found)
        return "\n".join(lines)
