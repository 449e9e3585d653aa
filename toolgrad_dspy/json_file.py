"""Reading the JSON files that users write: what is wrong in one is one line, which never quotes the file."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolgrad_dspy.errors import UsageError, os_reason
from toolgrad_dspy.files import read_input

_PLACE = re.compile(r"<string>:(\d+) .* at column (\d+)", re.DOTALL)


def read_json(path: Path) -> Any:
    """What ``path`` holds: JSON, with comments and trailing commas as editors have them (JSON5).

    Raises UsageError: ``file_missing``, ``unreadable_file``, ``not_json`` with line and column, ``repeated_key``, or
    ``too_deep``.
    """
    text = read_text(path)
    try:
        return _parsed(path, text)
    except _RepeatedKeyError as error:
        raise UsageError(
            f"{path}: the key {error.args[0]!r} occurs twice in one object; remove one", code="repeated_key"
        ) from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply to be read", code="too_deep") from None


def read_text(path: Path) -> str:
    """The text of a file that a user names, without a byte order mark.

    Raises UsageError (``file_missing``, ``unreadable_file``).
    """
    try:
        return read_input(path)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", code="file_missing") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {os_reason(error)}", code="unreadable_file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} cannot be read: it is not text in UTF-8", code="unreadable_file") from None
    except ValueError:  # a name with a null byte, which the operating system is not even asked about
        raise UsageError(f"{str(path)!r} cannot be the name of a file", code="unreadable_file") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        strict = error
    except ValueError:  # a number of more digits than Python converts
        raise UsageError(f"{path}: not JSON: a number is too long", code="not_json") from None
    import json5  # 12 ms, and a thousand times as slow as the standard library's

    try:
        return json5.loads(text, object_pairs_hook=_without_repetition)
    except ValueError as error:
        found = _PLACE.fullmatch(str(error))
    line, column, reason = strict.lineno, strict.colno, f": {strict.msg}"
    # On one line the strict parser knows the column better; on a later one it had stopped at a mere comment.
    if found is not None and int(found[1]) > line:
        line, column, reason = int(found[1]), int(found[2]), ""
    raise UsageError(f"{path}, line {line}, column {column}: not JSON{reason}", code="not_json")


class _RepeatedKeyError(Exception):
    """JSON allows it, and parsers keep the last value: a server would be gone without a word."""


def _without_repetition(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key, value in pairs:
        if key in known:
            raise _RepeatedKeyError(key)
        known[key] = value
    return known
