"""Which sessions a budget still pays for: none begins that the rest of it would not bring to an end."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from statistics import fmean, pstdev

from toolgrad_dspy.lm import Budget, BudgetSpentError
from toolgrad_dspy.records import Session

_log = logging.getLogger(__name__)

# Sessions whose use is remembered, the last ones.
REMEMBERED = 200
# Standard deviations above the mean that a session is expected to use at most: one in forty uses more.
SPREAD = 2.0
# The least standard deviation, as a part of the mean: a few sessions may be alike by chance.
LEAST_SPREAD = 0.1
# Sessions that the expectation before the first weighs as much as.
PRIOR = 8

# By the option that caps it: what a session has used, and the unit.
_FIGURES: Mapping[str, tuple[Callable[[Session], float], str]] = {
    "tokens": (lambda session: session.usage.tokens, "tokens"),
    "usd": (lambda session: sum(role.usd for role in session.usage.roles.values()), "US dollars"),
    "tool_calls": (lambda session: session.usage.all_tool_calls, "tool calls"),
}


class Admission:
    """Lets sessions begin while ``budget`` pays for them. ``expected`` has, by figure, what a session is expected to
    use before one has ended; a figure that is not known then holds nobody back.
    """

    def __init__(self, budget: Budget, expected: Mapping[str, float]) -> None:
        self._budget = budget
        self._expected = dict(expected)
        self._last: dict[str, deque[float]] = {name: deque(maxlen=REMEMBERED) for name in _FIGURES}
        self._used: dict[str, float] = dict.fromkeys(_FIGURES, 0.0)
        self.begin()

    def begin(self) -> None:
        """Count from here: what the budget has counted before is nobody's who is under way."""
        self._before = {name: self._budget_used(name) for name in _FIGURES}

    def ended(self, session: Session) -> None:
        """Take in what a session has used."""
        for name, (figure, _) in _FIGURES.items():
            self._last[name].append(figure(session))
            self._used[name] += figure(session)

    def lost(self) -> None:
        """A session has ended without a result: what it used is nobody's who is under way."""
        self.begin()
        self._used = dict.fromkeys(_FIGURES, 0.0)

    def refusal(self, under_way: int) -> BudgetSpentError | None:
        """Why no session may begin beside so many ``under_way``; None if one may."""
        for name, (_, unit) in _FIGURES.items():
            cap, each = getattr(self._budget.caps, name), self._each(name)
            if cap is None or each is None:
                continue
            ended = self._before[name] + self._used[name]
            # Those under way have used a part of what is kept back for them.
            left = cap - max(ended + under_way * each, self._budget_used(name))
            if left < each:
                used, option = self._budget_used(name), name.replace("_", "-")
                line = f"the budget is used up: {used:.7g} of {cap:.7g} {unit}, and a session takes up to {each:.4g}"
                _log.info("no session begins any more: %s", line)
                return BudgetSpentError(f"{line}; raise --max-{option}", code="budget_spent")
        return None

    def _each(self, name: str) -> float | None:
        """What a session uses at most, as far as that can be told. Those that end first are the short ones."""
        last, expected = self._last[name], self._expected.get(name)
        known = [*last, *([] if expected is None else [expected] * PRIOR)]
        if not known:
            return None
        mean = fmean(known)
        return mean + SPREAD * max(pstdev(last or known), LEAST_SPREAD * mean) if last else mean

    def _budget_used(self, name: str) -> float:
        return float(getattr(self._budget, name))
