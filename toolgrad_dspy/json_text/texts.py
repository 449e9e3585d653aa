"""Texts that models write as JSON or in quotes where plain text was asked for."""

import json
from collections.abc import Mapping
from typing import Any

from toolgrad_dspy.json_text.visible import trimmed, unfenced

# What models put around a word or a text that was to stand by itself.
_QUOTES = (("**", "**"), ("`", "`"), ("'", "'"), ("\u201c", "\u201d"), ('"', '"'))
# The ends of sentences, also Chinese, Arabic and Hindi ones.
_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f", "\u061f", "\u0964")


def text_of(value: Any) -> str:
    """A text that a model wrote as JSON, or in quotes, as it was meant; the sentences of a list as one text.

    >>> text_of('"p1"'), text_of(["Find it.", "Book it."]), text_of({"query": "Find it."}), text_of(None)
    ('p1', 'Find it. Book it.', 'Find it.', '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _without_quotes(unquoted(unfenced(trimmed(value))))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _joined(value)
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(only := next(iter(value.values())), str):
        return only
    return json.dumps(value, ensure_ascii=False)


def unquoted(text: str) -> str:
    """The text that a JSON string says, those in a list of them, or the only one of an object; any other is itself.

    >>> unquoted('{"response": "It is booked."}'), unquoted("{response}")
    ('It is booked.', '{response}')
    """
    if not text.startswith(('"', "[", "{")):
        return text
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        only = next(iter(value.values())) if len(value) == 1 else None
        return only if isinstance(only, str) else text
    texts = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return _joined(value) if texts else text


def _joined(texts: list[str]) -> str:
    """Whole sentences go on in one line, anything else gets lines of its own."""
    parts = [trimmed(text) for text in texts]
    return (" " if all(part.endswith(_ENDS) for part in parts) else "\n").join(parts)


def _without_quotes(text: str) -> str:
    for before, after in _QUOTES:
        inner = text[len(before) : -len(after)]
        # With another quote inside, the two are around different parts.
        if text.startswith(before) and text.endswith(after) and inner and before not in inner and after not in inner:
            return trimmed(inner)
    return text
