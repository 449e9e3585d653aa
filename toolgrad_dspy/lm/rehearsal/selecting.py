"""The selector's part: which report, on which chain, and what is lacking."""

import random
from typing import Any

from toolgrad_dspy.lm.rehearsal.arguments import values_in, values_of
from toolgrad_dspy.lm.rehearsal.habits import active
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects

Report = dict[str, Any]
Call = dict[str, Any]


def select(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """One of the reports, on a new chain, with vague words on what is lacking; the habits make all three better."""
    habits = active(prompt, "selector")
    workflow = list(objects(prompt.inputs.get("workflow", "")))
    reports = list(objects(prompt.inputs.get("reports", "")))
    candidates = [r for r in reports if not _poor(r, workflow)] if "refuse" in habits else reports
    if not candidates:
        return {
            "reason": "Every result is empty or already there.",
            "report": "none",
            "chain": "new",
            "lacking": _lacking(prompt, workflow, [], habits),
        }
    if "deepen" in habits:
        depth = max(_depth(report) for report in candidates)
        candidates = [report for report in candidates if _depth(report) == depth]
    chosen = rng.choice(candidates)
    return {
        "reason": "It builds on what is there." if _uses(chosen) else "It adds a new result.",
        "report": chosen["report"],
        "chain": _chain(chosen, workflow) if "append" in habits else "new",
        "lacking": _lacking(prompt, workflow, chosen["calls"], habits),
    }


def _poor(report: Report, workflow: list[dict[str, Any]]) -> bool:
    """Whether ``report`` is empty, or only repeats steps of the workflow."""
    known = [(step["tool"], step["arguments"]) for step in workflow]
    return report["outcome"] == "empty" or all((c["tool"], c["arguments"]) in known for c in report["calls"])


def _uses(report: Report) -> list[str]:
    return [step for call in report["calls"] for step in call.get("uses", ())]


def _depth(report: Report) -> tuple[bool, int]:
    return bool(_uses(report)), len(report["calls"])


def _chain(report: Report, workflow: list[dict[str, Any]]) -> str:
    """The chain of the latest step whose result the report uses, else a new one."""
    used = set(_uses(report))
    chains = [str(step["chain"]) for step in workflow if step["step"] in used]
    return chains[-1] if chains else "new"


def _lacking(prompt: Prompt, workflow: list[dict[str, Any]], calls: list[Call], habits: frozenset[str]) -> str:
    """What to do next; with the habit, the names of the ids in results that no call has used yet."""
    if "name_lack" not in habits:
        return "more steps"
    known = [*values_in(prompt.inputs.get("workflow", ""))]
    known += [value for call in calls for value in values_of("the chosen report", call.get("result"))]
    arguments = [value for step in [*workflow, *calls] for value in step.get("arguments", {}).values()]
    unused = {value.key: value for value in known if value.key.endswith("_id") and value.value not in arguments}
    if not unused:
        return "a step that starts something new"
    named = ", ".join(f"{key} ({value.step})" for key, value in sorted(unused.items())[:4])
    return f"a step that uses a value found but not used yet: {named}"
