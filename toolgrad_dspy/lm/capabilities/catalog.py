"""litellm's list of models, with prices and abilities, from the file in its package and never from the network."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = "model_prices_and_context_window_backup.json"
# Not a model: it explains the fields of the others.
_SAMPLE = "sample_spec"

Entry = Mapping[str, Any]


def entries(model: str) -> Iterator[Entry]:
    """The entries of the list about ``provider/model``, the nearest name first; none if the list lacks it."""
    return (entry for name in _names(model) if (entry := _listed().get(name)) is not None)


def _names(model: str) -> tuple[str, ...]:
    """The names under which the list may have a model: for some providers they lack the provider."""
    provider, _, name = model.partition("/")
    alias = {"ollama_chat": "ollama"}.get(provider, provider)
    bare = (name,) if provider in ("openai", "anthropic") else ()
    return tuple(dict.fromkeys((model, f"{alias}/{name}", *bare)))


@cache
def _listed() -> Mapping[str, Entry]:
    """The list, without importing litellm: 30 ms instead of seconds. Empty if litellm has no such file."""
    package = importlib.util.find_spec("litellm")
    if package is None or not package.submodule_search_locations:
        return {}
    path = Path(next(iter(package.submodule_search_locations)), _FILE)
    try:
        data: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: entry for name, entry in data.items() if name != _SAMPLE}
