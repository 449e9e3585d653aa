"""What a user should know, before a run, about the schemas that its answers are held to."""

from collections.abc import Sequence

from toolgrad_dspy.json_schema import Dialect, Refusal
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import answer_schema, unprobed_notes
from toolgrad_dspy.lm.settings import LOOP_ROLES, Role
from toolgrad_dspy.program.answer_schemas import proposals_schema
from toolgrad_dspy.records import Tool
from toolgrad_dspy.signatures import Propose

# The roles whose answers are calls.
_CALLING: tuple[Role, ...] = ("proposer", "executor")
# Tools that a line names.
_NAMED = 5


def schema_notes(models: Models, tools: Sequence[Tool], mini_batch: int) -> tuple[str, ...]:
    """A line each: models that were never probed, and tools whose calls no answer can be held to, with the reason.

    Answers about such tools are in JSON mode. ``mini_batch`` is how many of ``tools`` a call shows.
    """
    stable = len(tools) <= mini_batch
    lines = unprobed_notes(models.settings[role] for role in LOOP_ROLES)
    dialects: dict[Dialect, list[Role]] = {}
    for role in _CALLING:
        policy = models.schema_policy(role)
        sends = policy.calls == "always" or (policy.calls == "stable" and stable)
        if sends and models.adapter_name(role) == "json":
            dialects.setdefault(policy.dialect, []).append(role)
    for dialect, roles in dialects.items():
        lines += refusals(tools, mini_batch, dialect, " and ".join(roles))
    return tuple(lines)


def refusals(tools: Sequence[Tool], mini_batch: int, dialect: Dialect, roles: str) -> list[str]:
    """A line for each reason why answers of ``roles`` about ``tools`` are not held to a schema in ``dialect``."""
    by_reason: dict[str, list[str]] = {}
    for tool in tools:
        refusal = refused([tool], dialect)
        if refusal is not None:
            by_reason.setdefault(str(refusal), []).append(tool.name)
    lines = []
    for reason, names in by_reason.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        lines.append(
            f"{roles}: answers about {len(names)} of {len(tools)} tools are not held to a schema, since {dialect} "
            f"takes none with {reason}: {', '.join(names[:_NAMED])}{more}"
        )
    # Of tools that are taken one by one, all that a call shows may be too much.
    whole = None if by_reason else refused(tools[:mini_batch], dialect)
    if whole is not None:
        lines.append(f"{roles}: answers are not held to a schema, since {dialect} takes none with {whole}")
    return lines


def refused(tools: Sequence[Tool], dialect: Dialect) -> Refusal | None:
    """Why an answer with proposals over ``tools`` has no schema in ``dialect``, or None."""
    written = answer_schema(Propose, {"proposals": proposals_schema(tools, 3, "any")}, dialect)
    return written if isinstance(written, Refusal) else None
