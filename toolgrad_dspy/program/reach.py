"""Which tools of a mini-batch can be called now: a tool whose id nothing gives is shown to no proposer."""

from collections.abc import Sequence

from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import Tool


def within_reach(tools: Sequence[Tool], state: State) -> tuple[Tool, ...]:
    """Those of ``tools`` for which every id that they require is in a result, or can be had by a call of another.

    An id counts if it is known which tools give ids of its name, by what they declare or what steps have shown; and
    if the tool's own schema names no value for it. All tools if none is within reach, and where every mini-batch is
    the whole library: then the beginning of the prompt is the same in every call, which providers bill at a fraction.
    """
    if state.stable:
        return tuple(tools)
    needs = {tool.name: state.needs(tool) for tool in tools}
    reached = {name for name, needed in needs.items() if not needed}
    while True:
        more = {
            name
            for name, needed in needs.items()
            if name not in reached and all(reached.intersection(state.givers(parameter)) for parameter in needed)
        }
        if not more:
            break
        reached |= more
    return tuple(tool for tool in tools if tool.name in reached) or tuple(tools)
