"""What a judge is asked about a sample, and the votes that its answers are.

Texts of a sample stand in a prompt as JSON, on one line each: whatever they say, they stay data in their field.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import dspy
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import criteria
from toolgrad_dspy.judging.sentences import pairs
from toolgrad_dspy.judging.slots import slots_of
from toolgrad_dspy.judging.voting import Vote
from toolgrad_dspy.records import Criterion, JudgeGroup, Sample, Tool, Workflow
from toolgrad_dspy.rendering import line, schema_line, workflow_lines
from toolgrad_dspy.signatures import JudgeCalls, JudgeInstruction, JudgeQuality

# The signature of each group. ``Any``: dspy has no types.
SIGNATURES: Mapping[JudgeGroup, Any] = {
    "quality": JudgeQuality,
    "instruction": JudgeInstruction,
    "calls": JudgeCalls,
}
GROUPS: tuple[JudgeGroup, ...] = tuple(SIGNATURES)
CRITERIA: Mapping[JudgeGroup, tuple[Criterion, ...]] = {
    "quality": (),
    "instruction": ("specificity", "coherence", "solvability", "alignment"),
    "calls": ("sufficiency", "minimality"),
}
# Characters of one result that a judge is shown, where no run's settings say it: what the texts' writer sees of one
# by default.
SHOWN_CHARS = 2400


def quality_inputs(query: str, reference: Workflow | str, response: str, shown_chars: int) -> dict[str, str]:
    """The inputs of the group ``quality``. ``reference`` is the calls with their results, or a text."""
    shown = line(reference) if isinstance(reference, str) else workflow_lines(reference, shown_chars)
    return {"reference": shown, "query": line(query), "response": line(response)}


class Questions:
    """The questions about one sample, with ``shown_chars`` characters of each result.

    Raises UsageError when ``tools`` lacks one that the sample calls.
    """

    def __init__(self, sample: Sample, tools: Iterable[Tool], shown_chars: int = SHOWN_CHARS) -> None:
        known = {tool.name: tool for tool in tools}
        called = dict.fromkeys(step.call.tool for step in sample.workflow.steps)
        absent = next((name for name in called if name not in known), None)
        if absent is not None:
            raise UsageError(
                f"sample {sample.id} calls the tool {absent}, which is not among the tools given to the judge: pass "
                "those of the library that the sample was made with",
                code="unknown_tool",
            )
        self._sample = sample
        self._shown_chars = shown_chars
        self._tools = "\n".join(schema_line(known[name]) for name in called)
        self._slots = slots_of(sample.workflow.steps, known)
        self._pairs = pairs(sample.query)

    def inputs(self, group: JudgeGroup) -> dict[str, str]:
        """The inputs of the group's signature."""
        sample = self._sample
        if group == "quality":
            return quality_inputs(sample.query, sample.workflow, sample.response, self._shown_chars)
        if group == "calls":
            calls = workflow_lines(sample.workflow, self._shown_chars)
            return {"tools": self._tools, "calls": calls, "query": line(sample.query)}
        return {
            "tools": self._tools,
            "blanks": _lines(slot.shown() for slot in self._slots),
            "query": line(sample.query),
            "sentences": _lines(
                {"pair": number, "first": first, "second": second}
                for number, (first, second) in enumerate(self._pairs, 1)
            ),
        }

    def votes(self, group: JudgeGroup, answer: dspy.Prediction) -> dict[Criterion, Vote]:
        """What one answer says of each criterion of ``group``."""
        if group == "instruction":
            return {
                "specificity": criteria.specificity(self._slots, answer.extracted),
                "coherence": criteria.coherence(self._pairs, answer.pairs),
                "solvability": criteria.direct(answer.solvability),
                "alignment": criteria.alignment(self._slots, answer.extracted, self._sample.workflow.steps),
            }
        return {name: criteria.direct(answer[name]) for name in CRITERIA[group]}


def _lines(shown: Iterable[dict[str, JsonValue]]) -> str:
    return "\n".join(line(value) for value in shown) or "(none)"
