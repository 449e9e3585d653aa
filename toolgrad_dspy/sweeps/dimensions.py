"""What a search varies: a parameter with choices, or one with a range."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from optuna import Trial
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError


class Dimension(Protocol):
    """One parameter of the search."""

    @property
    def name(self) -> str: ...

    @property
    def corners(self) -> tuple[JsonValue, ...]:
        """Values that tell whether all are good: every choice, or both ends."""
        ...

    def draw(self, trial: Trial) -> JsonValue:
        """The value in ``trial``."""
        ...

    def label(self, value: JsonValue) -> str | int | float | bool | None:
        """``value`` as the study stores it. Raises UsageError if it is none of this dimension's."""
        ...


@dataclass(frozen=True, slots=True)
class Choices:
    """Any of ``values``. One alone is not searched: it holds in every trial."""

    name: str
    values: tuple[JsonValue, ...]

    @property
    def corners(self) -> tuple[JsonValue, ...]:
        return self.values

    def draw(self, trial: Trial) -> JsonValue:
        if len(self.values) == 1:
            return self.values[0]
        by_label = {_label(value): value for value in self.values}
        return by_label[trial.suggest_categorical(self.name, list(by_label))]

    def label(self, value: JsonValue) -> str | int | float | bool | None:
        # By label: in Python 1 and True are equal.
        if not any(_same(value, one) for one in self.values):
            raise UsageError(f"{self.name}: {value!r} is not one of {', '.join(map(str, self.values))}")
        return _label(value)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``, both included, in steps; whole ones where both ends are."""

    name: str
    low: float
    high: float
    step: float | None = None

    @property
    def corners(self) -> tuple[JsonValue, ...]:
        return self.low, self.high

    def draw(self, trial: Trial) -> JsonValue:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.name, self.low, self.high, step=int(self.step or 1))
        return trial.suggest_float(self.name, self.low, self.high, step=self.step)

    def label(self, value: JsonValue) -> str | int | float | bool | None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high or not self._on_step(value):  # type: ignore[operator]
            raise UsageError(f"{self.name}: {value!r} is not in the range from {self.low} to {self.high}")
        return value  # type: ignore[return-value]  # a number, as just checked

    def _on_step(self, value: Any) -> bool:
        step = self.step or (1 if isinstance(self.low, int) else 0)
        return not step or abs((value - self.low) / step - round((value - self.low) / step)) < 1e-9


def dimension(name: str, given: JsonValue, where: str) -> Dimension:
    """The dimension that a file describes: a list of choices, one value, or ``{low, high, step}``.

    Raises UsageError that names ``where`` and the parameter.
    """
    if isinstance(given, dict) and given.keys() & {"low", "high"}:
        return _range(name, given, where)
    values = given if isinstance(given, list) else [given]
    if not values:
        raise UsageError(f"{where}: {name} has no choices")
    if any(_same(a, b) for i, a in enumerate(values) for b in values[:i]):
        raise UsageError(f"{where}: {name} has a choice twice")
    return Choices(name, tuple(values))


def _range(name: str, given: Mapping[str, JsonValue], where: str) -> Range:
    if not {"low", "high"} <= given.keys() <= {"low", "high", "step"}:
        raise UsageError(f"{where}: {name}: a range has low, high and, if it is to have one, a step")
    low, high, step = given["low"], given["high"], given.get("step")
    numbers = [value for value in (low, high, step) if value is not None]
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in numbers):
        raise UsageError(f"{where}: {name}: low, high and step of a range are numbers")
    found = Range(name, low, high, step)  # type: ignore[arg-type]  # numbers, as just checked
    whole = isinstance(low, int) and isinstance(high, int)
    if not found.low < found.high or (step is not None and not (found.step or 0) > 0):
        raise UsageError(f"{where}: {name}: a range needs low below high, and a step above 0")
    if not found._on_step(found.high) or (whole and not isinstance(step, int | None)):
        raise UsageError(f"{where}: {name}: the range from {low} to {high} is no multiple of its step {step}")
    return found


def _label(value: JsonValue) -> str | int | float | bool | None:
    """A choice as Optuna stores it, which is a plain value."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def _same(one: JsonValue, other: JsonValue) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def names(dimensions: Iterable[Dimension]) -> str:
    """For a message."""
    return ", ".join(one.name for one in dimensions)
