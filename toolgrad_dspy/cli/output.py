"""Writing results: tables and text to standard output, messages to standard error, JSON on request."""

import json
import sys
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

REHEARSAL_NOTE = (
    "model: rehearsal, a scripted stand-in and no language model. What is measured on it proves the machinery, "
    "not a language model's gain. Set TOOLGRAD_MODEL=provider/model to use a real one."
)


def say(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A line about the result, kept out of pipes."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_json(value: JsonValue) -> None:
    """The result as JSON, indented."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


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


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(".", "", 1).replace("-", "", 1).isdigit()
