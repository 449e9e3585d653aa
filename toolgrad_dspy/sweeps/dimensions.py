"""What a search varies: a parameter with choices, or one with a range."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from optuna import Trial
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError

# A value as Optuna stores it.
Label = str | int | float | bool | None


class Dimension(Protocol):
    """One parameter of the search."""

    @property
    def name(self) -> str: ...

    @property
    def corners(self) -> tuple[JsonValue, ...]:
        """The values to check so that all are known to be valid: every choice, or both ends of a range."""
        ...

    def draw(self, trial: Trial) -> JsonValue:
        """The value in ``trial``."""
        ...

    def label(self, value: JsonValue) -> Label:
        """``value`` as the study stores it. Raises UsageError if it is not in this dimension."""
        ...


@dataclass(frozen=True, slots=True)
class Choices:
    """Any of ``values``. A single value is not searched: it holds in every trial."""

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

    def label(self, value: JsonValue) -> Label:
        if not any(_equal(value, choice) for choice in self.values):
            raise _outside(self.name, value, f"choose from {', '.join(map(str, self.values))}")
        return _label(value)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``, both included, in steps; integers if both ends are integers."""

    name: str
    low: float
    high: float
    step: float | None = None

    @property
    def corners(self) -> tuple[JsonValue, ...]:
        return self.low, self.high

    @property
    def is_whole(self) -> bool:
        """Whether only integers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def draw(self, trial: Trial) -> JsonValue:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.name, self.low, self.high, step=int(self.step or 1))
        return trial.suggest_float(self.name, self.low, self.high, step=self.step)

    def label(self, value: JsonValue) -> Label:
        number = _number(value)
        if number is None or not self.low <= number <= self.high or not self.on_step(number):
            raise _outside(self.name, value, f"the range is from {self.low} to {self.high}")
        return number

    def on_step(self, number: float) -> bool:
        """Whether ``number`` is a whole number of steps above ``low``, but for rounding errors."""
        step = self.step or (1 if self.is_whole else 0)
        if not step:
            return True
        steps = (number - self.low) / step
        return abs(steps - round(steps)) < 1e-9


def dimension(name: str, described: JsonValue, where: str) -> Dimension:
    """The dimension that a file describes: a list of choices, one value, or ``{low, high, step}``.

    Raises UsageError that names ``where`` and the parameter.
    """
    if isinstance(described, dict) and described.keys() & {"low", "high"}:
        return _range(name, described, where)
    values = described if isinstance(described, list) else [described]
    if not values:
        raise UsageError(f"{where}: {name} has no choices", code="no_choices")
    if any(_equal(value, earlier) for i, value in enumerate(values) for earlier in values[:i]):
        raise UsageError(f"{where}: {name} lists a choice twice", code="repeated_choice")
    return Choices(name, tuple(values))


def _range(name: str, described: Mapping[str, JsonValue], where: str) -> Range:
    place = f"{where}: {name}"
    if not {"low", "high"} <= described.keys() <= {"low", "high", "step"}:
        raise _bad_range(place, "needs low and high, and may have a step")
    low, high, step = (_number(described.get(key)) for key in ("low", "high", "step"))
    # A step that is given as null is no step; anything else that is not a number is a mistake.
    if low is None or high is None or (step is None and described.get("step") is not None):
        raise _bad_range(place, "needs numbers for low, high and step")
    if not low < high or (step is not None and not step > 0):
        raise _bad_range(place, "needs low below high, and a step above 0")
    drawn = Range(name, low, high, step)
    # Optuna would move the upper end to the last step, so that a value in the file is never drawn.
    if not drawn.on_step(high) or (drawn.is_whole and isinstance(step, float)):
        raise _bad_range(place, f"from {low} to {high} is not a whole number of steps of {step}")
    return drawn


def _bad_range(place: str, problem: str) -> UsageError:
    return UsageError(f"{place}: a range {problem}", code="invalid_range")


def _outside(name: str, value: JsonValue, allowed: str) -> UsageError:
    return UsageError(f"{name}: {value!r} is not in the space; {allowed}", code="outside_the_space")


def _number(value: JsonValue) -> float | None:
    """``value`` if it is a number. True and False are not, although Python counts them among the integers."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _label(value: JsonValue) -> Label:
    """A choice as Optuna stores it: a plain value."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def _equal(left: JsonValue, right: JsonValue) -> bool:
    # Compared as JSON: in Python 1 and True are equal.
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
