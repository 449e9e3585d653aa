"""References to an earlier thing after another one of its kind: "that place" is the last place that was spoken of.

A call that goes back to the one before it, of whose result there is only one, picks nothing from a list; but whoever
has the query alone takes "that place" for the last one. So the query has to say which it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from toolgrad_dspy.provenance.repeats import objects
from toolgrad_dspy.records import Origin, Step, in_words, key_words, last_key, leaves, lookup, names_id
from toolgrad_dspy.records.keys import tool_nouns
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.texts.picks import NAME_KEYS, Pick


@dataclass(frozen=True)
class Rival(Pick):
    """One of several things that calls have taken as the same: its ``items`` are their records, of which this one is
    a ``kind``, told from the others by ``told``, a text with its key.
    """

    kind: str = ""
    told: tuple[str, str] = ("", "")

    @property
    def thing(self) -> str:
        return self.kind

    @property
    def whole(self) -> bool:
        return False

    @property
    def phrase(self) -> str:
        """What tells it from the others, in words: positions and extremes are of lists."""
        key, value = self.told
        named = not key or last_key(key) in NAME_KEYS
        return f"the one called {value}" if named else f"the one with {in_words(last_key(key))} {value}"


class Rivals:
    """The things that the steps so far have taken, by what they took them as, and the step that took one last."""

    def __init__(self, results: Mapping[str, JsonValue]) -> None:
        self._results = results
        self._tools: dict[str, str] = {}
        self._records: dict[str, dict[str, JsonValue]] = {}
        self._last: dict[str, tuple[int, set[str]]] = {}

    def superseded(self, pointer: str, value: JsonValue) -> bool:
        """Whether something else than ``value`` was taken last as what the argument at ``pointer`` is."""
        return repr(value) not in self._last.get(noun_of(pointer), (0, {repr(value)}))[1]

    def of(self, step: Step) -> Iterator[Rival]:
        """The arguments of ``step`` that go back behind another thing of their kind."""
        for origin in step.origins:
            noun = noun_of(origin.pointer)
            source = origin.step
            if origin.kind != "result" or source is None or noun not in self._last or origin.others:
                continue
            value = lookup(step.call.arguments, origin.pointer)
            # What was found after the other one was taken is the last that was spoken of.
            if not self.superseded(origin.pointer, value) or int(source[1:]) >= self._last[noun][0]:
                continue
            records = {**self._records.get(noun, {}), repr(value): self._record(origin, value)}
            index = list(records).index(repr(value))
            own = (step.id, origin.pointer, source, "", index, tuple(records.values()), frozenset({index}), value)
            if told := self._telling(Pick(*own), last_key(origin.path or "")):
                yield Rival(*own, kind=self._kind(source, origin.path or "") or noun, told=told)

    def _telling(self, own: Pick, key: str) -> tuple[str, str] | None:
        """The text of a thing, with its key, that tells it from the others: the one that fewest things have."""
        # A code is no word that anybody says.
        texts = [(name, value) for name, value in own.distinct if isinstance(value, str) and "_" not in value]
        record = own.item if isinstance(own.item, dict) else {}

        def common(text: tuple[str, str]) -> tuple[int, bool, bool]:
            name, value = last_key(text[0]), text[1]
            others = sum(o.get(name) == value and o.get(key) != record.get(key) for o in self._objects)
            # Who has booked a table tells less of it than where it is.
            return others, name not in NAME_KEYS, in_words(name).endswith(" by")

        return min(texts, key=common, default=None)

    @cached_property
    def _objects(self) -> list[dict[str, JsonValue]]:
        """Every object in the results."""
        return [found for value in self._results.values() for found in objects(value)]

    def _kind(self, source: str, path: str) -> str:
        """What the record at ``path`` is: an element of ``/events`` is an event, the result of ``get_event``, too."""
        listed = [token for token in path.split("/")[1:-1] if list_index(token) is None]
        nouns = key_words(listed[-1]) if listed else tool_nouns(self._tools.get(source, ""))
        return nouns[-1] if nouns else ""

    def take(self, step: Step) -> None:
        """``step`` has taken its arguments."""
        self._tools[step.id] = step.call.tool
        origins = {origin.pointer: origin for origin in step.origins}
        taken: dict[str, set[str]] = {}
        for pointer, value in leaves(step.call.arguments):
            noun = noun_of(pointer)
            taken.setdefault(noun, set()).add(repr(value))
            self._records.setdefault(noun, {})[repr(value)] = self._record(origins.get(pointer), value)
        self._last |= {noun: (step.number, values) for noun, values in taken.items()}

    def _record(self, origin: Origin | None, value: JsonValue) -> JsonValue:
        """The object that ``value`` was taken from, or the value by itself."""
        if origin is None or origin.step is None or origin.path is None:
            return value
        try:
            record = lookup(self._results.get(origin.step), origin.path.rpartition("/")[0])
        except LookupError:
            return value
        return record if isinstance(record, dict) else value


def noun_of(pointer: str) -> str:
    """What an argument is, in one word: ``stop`` for ``/from_stop_id``."""
    name = last_key(pointer)
    words = key_words(name)
    words = words[:-1] if names_id(name) and len(words) > 1 else words
    return words[-1] if words else ""
