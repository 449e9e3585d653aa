"""Tool names that every model provider accepts."""

import hashlib
import re

_REFUSED = re.compile(r"[^A-Za-z0-9_-]")
LIMIT = 64


def safe_name(name: str) -> str:
    """``name`` as ``[A-Za-z0-9_-]{1,64}``; unchanged where it already is.

    A refused ASCII character becomes ``_``. Where that would leave too little to tell two names apart (the name
    is too long, or written in another alphabet) six hexadecimal digits of its SHA-256 end the result.

    >>> safe_name("files/read.all"), safe_name("查询天气")
    ('files_read_all', 'tool_22cf3c')
    """
    safe = _REFUSED.sub("_", name)
    if len(safe) <= LIMIT and name.isascii() and safe.strip("_-"):
        return safe
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    stem = safe.strip("_-")[: LIMIT - len(digest) - 1] or "tool"
    return f"{stem}_{digest}"
