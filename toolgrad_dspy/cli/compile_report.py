"""What a compile run prints: scores before and after, costs, the instructions that changed, a sample."""

import difflib
from collections.abc import Iterator

from pydantic import JsonValue

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.cli.show import sample_lines
from toolgrad_dspy.optimizers import Compiled

_STAGES = {"before": "base program", "tuning": "tuning", "after": "tuned program"}


def lines(compiled: Compiled) -> Iterator[str]:
    """The report, for reading."""
    yield ""
    yield table(("test tasks", "base", "tuned"), _scores(compiled))
    yield ""
    costs = compiled.costs
    rows = [
        (name, costs[key].lm_calls, costs[key].tool_calls, round(costs[key].seconds, 1))
        for key, name in _STAGES.items()
    ]
    yield table(("stage", "LM calls", "tool calls", "seconds"), rows)
    if compiled.after.score <= compiled.before.score:
        yield ""
        yield "The tuned program is not better than the base program on the test tasks."
    yield ""
    yield from _instructions(compiled)
    yield ""
    yield "a sample of the tuned program:"
    yield from (f"  {line}" for line in _sample(compiled))
    yield ""


def _scores(compiled: Compiled) -> Iterator[tuple[str, float, float]]:
    before, after = compiled.before, compiled.after
    yield "score", before.score, after.score
    for name in before.parts:
        yield name.replace("_", " "), before.parts[name], after.parts[name]


def _instructions(compiled: Compiled) -> Iterator[str]:
    """A line diff of every instruction that tuning changed."""
    changed = {name: pair for name, pair in compiled.instructions.items() if pair[0] != pair[1]}
    if not changed:
        yield "no instruction changed"
    for name, (old, new) in changed.items():
        yield f"instruction of {name}:"
        for line in difflib.ndiff(old.splitlines(), new.splitlines()):
            if not line.startswith("?"):
                yield f"  {line}"


def _sample(compiled: Compiled) -> Iterator[str]:
    accepted = next((s for s in compiled.after.sessions if s.status == "accepted"), None)
    return sample_lines(accepted) if accepted else iter(["no session was accepted"])


def summary(compiled: Compiled) -> dict[str, JsonValue]:
    """The report as data."""
    return {
        "scores": {
            stage: {"score": found.score, "parts": dict[str, JsonValue](found.parts)}
            for stage, found in (("before", compiled.before), ("after", compiled.after))
        },
        "costs": {
            stage: {"lm_calls": cost.lm_calls, "tool_calls": cost.tool_calls, "seconds": round(cost.seconds, 3)}
            for stage, cost in compiled.costs.items()
        },
        "instructions": {
            name: {"before": old, "after": new} for name, (old, new) in compiled.instructions.items() if old != new
        },
    }
