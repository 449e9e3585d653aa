"""The configuration of a run as its folder stores it: compared on resume, and readable by people.

Not to be confused with the file that a user passes with ``--config``: see ``config_file.py``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.files import atomic_writer
from toolgrad_dspy.lm.credentials import public_base
from toolgrad_dspy.secrets import masked_entry

StoredConfiguration = Mapping[str, JsonValue]
"""The resolved configuration as nested mappings, without secrets. Runs of equal ones are equal."""

_MISSING = object()


def write_configuration(path: Path, configuration: StoredConfiguration) -> None:
    """Write ``configuration`` as YAML, in its own order. Raises StoreError."""
    with atomic_writer(path) as file:
        yaml.safe_dump(dict(configuration), file, sort_keys=False, allow_unicode=True, width=110)


def restore_configuration(path: Path, configuration: StoredConfiguration) -> bool:
    """Write ``configuration`` to ``path`` unless that holds it; whether it was written. Raises StoreError."""
    try:
        is_there = yaml.safe_load(path.read_text(encoding="utf-8")) == dict(configuration)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):  # missing, half-written, or no text
        is_there = False
    if not is_there:
        write_configuration(path, configuration)
    return not is_there


def differences(there: StoredConfiguration, now: StoredConfiguration) -> list[str]:
    """The fields that differ, each as ``program.iterations: 8 there, 6 now``, in the order of their names.

    Compared is what may be shown: a key that was renewed makes no other run of it. No digest of what is masked is
    stored either, since that of a short password is soon guessed. What an earlier version stored less masked is
    compared as this one would have stored it.
    """
    old, new = dict(_leaves(_masked(there))), dict(_leaves(_masked(now)))
    return [
        f"{name}: {_shown(old.get(name, _MISSING))} there, {_shown(new.get(name, _MISSING))} now"
        for name in sorted(old.keys() | new.keys())
        if old.get(name, _MISSING) != new.get(name, _MISSING)
    ]


def _masked(stored: StoredConfiguration) -> StoredConfiguration:
    """``stored`` with everything masked that would be today."""
    masked = dict(stored)
    tools, models = stored.get("tools"), stored.get("models")
    if isinstance(tools, dict) and isinstance(servers := tools.get("mcpServers"), dict):
        entries = {name: masked_entry(entry) if isinstance(entry, dict) else entry for name, entry in servers.items()}
        masked["tools"] = {**tools, "mcpServers": entries}
    if isinstance(models, dict):
        masked["models"] = {role: _with_public_base(settings) for role, settings in models.items()}
    return masked


def _with_public_base(settings: JsonValue) -> JsonValue:
    if not isinstance(settings, dict) or not isinstance(base := settings.get("api_base"), str):
        return settings
    return {**settings, "api_base": public_base(base)}


def _leaves(value: StoredConfiguration, prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for name, item in value.items():
        if isinstance(item, dict) and item:
            yield from _leaves(item, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item


def _shown(value: object) -> str:
    return "not set" if value is _MISSING else one_line(repr(value), 80)
