"""What a compile run prints: scores before and after, costs, the instructions that changed, a sample."""

import difflib
from collections.abc import Iterator
from dataclasses import asdict

from pydantic import JsonValue

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.cli.show import sample_lines
from toolgrad_dspy.compiling import Compiled, ProgramResult

_COSTS = ("stage", "LM calls", "tokens", "US dollars", "tool calls", "seconds")
# Why an optimizer gains nothing on rehearsal unless it is told to begin with less.
NOTHING_TO_FIND = (
    "On rehearsal there is nothing left to find: the scripted model does all that its instructions ask for, and the "
    "shipped ones ask for all that it can do. --base plain begins with instructions without advice."
)
# The option that raises the limit that ended something.
_OPTIONS = {"lm_calls": "--lm-calls", "usd": "--budget-usd", "minutes": "--minutes"}


def lines(compiled: Compiled, without_gain: str = "") -> Iterator[str]:
    """The report, for reading. ``without_gain`` says why there may be no gain; it is shown if there is none."""
    if compiled.before is not None and compiled.after is not None:
        yield ""
        yield table(("test tasks", "base", "tuned"), _scores(compiled.before, compiled.after))
    yield ""
    yield table(_COSTS, _costs(compiled))
    earlier = compiled.earlier
    if earlier.seconds:
        used = f"{earlier.lm_calls:,.0f} LM calls, {earlier.usd:.4f} US dollars, {earlier.seconds:,.1f} seconds"
        yield f"earlier starts used besides: {used}"
    yield ""
    yield compiled.conclusion
    if without_gain and not (compiled.difference and compiled.difference.is_gain):
        yield without_gain
    yield from ended_early(compiled)
    yield ""
    yield from _instructions(compiled)
    for name, number in _demonstrations(compiled).items():  # they are long: `programs show` shows them
        yield f"demonstrations of {name}: {number}"
    yield ""
    yield "a sample of the tuned program:"
    yield from (f"  {line}" for line in _sample(compiled))
    yield ""


def ended_early(compiled: Compiled) -> Iterator[str]:
    """What ended the tuning before its plan was done, and the option that raises it; and what broke on the way."""
    tuning = compiled.tuning
    if tuning.stopped:
        option = _OPTIONS.get(tuning.stop_cause)
        raising = f"; {option} raises the limit" if option else ""
        yield f"Tuning ended early: {tuning.stopped}{raising}."
    if tuning.usage.unserved:
        yield f"{tuning.usage.unserved} sessions of the tuning got no answer from a model, and do not count."


def _scores(before: ProgramResult, after: ProgramResult) -> Iterator[tuple[str, float, float]]:
    yield "score", before.score, after.score
    for name in before.parts:
        yield name.replace("_", " "), before.parts[name], after.parts[name]


def _costs(compiled: Compiled) -> Iterator[tuple[object, ...]]:
    for name, cost in compiled.costs.items():
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


def _demonstrations(compiled: Compiled) -> dict[str, int]:
    """How many demonstrations each predictor has that has any."""
    return {name: len(p.demos) for name, p in compiled.tuning.program.named_predictors() if p.demos}


def _sample(compiled: Compiled) -> Iterator[str]:
    sessions = compiled.after.sessions if compiled.after else ()
    accepted = next((session for session in sessions if session.status == "accepted"), None)
    return sample_lines(accepted) if accepted else iter(["no session was accepted"])


def summary(compiled: Compiled) -> dict[str, JsonValue]:
    """The report as data."""
    comparison, difference = compiled.comparison, compiled.difference
    return {
        "scores": {
            stage: {"score": result.score, "parts": dict[str, JsonValue](result.parts)} if result else None
            for stage, result in (("before", compiled.before), ("after", compiled.after))
        },
        "difference": {**asdict(difference), "gain": difference.is_gain} if difference else None,
        "verdict": compiled.conclusion,
        "test_tasks": {
            "compared": comparison.pairs,
            "unserved": comparison.unserved,
            "unpaid": comparison.unpaid,
        },
        "stopped": compiled.tuning.stopped,
        "costs": {stage: asdict(cost) for stage, cost in compiled.costs.items()},
        "earlier": asdict(compiled.earlier),
        "instructions": {
            name: {"before": old, "after": new} for name, (old, new) in compiled.instructions.items() if old != new
        },
        "demonstrations": dict[str, JsonValue](_demonstrations(compiled)),
    }
