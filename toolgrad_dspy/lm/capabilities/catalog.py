"""litellm's list of models: prices and abilities, in the file it ships. Its network copy is never asked for."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = "model_prices_and_context_window_backup.json"
# An entry that explains the others.
_SAMPLE = "sample_spec"

Entry = Mapping[str, Any]


def entries(model: str) -> Iterator[Entry]:
    """What the list has about ``provider/model``, the nearest name first; nothing if it is not there."""
    return (entry for name in _names(model) if (entry := _listed().get(name)) is not None)


def _names(model: str) -> tuple[str, ...]:
    """The names under which the list may have a model: some providers' stand there without the provider."""
    provider, _, name = model.partition("/")
    alias = {"ollama_chat": "ollama"}.get(provider, provider)
    bare = (name,) if provider in ("openai", "anthropic") else ()
    return tuple(dict.fromkeys((model, f"{alias}/{name}", *bare)))


@cache
def _listed() -> Mapping[str, Entry]:
    """The list, without importing litellm: 30 ms in place of seconds."""
    found = importlib.util.find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(next(iter(found.submodule_search_locations)), _FILE)
    try:
        data: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: entry for name, entry in data.items() if name != _SAMPLE}
