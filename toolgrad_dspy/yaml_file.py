"""Reading the YAML files that users write: what is wrong in one is one line, which never quotes the file."""

from collections.abc import Iterable
from functools import cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolgrad_dspy.errors import Mistakes, UsageError, brief, hint, os_reason
from toolgrad_dspy.files import read_input

if TYPE_CHECKING:
    import yaml

MOST_VALUES = 1_000_000


def read_yaml(path: Path) -> Any:
    """What ``path`` holds; None if it is empty.

    Raises UsageError: ``unreadable_file``, ``not_yaml``, ``repeated_key`` (of two values YAML's own parsers keep the
    last, without a word), ``too_deep``, or ``too_large`` for a file whose anchors are used so often, or within
    themselves, that what it stands for has more than :data:`MOST_VALUES` values.
    """
    import yaml

    try:
        value = yaml.load(read_input(path), Loader=_loader())
        if _size(value, {}) > MOST_VALUES:
            raise UsageError(f"{path}: with its anchors written out it is too large", code="too_large")
        return value
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_reason(error)}", code="unreadable_file") from None
    except _RepeatedKeyError as error:
        key, line = error.args
        raise UsageError(
            f"{path}, line {line}: the key {key!r} occurs twice; remove one", code="repeated_key"
        ) from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply to be read", code="too_deep") from None
    except yaml.MarkedYAMLError as error:
        # The error's own text quotes the line, which may be the one with an API key.
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "it cannot be read"
        raise UsageError(f"{path} is not YAML: {where}", code="not_yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML: it is not text in UTF-8", code="not_yaml") from None
    except ValueError:  # a date in a thirteenth month, a number of more digits than Python converts, a name with \0
        raise UsageError(f"{path} is not YAML: a value in it is none", code="not_yaml") from None


def known_mapping(value: object, where: str, known: Iterable[str]) -> dict[str, Any]:
    """``value``, if it is a mapping whose keys are all ``known``. Raises UsageError about all that are not.

    Codes: ``not_a_mapping``, ``unknown_key`` (with the most similar one). ``where`` names the place; empty for the
    whole file.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{where or 'it'} has to be a mapping of names to values", code="not_a_mapping")
    names = tuple(known)
    mistakes = Mistakes(where)
    for key in value:
        if key not in names:
            mistakes.add(f"unknown key {brief(key)}; {hint(key, names)}", "unknown_key")
    mistakes.check()
    return value


def _size(value: object, sizes: dict[int, float]) -> float:
    """How many values ``value`` holds, each counted as often as it stands there; infinite if it holds itself."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in sizes:
        sizes[id(value)] = inf  # until it is known: whatever refers to it meanwhile stands inside of it
        inner = value.values() if isinstance(value, dict) else value
        sizes[id(value)] = 1 + sum(_size(item, sizes) for item in inner)
    return sizes[id(value)]


class _RepeatedKeyError(Exception):
    """A key and its line."""


@cache
def _loader() -> "type[yaml.SafeLoader]":
    """YAML's safe loader, which also refuses a key that occurs twice in a mapping."""
    import yaml

    class Loader(yaml.SafeLoader):
        # Where the text is put together, not where values are made: there the keys that a merge ("<<") brings have
        # been put in, and those may be given anew.
        def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
            node = super().compose_mapping_node(anchor)
            seen: set[tuple[str, str]] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if (key.tag, key.value) in seen:
                        raise _RepeatedKeyError(key.value, key.start_mark.line + 1)
                    seen.add((key.tag, key.value))
            return node

    return Loader
