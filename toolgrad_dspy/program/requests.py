"""What a query has to ask for, as the updater reads it: a line for each step of the workflow."""

import re
from collections.abc import Iterable

from toolgrad_dspy.records import Step, Tool, in_words, last_key, names_id
from toolgrad_dspy.rendering import short_description
from toolgrad_dspy.texts import Demand

# Characters of what a tool does, for who writes a request for it.
DOES = 120
# The values stand in parentheses: what a tool's description has in its own is left out.
_ASIDE = re.compile(r" ?\([^()]*\)")


def request_line(step: Step, tool: Tool, wanted: Iterable[Demand]) -> str:
    """What ``step`` does, in the words of its tool, and in parentheses what the query has to say for it.

    Values that have to be stated are written as JSON, choices in plain words: ``Search the stops (name "Quay", limit
    3, kind tram stop)``. What earlier results gave is named: ``Find the stops that are nearest to a place, for the
    place found before (limit 3)``; of several things also which one: ``(which place "the cheapest one")``. Small
    models leave out what is in a list or an object beside the sentence; what stands in it they write.
    """
    whole = _ASIDE.sub("", " ".join(tool.description.split()))
    does = short_description(whole, DOES).partition(";")[0] or tool.name
    does += _taken(step)
    own = [demand for demand in wanted if demand.step == step.id]
    stated = named_values(demand for demand in own if demand.kind != "choice")
    chosen = named_values(demand for demand in own if demand.kind == "choice")
    said = ", ".join(part for part in (stated, chosen) if part)
    return f"{does} ({said})" if said else does


def _taken(step: Step) -> str:
    """Which arguments of ``step`` earlier results gave, as a person speaks of them."""
    names = dict.fromkeys(last_key(origin.pointer) for origin in step.origins if origin.kind == "result")
    things = dict.fromkeys(thing for thing in map(_thing, names) if thing)
    return f", for {' and '.join(things) or 'what was'} found before" if names else ""


def _thing(name: str) -> str:
    """What a parameter is about: an id is that of a thing.

    >>> _thing("place_id"), _thing("attendeeIds"), _thing("date"), _thing("id")
    ('the place', 'the attendee', 'the date', '')
    """
    words = in_words(name).split()
    words = words[:-1] if names_id(name) else words
    return f"the {' '.join(words)}" if words else ""


def named_values(demands: Iterable[Demand]) -> str:
    """Each value after its name; those of one name, as the items of a list have it, together."""
    named: dict[str, list[str]] = {}
    for demand in demands:
        named.setdefault(in_words(demand.name), []).append(demand.said)
    return ", ".join(f"{name} {' and '.join(values)}" for name, values in named.items())
