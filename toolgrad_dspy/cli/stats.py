"""``toolgrad-dspy stats``: a run in figures."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from toolgrad_dspy.cli.options import Json, RunFolder
from toolgrad_dspy.cli.output import say, say_json, table
from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import RoleUsage, ToolUsage

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
    plain = figures.model_dump(mode="json", exclude={"tools", "servers"})
    for name, value in {**plain, "damaged": len(figures.damaged)}.items():
        if isinstance(value, dict):
            rows += [(f"{_words(name)}: {key}", inner) for key, inner in value.items()]
        else:
            rows.append((_words(name), value))
    say(table(("figure", "value"), rows))
    if figures.servers:
        say()
        say(table(("server", "tool", "calls", "failed", "crashes", "timeouts", "of kind"), _called(figures)))
    for server, usage in figures.servers.items():
        if usage.last_crash:
            say(f"{server}, last crash: {one_line(usage.last_crash)}")
    say()
    header = ("stage", "role", "model", "calls", "input tokens", "cached", "output tokens", "US dollars")
    say(table(header, [_row(entry) for entry in (*spent, total(spent))]))


def _called(figures: "RunStatistics") -> Iterator[tuple[object, ...]]:
    """A row for every server, and one for each tool that has failed."""
    for server, usage in figures.servers.items():
        yield server, "all", *_counts(usage)
    for tool, usage in figures.tools.items():
        if usage.failed:
            yield "", tool, *_counts(usage)


def _counts(usage: ToolUsage) -> tuple[object, ...]:
    kinds = ", ".join(f"{kind} {count}" for kind, count in usage.failures.items())
    return usage.calls, usage.failed, usage.failures.get("connection", 0), usage.failures.get("timeout", 0), kinds


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
