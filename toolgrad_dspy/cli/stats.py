"""``toolgrad-dspy stats``: a run in figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from toolgrad_dspy.cli.options import Json, RunFolder
from toolgrad_dspy.cli.output import say, say_json, table
from toolgrad_dspy.records import RoleUsage

if TYPE_CHECKING:
    from toolgrad_dspy.runs import RunStatistics, Spending

UNKNOWN = "unknown"


def stats(run: RunFolder, json: Json = False) -> None:
    """Print the figures of a run, in the terms of the ToolGrad paper, and what it has used over all its starts."""
    from toolgrad_dspy.runs import RunStore, sessions_damaged, statistics

    with RunStore.open(run) as store:
        figures, spent = statistics(store), store.spent()
    if json:
        entries: list[JsonValue] = [_data(entry) for entry in spent]
        say_json({**figures.model_dump(mode="json"), "spent": entries, "spent_total": _data(total(spent))})
    else:
        _say(figures, spent)
    if figures.damaged:
        raise sessions_damaged(run, figures.damaged)


def _say(figures: "RunStatistics", spent: "Sequence[Spending]") -> None:
    rows: list[tuple[str, object]] = []
    for name, value in {**figures.model_dump(mode="json"), "damaged": len(figures.damaged)}.items():
        if isinstance(value, dict):
            rows += [(f"{_words(name)}: {key}", inner) for key, inner in value.items()]
        else:
            rows.append((_words(name), value))
    say(table(("figure", "value"), rows))
    say()
    header = ("stage", "role", "model", "calls", "input tokens", "cached", "output tokens", "US dollars")
    say(table(header, [_row(entry) for entry in (*spent, total(spent))]))


def total(spent: "Sequence[Spending]") -> "Spending":
    """The model calls of all entries together; tool calls have no tokens and are left out."""
    from toolgrad_dspy.runs import TOOLS, Spending

    together = RoleUsage()
    for entry in spent:
        if entry.role != TOOLS:
            together = together.plus(entry)
    return Spending(stage="total", role="models", **together.model_dump())


def _data(entry: "Spending") -> dict[str, JsonValue]:
    """``usd`` is None where no call has a known price; ``unpriced`` counts those that have none."""
    unknown = bool(entry.calls) and entry.unpriced == entry.calls
    return {**entry.model_dump(mode="json"), "usd": None if unknown else entry.usd}


def _row(entry: "Spending") -> tuple[object, ...]:
    from toolgrad_dspy.runs import TOOLS

    if entry.role == TOOLS:
        return entry.stage, entry.role, "-", entry.calls, None, None, None, None
    tokens = entry.input_tokens, entry.cached_tokens, entry.output_tokens
    return entry.stage, entry.role, entry.model or "-", entry.calls, *tokens, _dollars(entry)


def _dollars(entry: "Spending") -> str:
    if entry.calls and entry.unpriced == entry.calls:
        return UNKNOWN
    known = f"{entry.usd:.6f}"
    return f"{known} and {entry.unpriced} calls {UNKNOWN}" if entry.unpriced else known


def _words(name: str) -> str:
    return name.replace("_", " ")
