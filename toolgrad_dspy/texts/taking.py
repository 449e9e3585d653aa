"""Which elements of lists, and which earlier things, the calls of a workflow take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.records import Origin, Step, Workflow, last_key, lookup
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.texts.picks import Pick
from toolgrad_dspy.texts.rivals import Rivals

# Rules that take a list as a whole.
_WHOLE_LISTS = frozenset({"sum", "count", "joined", "maximum", "minimum"})


def picks(workflow: Workflow) -> tuple[Pick, ...]:
    """The picks of ``workflow``, each where it is used first, and again after another one of the same list, or after
    another thing that was taken as the same: "that place" is the last place, whatever list it is from.

    A value that all elements share is no pick, and one that is shared with the element that another argument of the
    call takes is that pick. A list of which every element is taken makes one.
    """
    results = {step.id: step.observation.value for step in workflow.steps}
    chosen = {step.id: _chosen(step, results) for step in workflow.steps}
    # Calls of one tool may do the same with each; two tools that take one each do not take all.
    taken: dict[tuple[str, _List, str], set[int]] = {}
    for step in workflow.steps:
        for place in chosen[step.id]:
            taken.setdefault((step.call.tool, place.list, last_key(place.pointer)), set()).add(place.index)
    found: list[Pick] = []
    current: dict[_List, set[int]] = {}
    rivals = Rivals(results)
    for step in workflow.steps:
        used: dict[_List, set[int]] = {}
        for place in chosen[step.id]:
            every = frozenset(taken[step.call.tool, place.list, last_key(place.pointer)])
            whole = len(every) == len(place.items)
            known = current.get(place.list, set()) | used.get(place.list, set())
            used.setdefault(place.list, set()).add(place.index)
            value = _at(step.call.arguments, place.pointer)
            if whole and known:
                continue
            if place.index not in known or rivals.superseded(place.pointer, value):
                found.append(Pick(step.id, place.pointer, *place.list, place.index, tuple(place.items), every, value))
        current |= used
        listed = {place.pointer for place in chosen[step.id]}
        found += [rival for rival in rivals.of(step) if rival.pointer not in listed]
        rivals.take(step)
    return tuple(found)


# A list in a result: the step, and the pointer.
_List = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """An element of a list that an argument takes a value from; ``fitting`` are all that have the same one there."""

    pointer: str
    list: _List
    index: int
    items: Sequence[JsonValue]
    fitting: frozenset[int]


def _chosen(step: Step, results: dict[str, JsonValue]) -> list[_Place]:
    """The elements that ``step`` takes: as few of each list as explain its arguments."""
    places = [place for origin in step.origins for place in _places(origin, results)]
    sure = {(place.list, place.index) for place in places if len(place.fitting) == 1}
    kept: list[_Place] = []
    for place in places:
        if len(place.fitting) == len(place.items):
            continue
        others = {index for found, index in sure if found == place.list}
        others |= {other.index for other in kept if other.list == place.list}
        if place.index in others or len(place.fitting) == 1 or not place.fitting & others:
            kept.append(place)
    return kept


def _places(origin: Origin, results: dict[str, JsonValue]) -> Iterator[_Place]:
    """The lists of several elements on the way to where ``origin`` takes its value, with the position in each."""
    if origin.kind != "result" or origin.rule in _WHOLE_LISTS:
        return
    for source in origin.sources:
        tokens = source.path.split("/")
        for depth in range(1, len(tokens)):
            index = list_index(tokens[depth])
            path = "/".join(tokens[:depth])
            if index is None or source.step not in results:
                continue
            try:
                items = lookup(results[source.step], path)
            except LookupError:
                break
            if isinstance(items, list) and len(items) > 1 and index < len(items):
                rest = "".join(f"/{token}" for token in tokens[depth + 1 :])
                fitting = _fitting(items, index, rest)
                yield _Place(origin.pointer, (source.step, path), index, items, fitting)


def _fitting(items: Sequence[JsonValue], index: int, rest: str) -> frozenset[int]:
    """The elements that have, at ``rest``, the value that the one at ``index`` has there."""
    own = _at(items[index], rest)
    return frozenset(number for number, item in enumerate(items) if number == index or _at(item, rest) == own)


def _at(item: JsonValue, path: str) -> JsonValue:
    try:
        return lookup(item, path)
    except LookupError:
        return None
