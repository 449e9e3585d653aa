"""The proposer's part: which tools next, and with which arguments."""

import random
import re
from typing import Any

from toolgrad_dspy.lm.rehearsal.arguments import Filler, KnownValue, fits_any, needs, returned, values_in
from toolgrad_dspy.lm.rehearsal.habits import active
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.tools import Tool, tools_in

Call = dict[str, Any]


def propose(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """Proposals over distinct tools, one call each unless the habit ``compose`` adds a look-up."""
    habits = active(prompt, "proposer")
    tools = list(tools_in(prompt.inputs.get("tools", "")))
    workflow = list(objects(prompt.inputs.get("workflow", "")))
    known = values_in(prompt.inputs.get("workflow", ""))
    asked = re.search(r"make (\d+) proposals", prompt.inputs.get("progress", ""))
    limit = int(asked.group(1)) if asked else 3
    filler = Filler(known, "reuse" in habits, "concrete" in habits, rng)
    ranked = _ranked(tools, workflow, known, prompt.inputs.get("lacking", ""), habits, rng)
    proposals = []
    for tool in ranked[:limit]:
        calls = _calls(tool, ranked, filler, "compose" in habits)
        proposals.append({"instruction": _instruction(tool), "calls": calls})
    return {"reason": _reason(habits, bool(workflow)), "proposals": proposals}


def _ranked(
    tools: list[Tool],
    workflow: list[dict[str, Any]],
    known: tuple[KnownValue, ...],
    lacking: str,
    habits: frozenset[str],
    rng: random.Random,
) -> list[Tool]:
    """The tools in random order, with those that the habits prefer moved forward."""
    used = {step["tool"] for step in workflow}
    keys = frozenset(value.key for value in known)
    named = frozenset(re.findall(r"\b\w+_\w+\b", lacking))
    ranks = {}
    # A preference outweighs the random part, which is below 1, and several add up.
    for tool in tools:
        parameters = tool["parameters"].get("properties", {})
        rank = rng.random()
        if "fresh" in habits and tool["name"] not in used:
            rank += 2
        if "reuse" in habits and any(fits_any(parameter, keys) for parameter in parameters):
            rank += 1
        if "address" in habits and any(fits_any(parameter, named) for parameter in parameters):
            rank += 1.5
        ranks[tool["name"]] = rank
    return sorted(tools, key=lambda tool: ranks[tool["name"]], reverse=True)


def _calls(tool: Tool, tools: list[Tool], filler: Filler, compose: bool) -> list[Call]:
    """The call of ``tool``; with ``compose``, a look-up of an id that it needs and no result holds comes first."""
    arguments = filler.arguments(tool)
    if compose:
        for name in needs(tool):
            if _is_reference(arguments.get(name)):
                continue
            producer = next(((t, path) for t in tools if not needs(t) and (path := returned(t, name))), None)
            if producer is not None:
                first, path = producer
                arguments[name] = {"$from": "#1", "$path": path}
                look_up = {"tool": first["name"], "arguments": filler.arguments(first)}
                return [look_up, {"tool": tool["name"], "arguments": arguments}]
    return [{"tool": tool["name"], "arguments": arguments}]


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and "$from" in value


def _instruction(tool: Tool) -> str:
    first = re.split(r"(?<=[.!?])\s", tool.get("description", "").strip() or tool["name"].replace("_", " "))[0]
    return first.rstrip(".") + "."


def _reason(habits: frozenset[str], started: bool) -> str:
    if "reuse" in habits and started:
        return "These calls go on from values that the workflow already holds."
    return "These calls add something to the workflow."
