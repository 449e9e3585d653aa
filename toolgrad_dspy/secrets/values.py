"""Single values of a configuration: what of them may be shown, and what in them is a secret.

A value is shown if it is surely none: variables, paths and URLs as far as they are made of plain words, short
numbers, and the words by which servers are told how to run. Whatever else it is, it is masked.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from toolgrad_dspy.secrets.masked import MASK, Masked, Secret
from toolgrad_dspy.secrets.urls import is_url, masked_segments, masked_url
from toolgrad_dspy.secrets.variables import WORKSPACE, shown_variable, with_variables
from toolgrad_dspy.secrets.words import is_plain, names_secret

# How servers are told to run: words of the protocol and of its launchers, and switches.
_KNOWN = re.compile(
    "true|false|yes|no|on|off|none|null|stdio|sse|https?|streamable-http|run|serve|server|start|mcp"
    "|debug|info|warning|error"
)
# Three digits protect nothing.
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,3})?")
_SCOPED = re.compile(r"@[a-z0-9._-]+/[a-z0-9._-]+(?:@[\w.^~-]+)?")
_ROOTED = re.compile(r"(?:~|\.{1,2})?[/\\]|[A-Za-z]:[/\\]|[\ue000-\uf8ff][/\\]")
_FILE = re.compile(
    r"[\w./\\\ue000-\uf8ff-]+\.(?:csv|db|js|json|jsonl|md|mjs|cjs|py|sqlite|sqlite3|toml|ts|txt|ya?ml)"
)
# The private use area, in which a variable is one character while a value is looked at.
_FIRST, _MOST = 0xE000, 0x1900
_STANDS_FOR_VARIABLE = re.compile(r"[\ue000-\uf8ff]")
_SCHEME = re.compile(r"(Bearer|Basic|Token)\s+", re.IGNORECASE)

_PAIR = re.compile(r"([A-Za-z_][\w .-]*?)\s*[=:]\s*([^;&\s]+)")
_TOKEN_ENDS = re.compile(r"""[\s,;|&"'{}\[\]()<>=:@$]+""")


def masked_value(text: str) -> Masked:
    """``text`` as it may be shown where nothing says what it is.

    >>> [masked_value(text).shown for text in ("/srv/notes", "stdio", "80", "${TOKEN:-x}", "hunter")]
    ['/srv/notes', 'stdio', '80', '${TOKEN:-***}', '***']
    """
    names, plain = _without_variables(text)
    if (
        not plain
        or _KNOWN.fullmatch(text)
        or _NUMBER.fullmatch(text)
        or not _STANDS_FOR_VARIABLE.sub("", plain).strip()
    ):
        return Masked(_with_variables(plain, names))
    if is_url(plain):
        masked = masked_url(plain)
    elif _ROOTED.match(plain) or _FILE.fullmatch(plain):
        masked = Masked(masked_segments(plain).shown, () if is_path(text) else masked_segments(plain).secrets)
    elif _SCOPED.fullmatch(plain) and is_plain(plain.rpartition("@")[0] or plain):
        masked = Masked(plain)
    else:
        masked = Masked(MASK)
    shown = _with_variables(masked.shown, names)
    whole = secrets_in(text) if masked.shown == MASK else ()
    return Masked(shown, (*masked.secrets, *whole))


def is_path(text: str) -> bool:
    """Whether ``text`` is the path of a file or a folder, or several as ``PATH`` has them; it need not be there yet.

    A key may begin with a slash, too: what is no path begins in no folder of this machine.
    """
    return all(map(_begins_here, text.split(os.pathsep)))


def masked_secret(text: str, *, sure: bool = True) -> Masked:
    """``text`` in a place of secrets: variables are shown (``Bearer ${TOKEN}``), and paths in the session's folder.

    Text beside a variable may be half of a secret. ``sure``: see :class:`Secret`.
    """
    names, plain = _without_variables(text)
    if not _STANDS_FOR_VARIABLE.sub("", _SCHEME.sub("", plain)).strip():
        return Masked(_with_variables(plain, names))
    if text.startswith(WORKSPACE):
        masked = masked_segments(plain)
        return Masked(_with_variables(masked.shown, names), masked.secrets)
    return Masked(MASK, tuple(secrets_in(text, sure=sure)))


def secrets_in(text: str, *, sure: bool = False) -> Iterator[Secret]:
    """``text`` as a secret, and what may be a secret by itself within it: a program is given the whole, takes it
    apart, and shows a part.
    """
    text = text.strip()
    if not text or (not sure and is_path(text)):
        return
    if is_url(text):
        yield from masked_url(text).secrets
        return
    yield Secret(text, sure)
    scheme = _SCHEME.match(text)
    if scheme is not None:
        yield from secrets_in(text[scheme.end() :], sure=True)
        yield from _basic(text[scheme.end() :])
    yield from _leaves(text)
    yield from (Secret(line.strip(), sure) for line in text.splitlines() if line.strip() != text)
    yield from (Secret(pair[2], names_secret(pair[1])) for pair in _PAIR.finditer(text))
    for token in text.split():
        if token != text and is_url(token):
            yield from masked_url(token).secrets
    yield from (Secret(token) for token in _TOKEN_ENDS.split(text) if token != text)


def _begins_here(text: str) -> bool:
    if text.startswith(("./", "../", "~/")):
        return True
    path = Path(text)
    try:
        return path.is_absolute() and len(path.parts) > 1 and Path(*path.parts[:2]).exists()
    except (OSError, ValueError):  # a name that is too long, or has a null character
        return False


def _leaves(text: str) -> Iterator[Secret]:
    """The texts and numbers in ``text`` if it is JSON."""
    if text[:1] not in ("{", "["):
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    found: list[tuple[str, object]] = [("", document)]
    while found:
        name, value = found.pop()
        if isinstance(value, dict):
            found += value.items()
        elif isinstance(value, list):
            found += ((name, item) for item in value)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield from secrets_in(str(value), sure=names_secret(name))


def _basic(text: str) -> Iterator[Secret]:
    """User and password in what HTTP's Basic scheme sends (RFC 7617)."""
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return
    if colon:
        yield Secret(user)
        yield Secret(password, sure=True)


def _without_variables(text: str) -> tuple[list[str], str]:
    """``text`` with a character of the private use area for each variable, and the variables as they are shown.

    One that stands there already would be taken for a variable, so it becomes something else.
    """
    names: list[str] = []

    def kept(match: re.Match[str]) -> str:
        names.append(shown_variable(match))
        return chr(_FIRST + min(len(names), _MOST) - 1)

    return names, with_variables(_STANDS_FOR_VARIABLE.sub("\ufffd", text), kept)


def _with_variables(text: str, names: list[str]) -> str:
    return _STANDS_FOR_VARIABLE.sub(lambda match: names[ord(match[0]) - _FIRST], text)
