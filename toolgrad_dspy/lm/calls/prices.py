"""What a model's tokens cost.

From litellm's own list (``catalog.py``), or from a file of the user's, which goes first: ``TOOLGRAD_PRICES`` names
a JSON or YAML file ``{"openai/my-model": {"input": 0.4, "output": 1.6, "cached": 0.1}}`` in US dollars per million
tokens. A price that is not known is unknown, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, one_line, os_reason
from toolgrad_dspy.lm.capabilities.catalog import Entry, entries

_COSTS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token, for what a model reads and for what it writes.

    ``cached`` and ``written`` are the prices of input that is read from the provider's prompt cache, and of input
    that is written to it; None is the price of any input.
    """

    input: float
    output: float
    cached: float | None = None
    written: float | None = None

    def of(self, input_tokens: int, output_tokens: int, cached: int = 0, written: int = 0) -> float:
        """US dollars for so many tokens; ``cached`` and ``written`` of the input tokens are priced as such."""
        plain = input_tokens - cached - written
        from_cache = self.input if self.cached is None else self.cached
        to_cache = self.input if self.written is None else self.written
        return self.input * plain + from_cache * cached + to_cache * written + self.output * output_tokens


FREE = Price(0.0, 0.0)


class _Entry(BaseModel):
    """A price in a user's file, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    written: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def price(self) -> Price:
        """Per token."""
        cached, written = (None if value is None else value / 1e6 for value in (self.cached, self.written))
        return Price(self.input / 1e6, self.output / 1e6, cached, written)


class Prices:
    """Prices by model name; ``own`` ones go before the list's."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = dict(own or {})

    @classmethod
    def load(cls, path: Path | None) -> "Prices":
        """The prices of a user's file, and the list's. Raises UsageError."""
        if path is None:
            return cls()
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))  # YAML reads JSON too
            own = TypeAdapter(dict[str, _Entry]).validate_python(data)
        except OSError as error:
            raise UsageError(f"TOOLGRAD_PRICES: cannot read {path}: {os_reason(error)}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UsageError(f"TOOLGRAD_PRICES: {path} is neither JSON nor YAML: {one_line(error, 120)}") from None
        except ValidationError as error:
            raise UsageError(f"TOOLGRAD_PRICES: {path}: {': '.join(first_problem(error))}") from None
        return cls({name: entry.price() for name, entry in own.items()})

    def of(self, model: str) -> Price | None:
        """The price of ``provider/model``, or None when it is not known."""
        if model in self._own:
            return self._own[model]
        return next((price for entry in entries(model) if (price := _price(entry)) is not None), None)


def _price(entry: Entry) -> Price | None:
    given, answered, cached, written = (_number(entry.get(key)) for key in _COSTS)
    return None if given is None or answered is None else Price(given, answered, cached, written)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
