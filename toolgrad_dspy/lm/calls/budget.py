"""What a run may use, and the error that ends it when that is used up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from toolgrad_dspy.errors import RunError


class BudgetSpentError(RunError):
    """The budget is used up. Everything so far is stored; the run can be resumed with a larger budget."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of a run; None is no limit. ``usd``, US dollars, counts only calls whose price is known."""

    usd: float | None = None
    tokens: int | None = None
    tool_calls: int | None = None
    lm_calls: int | None = None


class Budget:
    """Counts what a run uses against its caps. Safe to use from any thread.

    A call is refused once a cap is reached. What a model call uses is known when it has been answered, so the caps on
    dollars and tokens are exceeded by no more than the calls under way; those on calls are never exceeded. The counts
    include what earlier starts of the same run used (:meth:`carry`).

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
        self._check("usd", self.usd, self.caps.usd, "US dollars")
        self._check("tokens", self.tokens, self.caps.tokens, "tokens")
        self._check("lm-calls", self.lm_calls, self.caps.lm_calls, "LM calls")

    @contextmanager
    def model_call(self) -> Iterator[None]:
        """A request to a model, which counts as a call unless it fails. Raises BudgetSpentError."""
        with self._lock:
            self.check_model_call()
            self.lm_calls += 1
        answered = False
        try:
            yield
            answered = True
        finally:
            if not answered:  # interrupted, or failed: what got no answer is no call
                with self._lock:
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

    def _check(self, option: str, used: float, cap: float | None, unit: str) -> None:
        if cap is not None and used >= cap:
            raise BudgetSpentError(
                f"the budget is used up: {used:.7g} of {cap:.7g} {unit}; raise --max-{option}", code="budget_spent"
            )
