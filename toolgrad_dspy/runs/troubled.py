"""Which tools and servers of a run were in trouble: what its user should know at the end."""

from collections.abc import Iterator

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import ErrorKind, ToolUsage
from toolgrad_dspy.runs.statistics import RunStatistics

FEWEST_CALLS = 10
BROKEN, FAILED = 0.5, 0.8
"""Of so many calls at least, a tool is told of that was :data:`BREAKS` in the first share of them, or failed in the
second. That every second call is refused is nothing special where a tool wants what few things have.
"""

BREAKS: frozenset[ErrorKind] = frozenset({"connection", "timeout", "protocol", "too_large"})
"""What is no answer of a tool."""

SHOWN = 5


def troubled(figures: RunStatistics) -> Iterator[str]:
    """A line for each server that crashed, and one for the tools that failed in a large share of their calls."""
    for server, usage in figures.servers.items():
        if crashes := usage.failures.get("connection", 0):
            times = "once" if crashes == 1 else f"{crashes} times"
            yield f"{server} crashed {times} in {usage.calls} calls; the last: {one_line(usage.last_crash, 300)}"
    failing = {name: usage for name, usage in figures.tools.items() if _is_failing(usage)}
    if failing:
        worst = sorted(failing.items(), key=lambda item: -item[1].failed)
        shown = ", ".join(f"{name} ({usage.failed} of {usage.calls})" for name, usage in worst[:SHOWN])
        more = f", and {len(worst) - SHOWN} more" if len(worst) > SHOWN else ""
        yield f'calls that failed: {shown}{more}; a tool that is of no use is left out with "deny"'


def _is_failing(usage: ToolUsage) -> bool:
    broken = sum(count for kind, count in usage.failures.items() if kind in BREAKS)
    many = usage.calls >= FEWEST_CALLS
    return many and (broken >= BROKEN * usage.calls or usage.failed >= FAILED * usage.calls)
