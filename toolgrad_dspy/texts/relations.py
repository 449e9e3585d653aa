"""What a response says of a thing that is true of its neighbour: one place's opening hours under another one's name.

Each of the two stands in the results, so that neither is a claim without evidence. Here the things of a list are told
apart: within a sentence, what follows a name has to stand with that name, in an object of a list or in a result.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import Day, dates_in, numbers_in, times_in
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Source, Step, last_key, leaves, lookup
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.texts.claims import Claim
from toolgrad_dspy.texts.contents import alike, clocks_of, days_of, numbers_of, significant_digits
from toolgrad_dspy.texts.picks import NAME_KEYS

# Leaves of the results that are looked at, and characters of a text that says what a thing is or is called.
MOST_LEAVES = 20_000
SHORT = 200

# A thing: the step and path of its list, and its place in it.
_Thing = tuple[str, str, int]


@dataclass(slots=True)
class _Found:
    """Where something stands: the things that have it, under which keys, and whether it may be said of anything."""

    things: set[_Thing] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    free: bool = False

    @property
    def lists(self) -> set[tuple[str, str]]:
        return {thing[:2] for thing in self.things}

    @property
    def steps(self) -> set[str]:
        return {thing[0] for thing in self.things}


class Relations:
    """The things of the lists in the results ``shown``, by step; ``texts`` may be repeated of any of them.

    ``steps`` tell which results are about a thing of another one: the departures from a stop name no stop.
    """

    def __init__(self, shown: Mapping[str, JsonValue], texts: Sequence[str], steps: Sequence[Step] = ()) -> None:
        self._shown = shown
        self._steps = steps
        self._texts_beside = texts
        self._beside = "".join(map(normalise, texts))

    def told(self, text: str, said: Sequence[Claim]) -> list[Claim]:
        """The claims ``said`` in a ``text``, and the names that things of the results have, in place of the claims
        within: "Dinner with Ada" is one name, and "Ada" in it nobody.
        """
        names: list[Claim] = []
        taken = bytearray(len(text))  # 1 where a longer name stands already
        lower = text.lower()
        for name in self._names:
            # In a sentence "Spinach lasagne" may have a small letter, and one word without its capital is no name.
            inside, wanted = (lower, name.lower()) if " " in name and len(lower) == len(text) else (text, name)
            at = inside.find(wanted)
            while at >= 0:
                end = at + len(wanted)
                whole = not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum())
                if whole and not taken[at]:
                    taken[at:end] = b"\1" * (end - at)
                    names.append(Claim("name", text[at:end], at, end))
                at = inside.find(wanted, end)
        others = (claim for claim in said if not any(taken[claim.start : claim.end]))
        return sorted((*names, *others), key=lambda claim: claim.start)

    @cached_property
    def _names(self) -> list[str]:
        """What things of the results are called, in several words or with a capital, the longest first: what stands
        under a name, and what stands where one of those does (``restaurant`` of a booking).
        """
        texts = [(key, leaf) for _, key, leaf in self._leaves if isinstance(leaf, str) and len(leaf) <= SHORT]
        called = {leaf for key, leaf in texts if key in NAME_KEYS}
        keys = {key for key, leaf in texts if leaf in called}
        called |= {leaf for key, leaf in texts if key in keys and leaf[:1].isupper()}
        return sorted((n for n in called if " " in n or n[:1].isupper()), key=lambda name: (-len(name), name))

    def misplaced(self, sentence: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
        """The claims of a ``sentence`` that are true of something else than the name before them, with that name.

        They stand with other things of its list, and in results that do not have the name at all and are not about
        it, nowhere else.
        """
        subject: Claim | None = None
        about, results = _Found(), set[str]()
        for claim in sentence:
            found = self._found(claim)
            # What a thing is called may be said of it wherever it stands.
            named = bool(found.things) and claim.kind in ("name", "quote")
            if named and (found.keys & NAME_KEYS if subject is None else found.keys & about.keys):
                subject, about, results = claim, found, self._about(found.things)
            elif subject is not None and found.things and not found.free and not found.steps & results:
                own = about.things & found.things
                if not own and all(t[:2] in about.lists or t[0] not in about.steps for t in found.things):
                    yield claim, subject

    def _about(self, things: set[_Thing]) -> set[str]:
        """The steps whose calls were given something of one of the ``things``, and those that go on from them.

        Of what stands in no list also those that gave what its call was given: the parcels of a post office.
        """
        alone = set() if any(listed for _, listed, _ in things) else {step for step, _, _ in things}
        found = {used for step in self._steps if step.id in alone for used in step.uses}
        for step in self._steps:
            sources = [source for origin in step.origins for source in origin.sources]
            if found.intersection(step.uses) or any(_is_of(source, thing) for source in sources for thing in things):
                found.add(step.id)
        return found

    def _found(self, claim: Claim) -> _Found:
        if claim.kind in ("name", "quote", "literal"):
            plain = normalise(claim.text)
            places = [place for text, known in self._texts.items() if plain in text for place in known]
            return _joined(places, free=plain in self._beside)
        # A small number is one of other things by chance, and so is a day without its month.
        told = [r for r in claim.readings if not isinstance(r, (int, float)) or significant_digits(r) > 1]
        told = [] if claim.kind == "day" else told
        readings = [known for reading in told for known in self._same(reading)]
        places = [place for reading in readings for place in self._readings[reading]]
        return _joined(places, free=any(alike(a, b) for a in told for b in self._said))

    @cached_property
    def _said(self) -> frozenset[object]:
        """The days, times and numbers of what may be said of anything."""
        found: set[object] = set()
        for text in self._texts_beside:
            found.update(day for dated in dates_in(text) for day in dated.values)
            found.update(clock for timed in times_in(text) for clock in timed.values)
            found.update(number for said in numbers_in(text) for number in said.values)
        return frozenset(found)

    def _same(self, reading: object) -> Iterator[object]:
        """The readings of the results that ``reading`` may be."""
        if isinstance(reading, Day):
            yield from (known for known in self._readings if alike(known, reading))
        elif reading in self._readings:
            yield reading

    @cached_property
    def _texts(self) -> dict[str, list[tuple[_Thing, str]]]:
        """Where each short text stands."""
        found: dict[str, list[tuple[_Thing, str]]] = {}
        for thing, key, leaf in self._leaves:
            if isinstance(leaf, str) and len(leaf) <= SHORT:
                found.setdefault(normalise(leaf), []).append((thing, key))
        return found

    @cached_property
    def _readings(self) -> dict[object, list[tuple[_Thing, str]]]:
        """Where each day, time and number stands."""
        found: dict[object, list[tuple[_Thing, str]]] = {}
        for thing, key, leaf in self._leaves:
            for reading in (*days_of(leaf), *clocks_of(leaf), *numbers_of(leaf)):
                found.setdefault(reading, []).append((thing, key))
        return found

    @cached_property
    def _leaves(self) -> list[tuple[_Thing, str, JsonValue]]:
        found: list[tuple[_Thing, str, JsonValue]] = []
        for step, value in self._shown.items():
            for path, leaf in leaves(value):
                found.append((_thing(step, value, path), last_key(path), leaf))
                if len(found) == MOST_LEAVES:
                    return found
        return found


def _is_of(source: Source, thing: _Thing) -> bool:
    step, listed, index = thing
    return source.step == step and (not listed or source.path.startswith(f"{listed}/{index}/"))


def _thing(step: str, value: JsonValue, path: str) -> _Thing:
    """The thing that a leaf is of: an object of the outermost list of several, else the result as a whole."""
    tokens = path.split("/")
    for at, token in enumerate(tokens[1:], 1):
        if (index := list_index(token)) is not None:
            listed = "/".join(tokens[:at])
            things = lookup(value, listed)
            if isinstance(things, list) and len(things) > 1 and isinstance(things[index], dict):
                return step, listed, index
    return step, "", 0


def _joined(places: Iterable[tuple[_Thing, str]], *, free: bool) -> _Found:
    found = _Found(free=free)
    for thing, key in places:
        found.things.add(thing)
        found.keys.add(key)
    return found
