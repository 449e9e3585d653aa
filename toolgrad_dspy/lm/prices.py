"""What a model's tokens cost.

From litellm's own price list, the file it ships (its network copy is never asked for), or from a file of the user's:
``TOOLGRAD_PRICES`` names a JSON or YAML file ``{"openai/my-model": {"input": 0.4, "output": 1.6}}`` in US dollars per
million tokens, which goes first. A price that is not known is unknown, never zero.
"""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from toolgrad_dspy.errors import UsageError, one_line

_LIST = "model_prices_and_context_window_backup.json"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token, for what a model reads and for what it writes."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for so many tokens."""
        return self.input * input_tokens + self.output * output_tokens


FREE = Price(0.0, 0.0)


class _Entry(BaseModel):
    """A price in a user's file, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


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
            entries = TypeAdapter(dict[str, _Entry]).validate_python(data)
        except OSError as error:
            raise UsageError(f"TOOLGRAD_PRICES: cannot read {path}: {error.strerror or error}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UsageError(f"TOOLGRAD_PRICES: {path} is neither JSON nor YAML: {one_line(error, 120)}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"TOOLGRAD_PRICES: {path}: {where}: {first['msg']}") from None
        return cls({name: Price(entry.input / 1e6, entry.output / 1e6) for name, entry in entries.items()})

    def of(self, model: str) -> Price | None:
        """The price of ``provider/model``, or None when it is not known."""
        if model in self._own:
            return self._own[model]
        return next((price for name in _names(model) if (price := _listed().get(name)) is not None), None)


def _names(model: str) -> tuple[str, ...]:
    """The names under which the list may have a model: some providers' stand there without the provider."""
    provider, _, name = model.partition("/")
    alias = {"ollama_chat": "ollama"}.get(provider, provider)
    bare = (name,) if provider in ("openai", "anthropic") else ()
    return (model, f"{alias}/{name}", *bare)


@cache
def _listed() -> Mapping[str, Price]:
    """The list, without importing litellm: 30 ms in place of seconds."""
    found = importlib.util.find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(next(iter(found.submodule_search_locations)), _LIST)
    try:
        data: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    prices = {}
    for name, entry in data.items():
        given, answered = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
        if isinstance(given, (int, float)) and isinstance(answered, (int, float)) and name != "sample_spec":
            prices[name] = Price(float(given), float(answered))
    return prices
