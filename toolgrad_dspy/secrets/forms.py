"""The forms in which a program shows a secret that it was given: as it is, escaped, percent-encoded, in Base64."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Base64 is wrapped after 60 or 76 characters (RFC 2045), in JSON with the line feed escaped.
_WRAP = r"(?:\\[rn]|\s)*"
_BASE64 = "[A-Za-z0-9+/_-]"
_ANCHOR = 12
_SOLID = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a secret. It is in no text without one of the ``anchors``, which is quick to find out."""

    anchors: tuple[str, ...]
    pattern: re.Pattern[str]


def forms(secret: str) -> Iterator[Form]:
    """Every form of ``secret`` that is looked for.

    Base64 is also found within a longer text that was encoded as a whole (``user:secret``), in whichever of the three
    ways it comes to stand there; then up to two characters on either side go with it, which hold a part of it.
    """
    solid = max(_SOLID.findall(secret), key=len, default="")
    yield Form((solid,), re.compile("".join(map(_escaped, secret))))
    for core in sorted({core for offset in range(3) for core in _cores(_bytes(secret), offset)}):
        body = _WRAP.join(map(re.escape, core))
        size = min(_ANCHOR, len(core) // 2)
        # Side by side: a line ends within one of them at most.
        yield Form((core[:size], core[size : 2 * size]), re.compile(f"{_BASE64}{{0,2}}{body}{_BASE64}{{0,2}}={{0,2}}"))


def _escaped(character: str) -> str:
    """A pattern for one character, as it stands in JSON, in a URL or in HTML."""
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
