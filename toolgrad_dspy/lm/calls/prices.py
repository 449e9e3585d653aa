"""What a model's tokens cost.

Prices come from litellm's list (``capabilities/catalog.py``). Those in a file of the user's take precedence:
``TOOLGRAD_PRICES`` names a JSON or YAML file, in US dollars per million tokens:

    openai/my-model: {input: 0.4, output: 1.6, cached: 0.1}

A price that is not known is unknown, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem
from toolgrad_dspy.lm.capabilities.catalog import Entry, entries
from toolgrad_dspy.yaml_file import read_yaml

_COSTS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token of input and of output.

    ``cached`` is the price of input that the provider reads from its prompt cache, ``written`` that of input it
    writes to the cache; None: the same as for all input.

    >>> price = Price(input=4e-7, output=1.6e-6, cached=1e-7)
    >>> round(price.of(input_tokens=10_000, output_tokens=500, cached=8_000), 6)
    0.0024
    """

    input: float
    output: float
    cached: float | None = None
    written: float | None = None

    def of(self, input_tokens: int, output_tokens: int, cached: int = 0, written: int = 0) -> float:
        """The cost in US dollars. ``cached`` and ``written`` are shares of the input tokens."""
        plain = input_tokens - cached - written
        from_cache = self.input if self.cached is None else self.cached
        to_cache = self.input if self.written is None else self.written
        return self.input * plain + from_cache * cached + to_cache * written + self.output * output_tokens


FREE = Price(0.0, 0.0)


class _FileEntry(BaseModel):
    """A price in a user's file, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    written: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def price(self) -> Price:
        """The same per token."""
        cached, written = (None if value is None else value / 1e6 for value in (self.cached, self.written))
        return Price(self.input / 1e6, self.output / 1e6, cached, written)


class Prices:
    """Prices by model name. Those in ``own`` take precedence over litellm's list.

    >>> Prices({"openai/mine": Price(4e-7, 1.6e-6)}).of("openai/mine")
    Price(input=4e-07, output=1.6e-06, cached=None, written=None)
    >>> Prices().of("openai/no-such-model") is None
    True
    """

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = dict(own or {})

    @classmethod
    def load(cls, path: Path | None) -> "Prices":
        """The prices of litellm's list, with those of the user's file over them. Raises UsageError."""
        if path is None:
            return cls()
        try:
            data = read_yaml(path)  # YAML reads JSON too
            own = TypeAdapter(dict[str, _FileEntry]).validate_python(data)
        except UsageError as error:
            raise UsageError(f"TOOLGRAD_PRICES: {error}", code=error.code) from None
        except ValidationError as error:
            raise UsageError(
                f"TOOLGRAD_PRICES: {path}: {': '.join(filter(None, first_problem(error)))}", code="invalid_value"
            ) from None
        return cls({name: entry.price() for name, entry in own.items()})

    def of(self, model: str) -> Price | None:
        """The price of ``provider/model``, or None when it is not known."""
        if model in self._own:
            return self._own[model]
        # The nearest name may have no price where the provider's plain name has one.
        return next((price for entry in entries(model) if (price := _price(entry)) is not None), None)


def _price(entry: Entry) -> Price | None:
    input_, output, cached, written = (_number(entry.get(key)) for key in _COSTS)
    return None if input_ is None or output is None else Price(input_, output, cached, written)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
