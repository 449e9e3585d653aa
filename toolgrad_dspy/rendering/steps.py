"""How the steps of a workflow, attempts and reports look in a prompt: one JSON object per line."""

from collections.abc import Iterable

from pydantic import JsonValue

from toolgrad_dspy.records import Attempt, Report, Step, Workflow
from toolgrad_dspy.rendering.abridge import abridge, brief
from toolgrad_dspy.rendering.cutting import line
from toolgrad_dspy.rendering.useful_keys import UsefulKeys

EMPTY_WORKFLOW = "(no steps yet)"
# Characters of the result of an older step, of which only what a later call can use is shown.
OLDER = 220


def step_line(chain: str, step: Step, limit: int) -> str:
    """A step of the workflow, with at most about ``limit`` characters of its result."""
    return _step_line(chain, step, abridge(step.observation.value, limit))


def older_step_line(chain: str, step: Step, useful: UsefulKeys) -> str:
    """A step whose result was shown before: what a call can use of it, in about :data:`OLDER` characters."""
    return _step_line(chain, step, brief(step.observation.value, useful, OLDER))


def shown_forms(value: JsonValue, useful: UsefulKeys, limit: int) -> tuple[JsonValue, ...]:
    """The forms in which the planning prompts show a result, all that a planner can know of it: as new, in ``limit``
    characters, and as older. Only itself if it fits, since the older form has no more.
    """
    new = abridge(value, limit)
    return (value,) if new is value else (new, brief(value, useful, OLDER))


def _step_line(chain: str, step: Step, result: JsonValue) -> str:
    return line(
        {
            "chain": chain,
            "step": step.id,
            "tool": step.call.tool,
            "arguments": step.call.arguments,
            "result": result,
        }
    )


def workflow_lines(workflow: Workflow, limit: int) -> str:
    """The steps in the order they ran, one per line; :data:`EMPTY_WORKFLOW` when there is none."""
    chain_of = {step.id: chain.id for chain in workflow.chains for step in chain.steps}
    return "\n".join(step_line(chain_of[s.id], s, limit) for s in workflow.steps) or EMPTY_WORKFLOW


def attempt_lines(attempts: Iterable[Attempt], limit: int) -> str:
    """Attempts for the repair turn: the call, and its result or what was wrong with it."""
    return "\n".join(line({**_attempt(attempt, limit), "call": attempt.id}) for attempt in attempts)


def report_line(report: Report, limit: int) -> str:
    """A report for the selector: what was asked for, and the calls it would add with their results.

    ``uses`` names the workflow's steps whose results a call's arguments come from.
    """
    kept = report.kept
    inner = {attempt.id for attempt in kept}
    calls: list[JsonValue] = []
    for attempt in kept:
        uses = sorted({s.step for o in attempt.origins for s in o.sources if s.step not in inner})
        shown = _attempt(attempt, limit // len(kept))  # one limit for the whole report, however many calls it has
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
    else:  # a step of the workflow has made the call already
        shown["result"] = attempt.verdict.reason
    return shown
