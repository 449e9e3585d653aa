"""Invocations of a session's predictors, as optimizers see them: what one was given, and what it answered.

Optimizers put them into demonstrations and reflection prompts, and pickle them. A session's raw trace is unfit for
all three: answers are instances of classes made for one call, and the proposer's inputs repeat every tool offered.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dspy
from pydantic import BaseModel, JsonValue

from toolgrad_dspy.records.base import storable

# Characters of the workflow and of the reports that an invocation keeps, in whole lines; the last ones matter most.
KEPT = 2000
_ITERATION = re.compile(r"iteration (\d+)")

TraceEntry = tuple[Any, dict[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One answer of the predictor called ``predictor``; ``inputs`` are texts, ``outputs`` plain JSON.

    ``iteration`` is the session's iteration in which it was made, counted from 1.
    """

    predictor: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, JsonValue]
    iteration: int

    @property
    def role(self) -> str:
        """The role that the predictor plays, such as ``proposer``."""
        return self.predictor.partition(".")[0]

    def entry(self, predictor: dspy.Predict) -> TraceEntry:
        """The invocation as an entry of DSPy's trace."""
        return predictor, dict(self.inputs), dspy.Prediction(**self.outputs)


def told_iteration(inputs: Mapping[str, Any]) -> int:
    """The iteration that ``State.progress`` tells a predictor, 0 for one that is not told."""
    told = _ITERATION.match(str(inputs.get("progress", "")))
    return int(told[1]) if told else 0


def invocations_of(trace: Iterable[TraceEntry], program: dspy.Module, iterations: int) -> tuple[Invocation, ...]:
    """The invocations of the tunable predictors in ``trace``, ordered by predictor and iteration.

    The executor's belong to the iteration whose proposals it carries out, the updater's to the last of
    ``iterations``.
    """
    names = {id(predictor): name for name, predictor in program.named_predictors()}
    invocations = []
    current = 0
    for predictor, inputs, outputs in trace:
        # Proposer and selector are told where the loop stands. Whoever is not is asked after the proposer.
        current = told_iteration(inputs) or current
        name = names.get(id(predictor))
        if name is not None:
            number = iterations if name.startswith("updater") else current
            invocations.append(Invocation(name, _inputs(inputs, outputs), _outputs(outputs), number))
    # The trace's own order depends on which thread came first.
    return tuple(sorted(invocations, key=lambda call: (call.predictor, call.iteration, str(call.inputs))))


def _outputs(outputs: dspy.Prediction) -> dict[str, JsonValue]:
    return {name: _json(value) for name, value in outputs.items()}


def _json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_json(item) for item in value]
    return storable(value)  # free text of a model, which may hold a lone surrogate


def _inputs(inputs: Mapping[str, Any], outputs: dspy.Prediction) -> dict[str, str]:
    # The complaint of a re-ask is about one earlier answer; in a demonstration it would be noise.
    kept = {name: storable(str(value)) for name, value in inputs.items() if name != "problem"}
    # Of the proposer's tools only those it used: a demonstration of all tools would be most of every prompt.
    if "tools" in kept and "proposals" in outputs:
        used = {call.tool for proposal in outputs.proposals for call in proposal.calls}
        kept["tools"] = "\n".join(line for line in kept["tools"].split("\n") if line.partition("(")[0] in used)
    for name in ("workflow", "reports", "attempts"):
        if name in kept:
            kept[name] = _last_lines(kept[name])
    return kept


def _last_lines(text: str) -> str:
    """As many whole lines from the end as fit in :data:`KEPT` characters, at least one."""
    lines = text.split("\n")
    size, first = 0, len(lines)
    while first and (size == 0 or size + len(lines[first - 1]) <= KEPT):
        first -= 1
        size += len(lines[first]) + 1
    return "\n".join(lines[first:])
