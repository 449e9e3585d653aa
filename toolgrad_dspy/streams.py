"""Writing to standard output and standard error when they are closed, full, or cannot hold a character.

What a command does is worth more than what it says: messages that nobody can read are left out, and never end it.
"""

import re
import sys
from typing import TextIO

# Control characters (ECMA-48) but line feed and tab, the marks that reorder or break lines (Unicode annex 9), lone
# surrogates, which no encoding takes.
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` with what a terminal would obey written out, as ``\\x1b``; line feeds and tabs stay."""
    return OBEYED.sub(lambda match: ascii(match[0])[1:-1], text)


def forgiving() -> None:
    """Have both streams write out (``\\u2026``) what their encoding does not have, as standard error does already."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's own stream may have none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def tell(text: str, stream: TextIO | None) -> None:
    """Write ``text`` to a stream of messages, if anybody can read it."""
    if stream is None:  # it was closed before the process began
        return
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # nobody reads it, its disk is full, or it is closed
        pass
