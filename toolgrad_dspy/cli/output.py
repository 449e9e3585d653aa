"""Writing results: tables and text to standard output, messages to standard error, JSON on request.

Much of what is shown was written by models, tools and files of others. None of it reaches the terminal as a command.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from textwrap import indent

from pydantic import JsonValue

from toolgrad_dspy.streams import OBEYED, printable, tell


def say(text: str = "") -> None:
    """A line of the result, :func:`printable`."""
    _write(printable(text) + "\n")


def _write(text: str) -> None:
    if sys.stdout is not None:  # closed before the process began
        sys.stdout.write(text)


def note(text: str) -> None:
    """A line about the result, :func:`printable`, kept out of pipes."""
    tell(printable(text) + "\n", sys.stderr)


def say_json(value: JsonValue) -> None:
    """The result as JSON, indented. What a terminal would obey is escaped as JSON does it, so nothing is lost."""
    say(_unobeyed(json.dumps(value, indent=2, ensure_ascii=False)))


def say_json_list(values: Iterable[JsonValue]) -> None:
    """A list as :func:`say_json` writes it, one value at a time: there may be more than memory holds."""
    before = "[\n"
    for value in values:
        _write(before + indent(_unobeyed(json.dumps(value, indent=2, ensure_ascii=False)), "  "))
        before = ",\n"
    say("[]" if before == "[\n" else "\n]")


def say_json_lines(values: Iterable[JsonValue]) -> None:
    """Results as JSON, one on a line."""
    for value in values:
        say(_unobeyed(json.dumps(value, ensure_ascii=False)))


def _unobeyed(text: str) -> str:
    return OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table with aligned columns; numbers to the right. Cells are cut by the caller, not here."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(header))]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(header)]
    lines = []
    for row in [list(header), ["-" * width for width in widths], *cells]:
        shown = [c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, widths, numeric, strict=True)]
        lines.append("  ".join(shown).rstrip())
    return "\n".join(lines)


def figure(value: float) -> str:
    """Four digits, or all of a large number: never an exponent."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if value >= 0.0001 or not value else f"{value:.6f}"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(".", "", 1).replace("-", "", 1).isdigit()
