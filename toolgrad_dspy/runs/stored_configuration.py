"""The configuration of a run as its folder stores it: compared on resume, and readable by people.

Not to be confused with the file that a user passes with ``--config``: see ``config_file.py``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.files import atomic_writer

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
    """The fields that differ, each as ``program.iterations: 8 there, 6 now``, in the order of their names."""
    old, new = dict(_leaves(there)), dict(_leaves(now))
    return [
        f"{name}: {_shown(old.get(name, _MISSING))} there, {_shown(new.get(name, _MISSING))} now"
        for name in sorted(old.keys() | new.keys())
        if old.get(name, _MISSING) != new.get(name, _MISSING)
    ]


def _leaves(value: StoredConfiguration, prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for name, item in value.items():
        if isinstance(item, dict) and item:
            yield from _leaves(item, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item


def _shown(value: object) -> str:
    return "not set" if value is _MISSING else one_line(repr(value), 80)
