"""The executor's part: repairing a call that failed."""

import random
from typing import Any

from toolgrad_dspy.lm.rehearsal.arguments import Filler, needs
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.tools import tools_in


def repair(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The failed call with literals drawn from the tool's schema instead; no call if that changes nothing.

    It cannot replace values that only another call returns (ids): a call that fails because of one stays failed.
    """
    tools = {tool["name"]: tool for tool in tools_in(prompt.inputs.get("tools", ""))}
    attempts = list(objects(prompt.inputs.get("attempts", "")))
    failed = next((attempt for attempt in reversed(attempts) if "error" in attempt), None)
    if failed is None or failed["tool"] not in tools:
        return {"calls": []}
    tool, given = tools[failed["tool"]], failed["arguments"]
    kept = {name: given[name] for name in needs(tool) if name in given}
    if any(str(value) in failed["error"] for value in kept.values()):
        return {"calls": []}
    tried = [attempt["arguments"] for attempt in attempts if attempt["tool"] == failed["tool"]]
    repaired = {**Filler((), reuse=False, concrete=True, rng=rng).arguments(tool), **kept}
    if repaired in tried:
        return {"calls": []}
    return {"calls": [{"tool": tool["name"], "arguments": repaired}]}
