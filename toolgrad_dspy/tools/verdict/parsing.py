"""From a result's text to the data in it: JSON, or the ``repr`` of Python data that many servers send."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

Data = Mapping[str, "Data"] | Sequence["Data"] | str | int | float | bool | None
"""JSON data, with tuples where Python text had them."""

LITERAL_LIMIT = 20_000
"""Characters of Python text that ``ast.literal_eval`` is given: it costs 100 times what ``json.loads`` does."""

PYTHON_LIMIT = 500_000
"""Characters of Python text that are rewritten as JSON, which is ten times faster and covers nearly all of it."""

_NOTHING = frozenset(("null", "None", "undefined"))
_CLOSING = {"{": "}", "[": "]", "(": ")", '"': '"'}
# repr() writes no other escapes; the compiler would warn about them.
_FOREIGN_ESCAPE = re.compile(r"\\[^\\'\"abfnrtvxuUN0-7\n]")
# A string without escapes that JSON lacks, a word or a bracket to be rewritten, or what rules rewriting out.
_TOKEN = re.compile(
    r"'(?:[^'\\\n]|\\(?:[nrt\\]|u[0-9a-f]{4}))*'|\"(?:[^\"\\\n]|\\(?:[nrt\\]|u[0-9a-f]{4}))*\"|\b[NTF]\w+|[()'\"\\]"
)
_AS_JSON = {"None": "null", "True": "true", "False": "false", "(": "[", ")": "]"}


def data_in(text: str) -> Data:
    """The data that ``text`` writes out, or the stripped text itself when it writes none (or is cut off)."""
    text = text.strip()
    if text in _NOTHING:
        return None
    # Only what begins and ends like data is parsed: prose costs nothing, and neither does a result that was cut off.
    closing = _CLOSING.get(text[:1])
    if closing is None or text[-1] != closing:
        return text
    try:
        parsed: Data = json.loads(text)
    except (ValueError, RecursionError):
        return _literal(text)
    return parsed


def _literal(text: str) -> Data:
    """Data in Python's notation. Rewritten as JSON where possible; what that cannot do is left to ``ast``."""
    if len(text) > PYTHON_LIMIT:
        return text
    try:
        plain = '"' not in text and "\\" not in text
        parsed: Data = json.loads(_requoted(text) if plain else _TOKEN.sub(_token_as_json, text))
    except (ValueError, KeyError, RecursionError):
        return _evaluated(text)
    return parsed


def _requoted(text: str) -> str:
    """``text`` as JSON when no string in it has a quote or an escape, so that every other part is a string."""
    parts = text.split("'")
    between = "'".join(parts[::2])
    for word, replacement in _AS_JSON.items():
        between = between.replace(word, replacement)
    parts[::2] = between.split("'")
    return '"'.join(parts)


def _token_as_json(match: re.Match[str]) -> str:
    token = match[0]
    if len(token) > 1:
        if token[0] == "'":
            return '"' + token[1:-1].replace('"', '\\"') + '"'
        if token[0] == '"':
            return token
    return _AS_JSON[token]


def _evaluated(text: str) -> Data:
    """For what JSON cannot say: keys that are not strings, sets, other escapes."""
    if len(text) > LITERAL_LIMIT or _FOREIGN_ESCAPE.search(text):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    # "(3)" is a remark in brackets rather than a number, and a set has no order to rely on.
    return value if isinstance(value, dict | list | tuple | str) else text


def is_list(value: Data) -> TypeGuard[Sequence[Data]]:
    """Whether ``value`` is a JSON array (a string is a sequence too, but not here)."""
    return isinstance(value, list | tuple)
