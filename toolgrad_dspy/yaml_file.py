"""Reading the YAML files that users write: what is wrong in one is one line, which never quotes the file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolgrad_dspy.errors import UsageError, hint, os_reason


def read_yaml(path: Path) -> Any:
    """What ``path`` holds; None if it is empty. Raises UsageError (``unreadable_file``, ``not_yaml``)."""
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_reason(error)}", code="unreadable_file") from None
    except yaml.MarkedYAMLError as error:
        # The error's own text quotes the line, which may be the one with an API key.
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "it cannot be read"
        raise UsageError(f"{path} is not YAML: {where}", code="not_yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML: it is not text in UTF-8", code="not_yaml") from None


def known_mapping(value: object, where: str, known: Iterable[str]) -> dict[str, Any]:
    """``value``, if it is a mapping whose keys are all ``known``. Raises UsageError.

    Codes: ``not_a_mapping``, ``unknown_key`` (with the most similar one). ``where`` names the file and the place.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{where} has to be a mapping of names to values", code="not_a_mapping")
    names = tuple(known)
    for key in value:
        if key not in names:
            raise UsageError(f"{where}: unknown key {key!r}; {hint(key, names)}", code="unknown_key")
    return value
