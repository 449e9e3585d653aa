"""The forms in which a program shows a secret that it was given: as it is, escaped, percent-encoded, in Base64."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Base64 is wrapped after 60 or 76 characters (RFC 2045), in JSON with the line feed escaped.
_WRAP = r"(?:\\[rn]|\s)*"
_BASE64 = "[A-Za-z0-9+/_-]"
_ANCHOR = 12
_SOLID = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a secret as a regular expression. A text that has it has the ``anchor``, or if it is of several lines
    the second one: to look for those costs a hundredth of what the expression does.
    """

    pattern: str
    anchor: str
    second_anchor: str


def forms(secret: str) -> Iterator[Form]:
    """The forms of ``secret`` that are looked for: as it is, or with any of its characters escaped as in JSON, in a
    URL or in HTML; and in Base64, also within a longer text that was encoded as a whole (``user:secret``).

    There it comes to stand in one of three ways. Up to two characters on either side go with it, which hold a part of
    it.
    """
    solid = max(_SOLID.findall(secret), key=len, default="")
    yield Form("".join(map(_escaped, secret)), solid, solid)
    for core in sorted({core for offset in range(3) for core in _cores(_bytes(secret), offset)}):
        size = min(_ANCHOR, len(core) // 2)
        body = _WRAP.join(map(re.escape, core))
        # Side by side: a line ends within one of them at most.
        yield Form(f"{_BASE64}{{0,2}}{body}{_BASE64}{{0,2}}={{0,2}}", core[:size], core[size : 2 * size])


@lru_cache(maxsize=1024)
def _escaped(character: str) -> str:
    """A pattern for one character."""
    if character.isascii() and character.isalnum():
        return character
    percent = "".join(f"%{byte:02x}" for byte in _bytes(character))
    escapes = {
        json.dumps(character)[1:-1],
        f"\\u{ord(character):04x}",
        html.escape(character),
        f"&#{ord(character)};",
    }
    written = {re.escape(character), rf"\\{re.escape(character)}", f"(?i:{percent})"}
    written |= {f"(?i:{re.escape(escape)})" for escape in escapes if escape != character}
    if character == " ":
        written.add(r"\+")
    # The longest first: a backslash by itself would end what is an escape.
    return f"(?:{'|'.join(sorted(written, key=len, reverse=True))})"


def _bytes(text: str) -> bytes:
    # A variable of the environment that is no text has lone surrogates.
    return text.encode("utf-8", "replace")


def _cores(secret: bytes, offset: int) -> Iterator[str]:
    """What is the same in the Base64 of every text in which ``offset`` bytes (modulo 3) stand before ``secret``."""
    encoded = base64.b64encode(bytes(offset) + secret).decode()
    core = encoded[-(-offset * 8 // 6) : (offset + len(secret)) * 8 // 6]
    yield core
    yield core.translate(str.maketrans("+/", "-_"))
