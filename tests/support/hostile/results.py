"""Results of tools that are broken, or made to hang or to crash their reader, by name: the texts of MCP results."""

import base64
import json
from collections.abc import Callable
from functools import partial

from tests.support.hostile.values import VALUES

_BLOB = base64.b64encode(bytes(range(256)) * 4_000).decode()


def _of(value: Callable[[], str]) -> str:
    return _structured(value())


def _structured(value: str) -> str:
    """A result that has ``value`` as text, and in an object as structured content."""
    return (
        f'{{"content": [{{"type": "text", "text": {json.dumps(value)}}}], "structuredContent": {{"value": {value}}}}}'
    )


def _blocks(*blocks: object) -> str:
    return json.dumps({"content": list(blocks)})


RESULTS: dict[str, Callable[[], str]] = {
    **{name: partial(_of, value) for name, value in VALUES.items()},
    "text alone, of five megabytes": lambda: _blocks({"type": "text", "text": "word " * 1_000_000}),
    "text alone, JSON of a million numbers": lambda: _blocks(
        {"type": "text", "text": json.dumps(list(range(1_000_000)))}
    ),
    "an image": lambda: _blocks({"type": "image", "data": _BLOB, "mimeType": "image/png"}),
    "an image that is none": lambda: _blocks(
        {"type": "image", "data": "\u0000not base64!", "mimeType": "\u001b[31m"}
    ),
    "sound, a link and a resource": lambda: _blocks(
        {"type": "audio", "data": _BLOB, "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "file:///etc/passwd", "name": "x" * 10_000},
        {"type": "resource", "resource": {"uri": "x:y", "blob": _BLOB}},
    ),
    "a kind of block that nobody knows": lambda: _blocks({"type": "hologram", "data": 5}),
    "ten thousand blocks": lambda: _blocks(*({"type": "text", "text": str(number)} for number in range(10_000))),
    "no content": lambda: "{}",
    "content that is none": lambda: '{"content": "text"}',
    "an error without a word": lambda: '{"content": [], "isError": true}',
    "an error of five megabytes": lambda: json.dumps(
        {"content": [{"type": "text", "text": "failed " * 700_000}], "isError": True}
    ),
    "structured content that is a list": lambda: '{"content": [], "structuredContent": [1, 2]}',
    "a result that is a list": lambda: "[]",
    "a result that is null": lambda: "null",
}
