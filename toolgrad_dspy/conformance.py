"""What the suites share that check what people write themselves: tool sources, engines, optimizers, components.

A suite is a tuple of checks: functions that get a case, and raise AssertionError with the promise that is broken.
Whatever else comes out of a check was raised by what is checked, and breaks a promise too.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from toolgrad_dspy.errors import one_line

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A promise that is not kept: the name of the check, and what is wrong."""

    check: str
    problem: str


def expect(kept: bool, promise: str) -> None:
    """Raise AssertionError with ``promise`` unless it is ``kept``."""
    if not kept:
        raise AssertionError(promise)


def broken_promises(checks: Iterable[Callable[[C], None]], case: C) -> list[BrokenPromise]:
    """Run all ``checks``; an empty list means that ``case`` keeps every promise.

    >>> def is_even(number: int) -> None:
    ...     expect(number % 2 == 0, f"{number} is even")
    >>> broken_promises([is_even], 3)
    [BrokenPromise(check='is_even', problem='3 is even')]
    """
    broken = []
    for check in checks:
        try:
            check(case)
        except Exception as error:  # noqa: BLE001 - boundary: what is checked is others' code, and may raise anything
            broken.append(_broken(check, error))
    return broken


async def broken_promises_async(checks: Iterable[Callable[[C], Awaitable[None]]], case: C) -> list[BrokenPromise]:
    """As :func:`broken_promises`, for checks that are coroutine functions."""
    broken = []
    for check in checks:
        try:
            await check(case)
        except Exception as error:  # noqa: BLE001 - boundary: what is checked is others' code, and may raise anything
            broken.append(_broken(check, error))
    return broken


def _broken(check: Callable[..., object], error: Exception) -> BrokenPromise:
    told = str(error) if isinstance(error, AssertionError) else one_line(f"raises {type(error).__name__}: {error}")
    return BrokenPromise(check.__name__, told)
