"""Text that only a program in trouble writes, whatever its length.

Every rule takes the stripped text and returns the reason, or None. Each is anchored at the start of the text or
of one of its parts, so that a file or an article *about* an error does not match.
"""

import re

from toolgrad_dspy.errors import one_line

HEAD = 2_000
"""Characters of an HTML page in which its title is looked for."""

_I = re.IGNORECASE

_ERRNO = re.compile(
    r"(?:Error\s*[-:]\s*)?E(?:NOENT|ACCES|PERM|EXIST|ISDIR|NOTDIR|NOTEMPTY|INVAL|IO|NOSPC|ROFS|MFILE|BUSY|PIPE"
    r"|CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND|HOSTUNREACH|AI_AGAIN)\s*[:,]"
)
_CRASH = re.compile(r"Error (?:executing|calling|running|invoking) (?:the )?(?:tool|function|code|command)\b", _I)
_RPC = re.compile(r"(?:MCP|JSON-?RPC) error:?\s+-?\d+", _I)
_VALIDATION = re.compile(r"\d+ validation errors? for \S|input validation error\b", _I)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\s*\n\s+File ")
# The bound on the path keeps the search linear in the length of the text.
_SECTION = re.compile(r"(?:\A|\n---\n)([^\n:]{1,500}): Error - ([^\n]+)(?=\s*\Z|\n---\n)")
_PAGE = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!doctype html|<html)\b", _I)
_CUT_ERROR = re.compile(r"""\{["']error["']: ["'](?!Message error\.\.\.)([^"'\n]{3,200})""")
_TITLE = re.compile(r"<(title|h1)\b[^>]*>\s*(.{1,200}?)\s*</\1>", _I | re.DOTALL)
# "404 - Page not found" is a server's page; "500 Days of Summer" and "404 people" are not. "Attention required!" and
# "Just a moment" are Cloudflare's.
_ERROR_TITLE = re.compile(
    r"(?:(?:http |error ){0,2}:?\s*[45]\d\d(?:\W|\Z)(?! ?(?:px|km|ways|best|years|tips|days)\b)"
    r"|(?:page |file |resource |object )?not found\b|forbidden\b|access (?:is )?denied\b|un-?authori[sz]ed\b"
    r"|bad (?:request|gateway)\b|(?:gateway|request) time-?out\b|service (?:temporarily )?unavailable\b"
    r"|(?:internal |application |runtime |server ){0,2}error\W*\Z|too many requests\b|attention required!"
    r"|just a moment\W*\Z)",
    _I,
)


def errno(text: str) -> str | None:
    """A C library error name at the start, as Node servers pass it on: ``ENOENT: no such file ...``."""
    return one_line(text) if _ERRNO.match(text) else None


def tool_crash(text: str) -> str | None:
    """``Error executing tool x: ...``: the MCP SDKs' own words for an exception in a tool."""
    return one_line(text) if _CRASH.match(text) else None


def protocol_error(text: str) -> str | None:
    """A JSON-RPC error as text: ``MCP error -32602: ...`` (seen in results that carry no flag)."""
    return one_line(text) if _RPC.match(text) else None


def validation_report(text: str) -> str | None:
    """Arguments a validator refused: pydantic's ``2 validation errors for X``, ``Input validation error: ...``."""
    return one_line(text) if _VALIDATION.match(text) else None


def traceback(text: str) -> str | None:
    """A Python traceback is the whole answer. The reason is its last line, which names the exception."""
    return one_line(text.rpartition("\n")[2]) if _TRACEBACK.match(text) else None


def failed_section(text: str) -> str | None:
    """One part of a multi-part result is an error alone: ``/a.txt: Error - ENOENT: ...`` between ``---`` lines.

    That is how the reference filesystem server reports one unreadable file of several, without a flag.
    """
    if ": Error - " not in text:  # cheap, where the pattern would go through a megabyte
        return None
    section = _SECTION.search(text)
    return one_line(f"{section[1]}: {section[2]}") if section else None


def error_page(text: str) -> str | None:
    """An HTML page whose title or first heading is an error; any other page is a result."""
    if not _PAGE.match(text):
        return None
    for title in _TITLE.finditer(text[:HEAD]):
        if _ERROR_TITLE.match(title[2]):
            return one_line(f"HTML page titled {title[2]!r}")
    return None


def cut_error(text: str) -> str | None:
    """An object that was cut off somewhere, whose first field is a non-empty ``error`` (the ToolBench proxy cuts)."""
    error = _CUT_ERROR.match(text)
    return one_line(error[1]) if error else None


ERROR_MARKERS = (
    errno, tool_crash, protocol_error, validation_report, traceback, failed_section, error_page, cut_error,
)  # fmt: skip
