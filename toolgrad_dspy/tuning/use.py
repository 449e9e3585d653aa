"""What sessions use: LM calls, US dollars, seconds."""

from dataclasses import astuple, dataclass

from toolgrad_dspy.lm import Models
from toolgrad_dspy.records import Session


@dataclass(frozen=True, slots=True)
class Use:
    """LM calls, US dollars and seconds: of one session, or of all starts of a compile together.

    >>> Use(12, 0.01, 8.0).plus(Use(10, 0.02, 7.0)).times(0.5)
    Use(lm_calls=11.0, usd=0.015, seconds=7.5)
    """

    lm_calls: float = 0
    usd: float = 0.0
    seconds: float = 0.0

    def plus(self, other: "Use") -> "Use":
        """The sum of both."""
        return Use(self.lm_calls + other.lm_calls, self.usd + other.usd, self.seconds + other.seconds)

    def times(self, factor: float) -> "Use":
        """``factor`` times this."""
        return Use(self.lm_calls * factor, self.usd * factor, self.seconds * factor)

    def or_more(self, other: "Use") -> "Use":
        """The larger of the two in each figure."""
        return Use(*map(max, astuple(self), astuple(other)))


NOTHING = Use()


def session_use(session: Session) -> Use:
    """What ``session`` used."""
    usage = session.usage
    return Use(usage.lm_calls, sum(role.usd for role in usage.roles.values()), session.seconds)


def models_use(models: Models) -> Use:
    """What ``models`` have used so far; ``seconds`` is 0."""
    roles = models.meter.roles().values()
    return Use(sum(role.calls for role in roles), sum(role.usd for role in roles))
