"""What a compile run prints: scores before and after, costs, the instructions that changed, a sample."""

import difflib
from collections.abc import Iterator
from dataclasses import asdict

from pydantic import JsonValue

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.cli.show import sample_lines
from toolgrad_dspy.compiling import Compiled

_COSTS = ("stage", "LM calls", "tokens", "US dollars", "tool calls", "seconds")
_STAGES = {"before": "base program", "tuning": "tuning", "after": "tuned program"}


def lines(compiled: Compiled) -> Iterator[str]:
    """The report, for reading."""
    yield ""
    yield table(("test tasks", "base", "tuned"), _scores(compiled))
    yield ""
    yield table(_COSTS, _costs(compiled))
    yield ""
    yield compiled.conclusion
    if compiled.tuning.stopped:
        yield f"Tuning ended early: {compiled.tuning.stopped}."
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


def _costs(compiled: Compiled) -> Iterator[tuple[object, ...]]:
    for key, name in _STAGES.items():
        cost = compiled.costs[key]
        usd = "unknown" if cost.unpriced and cost.unpriced == cost.lm_calls else f"{cost.usd:.4f}"
        yield name, cost.lm_calls, cost.tokens, usd, cost.tool_calls, round(cost.seconds, 1)


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
    accepted = next((session for session in compiled.after.sessions if session.status == "accepted"), None)
    return sample_lines(accepted) if accepted else iter(["no session was accepted"])


def summary(compiled: Compiled) -> dict[str, JsonValue]:
    """The report as data."""
    return {
        "scores": {
            stage: {"score": result.score, "parts": dict[str, JsonValue](result.parts)}
            for stage, result in (("before", compiled.before), ("after", compiled.after))
        },
        "difference": {**asdict(compiled.difference), "gain": compiled.difference.is_gain},
        "stopped": compiled.tuning.stopped,
        "costs": {stage: asdict(cost) for stage, cost in compiled.costs.items()},
        "instructions": {
            name: {"before": old, "after": new} for name, (old, new) in compiled.instructions.items() if old != new
        },
    }
