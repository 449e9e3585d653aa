"""What a run may use, and the error that ends it when that is used up."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from toolgrad_dspy.errors import RunError

_log = logging.getLogger(__name__)


class BudgetSpentError(RunError):
    """The budget is used up. Everything so far is stored; the run can be resumed with a larger budget."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of a run; None is no limit. ``usd``, US dollars, counts only calls whose price is known."""

    usd: float | None = None
    tokens: int | None = None
    tool_calls: int | None = None
    lm_calls: int | None = None


@dataclass(slots=True)
class Reservation:
    """What is kept back for a request under way, in tokens and dollars, until it is known what it used."""

    budget: "Budget" = field(repr=False)
    tokens: int
    usd: float
    settled: bool = False

    def settle(self, usd: float | None, tokens: int) -> None:
        """Charge what the request has used in place of what was kept back. ``usd`` is None for an unknown price."""
        self.settled = True
        self.budget.charge_model_call(usd, tokens)

    def keep(self) -> None:
        """Charge what was kept back: nobody will say what the request has used."""
        self.settle(self.usd, self.tokens)


class Budget:
    """Counts what a run uses against its caps. Safe to use from any thread.

    A request to a model is refused when the rest of the budget, less what is kept back for the requests under way,
    does not pay for it. So the caps on dollars and tokens are exceeded at most by what requests under way use beyond
    their expected size; those on calls are never exceeded. The counts include what earlier starts of the same run
    used (:meth:`carry`).

    >>> budget = Budget(Caps(tool_calls=1))
    >>> budget.charge_tool_call()
    >>> budget.charge_tool_call()
    Traceback (most recent call last):
    toolgrad_dspy.lm.calls.budget.BudgetSpentError: the budget is used up: 1 of 1 tool calls; raise --max-tool-calls
    """

    def __init__(self, caps: Caps | None = None) -> None:
        self.caps = caps or Caps()
        self._lock = threading.Lock()
        self.usd = 0.0
        self.tokens = 0
        self.tool_calls = 0
        self.lm_calls = 0
        # Kept back for requests under way.
        self._usd_kept = 0.0
        self._tokens_kept = 0

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # copies of a program share its budget

    def carry(self, usd: float, tokens: int, tool_calls: int) -> None:
        """Add what was used before this start."""
        with self._lock:
            self.usd += usd
            self.tokens += tokens
            self.tool_calls += tool_calls

    def check_model_call(self) -> None:
        """Raise BudgetSpentError if no more call may be made to a model."""
        with self._lock:
            self._check_model_call(0, 0.0)

    @contextmanager
    def model_call(self, tokens: int = 0, usd: float | None = None) -> Iterator[Reservation]:
        """A request to a model that will use about so much, which counts as a call unless it fails.

        What it uses is kept back until it is settled. Raises BudgetSpentError.
        """
        reservation = Reservation(self, tokens, usd or 0.0)
        with self._lock:
            self._check_model_call(tokens, reservation.usd)
            self.lm_calls += 1
            self._tokens_kept += tokens
            self._usd_kept += reservation.usd
        answered = False
        try:
            yield reservation
            answered = True
        finally:
            with self._lock:
                self._tokens_kept -= tokens
                self._usd_kept -= reservation.usd
                if not answered and not reservation.settled:  # what got no answer is no call
                    self.lm_calls -= 1

    def charge_model_call(self, usd: float | None, tokens: int) -> None:
        """Call it when a model has answered. ``usd`` is None for an unknown price."""
        with self._lock:
            self.usd += usd or 0.0
            self.tokens += tokens

    def charge_tool_call(self) -> None:
        """Call it before a tool is called: it checks and counts. Raises BudgetSpentError."""
        with self._lock:
            self._check("tool-calls", self.tool_calls, self.caps.tool_calls, "tool calls")
            self.tool_calls += 1

    def _check_model_call(self, tokens: int, usd: float) -> None:
        self._check("usd", self.usd + self._usd_kept, self.caps.usd, "US dollars", usd)
        self._check("tokens", self.tokens + self._tokens_kept, self.caps.tokens, "tokens", tokens)
        self._check("lm-calls", self.lm_calls, self.caps.lm_calls, "LM calls")

    def _check(self, option: str, used: float, cap: float | None, unit: str, next: float = 0.0) -> None:
        if cap is None or (used < cap and used + next <= cap):
            return
        wanted = f", and the next call takes about {next:.7g}" if used < cap else ""
        line = f"the budget is used up: {used:.7g} of {cap:.7g} {unit}{wanted}"
        _log.info("%s", line)
        raise BudgetSpentError(f"{line}; raise --max-{option}", code="budget_spent")
