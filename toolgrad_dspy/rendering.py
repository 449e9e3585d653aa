"""How tools, steps and reports stand in a prompt: one JSON object per line.

Long results are abridged by structure (fewer list items, shorter strings), so that what is shown stays JSON and
every pointer into it is also valid in the full result.
"""

import json
from collections.abc import Iterable
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy.json_schema import sketch
from toolgrad_dspy.records import Attempt, Report, Step, Tool, Workflow

EMPTY_WORKFLOW = "(no steps yet)"


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def line(value: JsonValue) -> str:
    """``value`` as one line of JSON."""
    return _ENCODER.encode(value)


class ToolLines:
    """Tools as prompts show them, each rendered once: a library's tools do not change while it is open."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def text(self, tools: Iterable[Tool]) -> str:
        """``tools``, one per line, in their order."""
        return "\n".join(self._lines.get(tool.name) or self._render(tool) for tool in tools)

    def _render(self, tool: Tool) -> str:
        self._lines[tool.name] = tool_line(tool)
        return self._lines[tool.name]


def tool_line(tool: Tool) -> str:
    """A tool as a model sees it: name, description, argument schema, and the shape of its result."""
    shown: dict[str, JsonValue] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    if tool.returns is not None:
        shown["returns"] = sketch(tool.returns)
    return line(shown)


def step_line(chain: str, step: Step, limit: int) -> str:
    """A step of the workflow, with at most about ``limit`` characters of its result."""
    return line(
        {
            "chain": chain,
            "step": step.id,
            "tool": step.call.tool,
            "arguments": step.call.arguments,
            "result": abridge(step.observation.value, limit),
        }
    )


def workflow_lines(workflow: Workflow, limit: int) -> str:
    """The steps in the order they ran, one per line; :data:`EMPTY_WORKFLOW` when there is none."""
    chain_of = {step.id: chain.id for chain in workflow.chains for step in chain.steps}
    return "\n".join(step_line(chain_of[s.id], s, limit) for s in workflow.steps) or EMPTY_WORKFLOW


def attempt_lines(attempts: Iterable[Attempt], limit: int) -> str:
    """Attempts for the repair turn: the call, and its result or what was wrong with it."""
    return "\n".join(line(_attempt(attempt, limit)) for attempt in attempts)


def report_line(report: Report, limit: int) -> str:
    """A report for the selector: what was asked for, and the calls it would add with their results.

    ``uses`` names the workflow's steps whose results a call's arguments come from.
    """
    kept = report.kept
    inner = {attempt.id for attempt in kept}
    calls: list[JsonValue] = []
    for attempt in kept:
        uses = sorted({o.step for o in attempt.origins if o.step is not None and o.step not in inner})
        shown = _attempt(attempt, limit // len(kept))
        calls.append({**shown, "uses": list[JsonValue](uses)} if uses else shown)
    return line(
        {"report": report.proposal, "instruction": report.instruction, "outcome": report.outcome, "calls": calls}
    )


def _attempt(attempt: Attempt, limit: int) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        "call": f"#{attempt.draft}",
        "tool": attempt.call.tool,
        "arguments": attempt.call.arguments,
    }
    if attempt.verdict.outcome == "failed":
        shown["error"] = attempt.verdict.reason[:limit]
    elif attempt.observation is not None:
        shown["result"] = abridge(attempt.observation.value, limit)
    return shown


def abridge(value: JsonValue, limit: int) -> JsonValue:
    """``value`` in about ``limit`` characters of JSON: longer lists and strings are cut at their end, and say so."""
    if len(line(value)) <= limit:
        return value
    for items, chars in ((12, 400), (6, 240), (3, 160), (2, 80), (1, 60)):
        short = _cut(value, items, chars)
        if len(line(short)) <= limit:
            return short
    return line(_cut(value, 1, 60))[:limit] + " … (cut)"


def _cut(value: JsonValue, items: int, chars: int) -> JsonValue:
    if isinstance(value, dict):
        return {key: _cut(item, items, chars) for key, item in value.items()}
    if isinstance(value, list):
        shown = [_cut(item, items, chars) for item in value[:items]]
        return [*shown, f"… {len(value) - items} more"] if len(value) > items else shown
    if isinstance(value, str) and len(value) > chars:
        return value[:chars] + f" … ({len(value) - chars} characters more)"
    return value
