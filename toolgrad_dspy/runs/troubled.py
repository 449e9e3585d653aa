"""Which tools and servers of a run were in trouble: what its user should know at the end."""

from collections.abc import Iterator

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.runs.statistics import RunStatistics

FEWEST_CALLS, SHARE = 10, 0.5
"""A tool is told of that failed in this share of its calls, of so many at least."""

SHOWN = 5


def troubled(figures: RunStatistics) -> Iterator[str]:
    """A line for each server that crashed, and one for the tools that failed in a large share of their calls."""
    for server, usage in figures.servers.items():
        if crashes := usage.failures.get("connection", 0):
            times = "once" if crashes == 1 else f"{crashes} times"
            yield f"{server} crashed {times} in {usage.calls} calls; the last: {one_line(usage.last_crash, 300)}"
    failing = {
        name: usage
        for name, usage in figures.tools.items()
        if usage.calls >= FEWEST_CALLS and usage.failed >= SHARE * usage.calls
    }
    if failing:
        worst = sorted(failing.items(), key=lambda item: -item[1].failed)
        shown = ", ".join(f"{name} ({usage.failed} of {usage.calls})" for name, usage in worst[:SHOWN])
        more = f", and {len(worst) - SHOWN} more" if len(worst) > SHOWN else ""
        yield f'calls that failed: {shown}{more}; a tool that is of no use is left out with "deny"'
