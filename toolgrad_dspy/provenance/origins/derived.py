"""Origins that follow from results by a rule, and computing them again."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.combined import (
    COUNT_WORDS,
    LARGEST,
    MONEY_WORDS,
    Column,
    computed,
    joins,
    partings,
    takes_money,
)
from toolgrad_dspy.provenance.origins.earlier import EarlierResult
from toolgrad_dspy.provenance.origins.forms import (
    BY_NAME,
    KEY,
    Form,
    Rule,
    argument_forms,
    asks_for_part,
    is_money,
    segments,
)
from toolgrad_dspy.provenance.origins.kinds import Kind, by_chance, kind_at, needs_kind, same_kind
from toolgrad_dspy.provenance.origins.moments import clock_of, day_of
from toolgrad_dspy.provenance.origins.parts import holds_word, named_in_part
from toolgrad_dspy.provenance.origins.sentences import ADDITIVE, stated_in, unit_of
from toolgrad_dspy.records import (
    Origin,
    PointerError,
    Source,
    key_words,
    last_key,
    lookup,
)
from toolgrad_dspy.records.keys import ends_alike, tool_nouns
from toolgrad_dspy.records.pointer import unescape

# Different times of day, or years, in a result that one of them is not met by chance.
FEW_MOMENTS = 2
# A smaller sum is that of some few by chance.
LEAST_SUM = 10
# Words in the names of dates and times that say no more than that they are some.
_MOMENT_WORDS = frozenset(
    ["date", "time", "day", "at", "on", "when", "datetime", "timestamp", "moment", "hour", "clock"]
)
# Words for the beginning and the end of something, each as one.
_SAME_MOMENT = {"begin": "start", "from": "start", "until": "end", "to": "end"}


def derived(
    pointer: str,
    value: JsonValue,
    kind: Kind,
    arguments: Mapping[str, JsonValue],
    earlier: Sequence[EarlierResult],
) -> Origin | None:
    """The origin of a value that follows from what results have shown; None if no rule makes it of them.

    ``arguments`` are all those of the call, by pointer: a time is that of a time stamp whose date stands beside it.
    """
    return (
        _single(pointer, value, kind, arguments, earlier)
        or _joined(pointer, value, earlier)
        or _computed(pointer, value, kind, earlier)
    )


def rederived(origin: Origin, value: JsonValue, results: Mapping[str, JsonValue]) -> bool:
    """Whether the rule of a derived ``origin`` makes ``value`` of its sources in ``results``, which are by step.

    >>> day = Origin(pointer="/day", kind="result", step="s1", path="/at", match="derived", rule="date_of")
    >>> rederived(day, "13 May", {"s1": {"at": "2026-05-13T19:30"}})
    True
    """
    try:
        values = [lookup(results[source.step], source.path) for source in origin.sources]
    except (KeyError, PointerError):
        return False
    if not values:
        return False
    rule, first = origin.rule or "", values[0]
    if rule == "joined":
        return isinstance(value, str) and joins(value, values)
    if rule == "path":
        name = value.rstrip("/").rpartition("/")[2] if isinstance(value, str) else ""
        return bool(name) and holds_word(first, name)
    if rule == "key":
        return unescape((origin.path or "").rpartition("/")[2]) in KEY.argument(value, "")
    if rule in BY_NAME:
        name, place = last_key(origin.pointer), last_key(origin.path or "")
        rules = BY_NAME[rule]
        there = {*rules.leaf(first, place), *(form for by, form in stated_in(first) if by == rule)}
        return not there.isdisjoint(rules.argument(value, name))
    again = computed(rule, values)
    return (
        again is not None and isinstance(value, (int, float)) and abs(value) <= LARGEST and abs(again - value) < 1e-6
    )


def _single(
    pointer: str,
    value: JsonValue,
    kind: Kind,
    arguments: Mapping[str, JsonValue],
    earlier: Sequence[EarlierResult],
) -> Origin | None:
    for rule, form in argument_forms(last_key(pointer), value):
        for result in reversed(earlier):
            for path in result.forms.get(form, ()):
                equal = rule.name != "key" and lookup(result.value, path) == value  # whose names do not agree
                if not equal and (_with_unit(form) or _agrees(rule, pointer, value, kind, result, path, arguments)):
                    return _from(pointer, rule.name, [Source(step=result.step, path=path)])
    return None


def _with_unit(form: Form) -> bool:
    """Whether a number was looked up with its unit, so that what it is of agrees already."""
    return form[0] == "number_in" and isinstance(form[1], tuple)


def _agrees(
    rule: Rule,
    pointer: str,
    value: JsonValue,
    kind: Kind,
    result: EarlierResult,
    path: str,
    arguments: Mapping[str, JsonValue],
) -> bool:
    """Whether what is called so, and stands there, is no chance."""
    if rule.needs == "free" or (rule.needs != "kind" and not by_chance(value)):
        return True
    if rule.needs == "distinctive":
        return False
    there = result.kind(path)
    if rule.name == "key":  # what it is of is said by what holds the keys
        there = result.kind(path.rpartition("/")[0] + "/id")
    if rule.name in ("time_of", "year_of"):
        leaf = lookup(result.value, path)
        if clock_of(leaf) and day_of(leaf) is None:  # a time of day in another form, of opening or closing perhaps
            return same_kind(kind, there)
        named, few = _same_moment(kind, there), _few(rule, result)
        if rule.name == "year_of":
            return named and len(kind.name) > 1  # every date has some year
        return named or few or _beside(leaf, arguments)
    if rule.name == "part_of_name":
        return asks_for_part(last_key(pointer)) or named_in_part(value, kind, result, path)
    if rule.name == "number_in" and isinstance(value, float) and is_money(lookup(result.value, path)):
        return same_kind(kind, there) or takes_money(kind.name)
    if rule.name == "segment":
        return same_kind(kind, there) or _segment_kind(kind, result, path, f"{value}")
    return same_kind(kind, there)


def _few(rule: Rule, result: EarlierResult) -> bool:
    """Whether there are few moments in a result, so that equality with one of them is no chance."""
    return sum(name == rule.name for name, _ in result.forms) <= FEW_MOMENTS


def _same_moment(one: Kind, other: Kind) -> bool:
    """``departure_date`` and ``departure``, ``start_time`` and ``starts_at``; a bare ``time`` may be any."""
    a, b = (
        tuple(_SAME_MOMENT.get(w, w) for w in kind.name if w not in _MOMENT_WORDS and w != "year")
        for kind in (one, other)
    )
    return not a or ends_alike(a, b) or bool(b and a[-1][:5] == b[-1][:5])


def _beside(leaf: JsonValue, arguments: Mapping[str, JsonValue]) -> bool:
    """Whether the day of a date with a time is an argument of the same call."""
    day = day_of(leaf)
    return day is not None and any(
        (other := day_of(value)) is not None and other[1:] == day[1:] for value in arguments.values()
    )


def _segment_kind(kind: Kind, result: EarlierResult, path: str, value: str) -> bool:
    """Whether the segment before it says what it is: ``issues`` in ``/issues/17``."""
    parts = segments(lookup(result.value, path))
    if value not in parts[1:]:
        return False
    before = parts[parts.index(value, 1) - 1]
    return same_kind(kind, kind_at(f"/{before}"))


def _joined(pointer: str, value: JsonValue, earlier: Sequence[EarlierResult]) -> Origin | None:
    """Leaves that stand side by side, joined; or distinctive ones of the same result."""
    if not isinstance(value, str):
        return None
    for parts in partings(value):
        for result in reversed(earlier):
            places = [found for part in parts if (found := _places(part, result))]
            if len(places) == len(parts) and (chosen := _together(parts, places)):
                return _from(pointer, "joined", [Source(step=result.step, path=path) for path in chosen])
    return None


def _places(part: str, result: EarlierResult) -> list[str]:
    return result.paths(part) or result.forms.get(("text_of", part), [])


def _together(parts: Sequence[str], places: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """A place for each part, all in one object or list; or, of distinctive parts, the first places."""
    for path in places[0]:
        parent = path.rpartition("/")[0]
        beside = [next((p for p in listed if p.rpartition("/")[0] == parent), None) for listed in places]
        chosen = tuple(place for place in beside if place is not None)
        if len(chosen) == len(parts) == len(set(chosen)):
            return chosen
    if all(len(part) >= 4 and not needs_kind(part) for part in parts):
        return tuple(listed[0] for listed in places)
    return None


def _computed(pointer: str, value: JsonValue, kind: Kind, earlier: Sequence[EarlierResult]) -> Origin | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > LARGEST:
        return None
    for result in reversed(earlier):
        for column in result.columns:
            if abs(column.value - value) < 1e-6 and _called_so(column, value, kind, result):
                return _of_column(pointer, column, result.step)
    return _of_results(pointer, value, kind, earlier)


def _called_so(column: Column, value: float, kind: Kind, result: EarlierResult) -> bool:
    if column.rule == "count":
        # The number of what the list holds: `attendee_count` of `attendees`.
        counted = tuple(word for word in kind.name if word not in COUNT_WORDS)
        held = key_words(last_key(column.paths[0])) or tool_nouns(result.tool)
        return len(counted) < len(kind.name) and ends_alike(counted, held)
    if not needs_kind(value):
        return True
    if column.rule == "sum" and value >= LEAST_SUM and unit_of(last_key(column.paths[0])) in ADDITIVE:
        # The hours of all, where hours are asked for.
        return kind.name == key_words(last_key(column.paths[0]))
    return not MONEY_WORDS.isdisjoint(kind.name) and column.rule != "difference"


def _of_column(pointer: str, column: Column, step: str) -> Origin:
    return _from(pointer, column.rule, [Source(step=step, path=path) for path in column.paths])


def _of_results(pointer: str, value: float, kind: Kind, earlier: Sequence[EarlierResult]) -> Origin | None:
    """The sum of what results have under one name, each once: the prices of two tickets."""
    if needs_kind(value):
        return None
    by_name: dict[str, list[tuple[float, Source]]] = {}
    for result in earlier:
        for name, (path, number) in result.single_numbers.items():
            by_name.setdefault(name, []).append((number, Source(step=result.step, path=path)))
    for found in by_name.values():
        for chosen in (found, found[-2:]):
            if len(chosen) > 1 and computed("sum", [number for number, _ in chosen]) == value:
                return _from(pointer, "sum", [source for _, source in chosen])
    return None


def _from(pointer: str, rule: str, sources: Sequence[Source]) -> Origin:
    """The origin of a value that follows by ``rule`` from ``sources``, one at least."""
    first, *others = sources
    return Origin(
        pointer=pointer,
        kind="result",
        step=first.step,
        path=first.path,
        match="derived",
        rule=rule,
        others=tuple(others),
    )
