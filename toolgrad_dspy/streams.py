"""Writing to standard output and standard error when they are closed, full, or cannot hold a character.

What a command does is worth more than what it says: messages that nobody can read are left out, and never end it.
"""

import sys
from typing import TextIO


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
