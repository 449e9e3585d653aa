"""Rule metrics on a sample: pure functions, each in [0, 1], higher is better. No model is asked."""

from toolgrad_dspy.provenance.repeats import repeated
from toolgrad_dspy.provenance.statements import contains
from toolgrad_dspy.records import Sample
from toolgrad_dspy.texts import internal_values, leaked_names

# Words of a query that is neither too short to say what it needs nor too long to be a person's. No paper has these
# two figures: they are chosen, wide enough for a query with one request and for one with a dozen.
SHORT = 10
LONG = 150


def known_origins(sample: Sample) -> float:
    """The share of argument leaves whose origin is known; 1 without arguments."""
    origins = [origin for step in sample.workflow.steps for origin in step.origins]
    return sum(origin.kind != "unknown" for origin in origins) / len(origins) if origins else 1.0


def dependent(sample: Sample) -> float:
    """The share of steps, the first left out, that depend on an earlier one, by value or state; 0 with one step."""
    steps = sample.workflow.steps
    return sum(bool(step.depends_on) for step in steps[1:]) / (len(steps) - 1) if len(steps) > 1 else 0.0


def distinct_tools(sample: Sample) -> float:
    """Different tools per step; 0 without steps."""
    steps = sample.workflow.steps
    return len({step.call.tool for step in steps}) / len(steps) if steps else 0.0


def chain_depth(sample: Sample) -> float:
    """How much of the workflow is one line: (steps on the longest path of dependencies - 1) / (steps - 1).

    1 when every step depends on the one before it, 0 when none depends on another or there is one step.
    """
    steps = sample.workflow.steps
    depth: dict[str, int] = {}
    for step in steps:
        depth[step.id] = 1 + max((depth.get(name, 0) for name in step.depends_on), default=0)
    return (max(depth.values()) - 1) / (len(steps) - 1) if len(steps) > 1 else 0.0


def no_redundancy(sample: Sample) -> float:
    """The share of steps that repeat none before them (``provenance/repeats.py``); 0 without steps."""
    steps = sample.workflow.steps
    fresh = sum(repeated(s.call, s.observation, steps[:i]) is None for i, s in enumerate(steps))
    return fresh / len(steps) if steps else 0.0


def no_leak(sample: Sample) -> float:
    """0 when the query names a tool or holds an internal id that an argument took from a result, else 1.

    The tools are those that the session was offered and those that were called.
    """
    names = frozenset({*sample.offered, *(step.call.tool for step in sample.workflow.steps)})
    held = any(contains(sample.query, value) for value in internal_values(sample.workflow))
    return float(not held and not leaked_names(sample.query, names))


def length(sample: Sample) -> float:
    """1 for a query of :data:`SHORT` to :data:`LONG` words; below falling to 0 at none, above to 0 at twice LONG."""
    words = len(sample.query.split())
    return max(0.0, min(1.0, words / SHORT, 2 - words / LONG))
