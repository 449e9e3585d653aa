"""Argument origins: for every argument leaf, where its value came from.

A leaf that replaced a reference comes from there by construction. For a literal, first match wins:

1. ``schema``: it is the parameter's default or constant, the null of a nullable parameter, an enumerated value,
   or a boolean (an enumeration of two). One that the schema only shows, as an example or in its description, is the
   user's: every planner has it before it, and a query that need not state it could not be answered.
2. ``result``: it equals a leaf that a prompt has shown (``literal``), stands in a text as whole words (``part``), or
   follows from leaves by a rule (``derived``). An undistinctive one has to be of the same kind (``kinds.py``).
3. ``user``: everything else. The query has to state it, which ``mentions.py`` checks when the query is written.

What 2 or a reference finds is not the result's if the result only repeats it (``echo.py``): what the user stated
stays the user's, a choice stays the schema's, and what came from an earlier result still comes from that one.

When several earlier results hold a value, the latest is taken: it is the one a planner has read last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.provenance.origins.derived import derived
from toolgrad_dspy.provenance.origins.earlier import EarlierResult
from toolgrad_dspy.provenance.origins.echo import GivenArguments
from toolgrad_dspy.provenance.origins.kinds import Kind, common_word, kind_at, needs_kind, same_kind
from toolgrad_dspy.provenance.origins.offered import from_schema, is_example
from toolgrad_dspy.provenance.origins.parts import part, path_of
from toolgrad_dspy.records import Origin, PointerError, Source, Tool, key_words, last_key, leaves, lookup
from toolgrad_dspy.records.keys import IDENTIFYING_WORDS

# A common word ("open") that is one of few values of a result is no chance, nor is one that names something; one of
# many others is.
FEW_VALUES = 2


def trace_origins(
    tool: Tool,
    arguments: dict[str, JsonValue],
    references: Mapping[str, tuple[str, str]],
    earlier: Sequence[EarlierResult],
) -> tuple[Origin, ...]:
    """The origin of every leaf of ``arguments``, in document order.

    ``references`` maps the pointer of each replaced reference to (step, path); ``earlier`` is in the order the
    calls ran. No origin here is ``unknown``: only a query that fails to state a value makes it so.

    >>> from toolgrad_dspy.records import Observation
    >>> book = Tool(name="book", source_name="book", description="", parameters={}, source="s", category="c")
    >>> place = EarlierResult("s1", Observation(content={"place_id": "place_0042"}, text=""))
    >>> origins = trace_origins(book, {"place_id": "place_0042", "guests": 4}, {}, [place])
    >>> [(origin.pointer, origin.kind, origin.step, origin.path) for origin in origins]
    [('/place_id', 'result', 's1', '/place_id'), ('/guests', 'user', None, None)]
    """
    search = _Search(tool, dict(leaves(arguments)), references, earlier, GivenArguments(earlier))
    # Arguments without a leaf are `{}`, whose only leaf is the root: a call without arguments has no origins.
    return tuple(search.origin(pointer, value) for pointer, value in search.arguments.items() if pointer)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the origins of one call."""

    tool: Tool
    arguments: dict[str, JsonValue]
    references: Mapping[str, tuple[str, str]]
    earlier: Sequence[EarlierResult]
    given: GivenArguments

    def origin(self, pointer: str, value: JsonValue) -> Origin:
        kind = kind_at(pointer, self.tool.name, self.tool.category)
        found = self._referred(pointer)
        if found is None:
            schema = schema_at(self.tool.parameters, pointer) or {}
            offered = from_schema(pointer, value, schema)
            if offered is None and is_example(value, schema):
                offered = Origin(pointer=pointer, kind="user")
            if offered is not None:
                return _with_echo(offered, self._equal_leaf(pointer, value, kind, schema))
            found = self._found(pointer, value, kind, schema)
        if found is None:
            return Origin(pointer=pointer, kind="user")
        return self._repeated(found, value, kind) or found

    def _referred(self, pointer: str) -> Origin | None:
        """The place that a reference proves, whatever the value is. It may stand for a whole object, whose leaves
        then come from below the place it points to.
        """
        for place, (step, path) in self.references.items():
            if pointer == place or pointer.startswith(place + "/"):
                path += pointer[len(place) :]
                return Origin(pointer=pointer, kind="result", step=step, path=path, match="reference")
        return None

    def _found(self, pointer: str, value: JsonValue, kind: Kind, schema: dict[str, JsonValue]) -> Origin | None:
        if isinstance(value, (bool, dict, list)) or value is None or value == "":
            return None
        return (
            self._equal_leaf(pointer, value, kind, schema)
            or part(pointer, value, kind, self.earlier)
            or path_of(pointer, value, self.earlier)
            or derived(pointer, value, kind, self.arguments, self.earlier)
        )

    def _equal_leaf(self, pointer: str, value: JsonValue, kind: Kind, schema: dict[str, JsonValue]) -> Origin | None:
        if isinstance(value, (bool, dict, list)) or value is None or value == "":
            return None
        strong, common = not needs_kind(value), common_word(value)
        for result in reversed(self.earlier):
            paths = result.paths(value)
            best = self._nearest(paths, result, pointer, kind, schema) if paths else None
            # Of several places the one of the same kind: of `owner` and `author_id`, both "user_77", an argument
            # `author_id` came from the latter. A floor 4 in the result is no origin for a party of 4.
            if best is None and strong:
                best = next((p for p in paths if not common or result.size <= FEW_VALUES or _names(result, p)), None)
            if best is not None:
                return Origin(pointer=pointer, kind="result", step=result.step, path=best, match="literal")
        return None

    def _nearest(
        self, paths: Sequence[str], result: EarlierResult, pointer: str, kind: Kind, schema: dict[str, JsonValue]
    ) -> str | None:
        """Of ``paths`` the one that is called as the parameter, else one of the same kind, or None."""
        name = last_key(pointer)
        alike = [path for path in paths if same_kind(kind, result.kind(path))]
        if not alike:
            alike = [path for path in paths if _declared(str(schema.get("description", "")), result, path)]
        return next((path for path in alike if last_key(path) == name), alike[0] if alike else None)

    def _repeated(self, found: Origin, value: JsonValue, kind: Kind) -> Origin | None:
        """The origin of what the place that was ``found`` only repeats; None if it does not."""
        sources = list(self._values(found))
        echo = found.sources[0]
        kinds = (kind, *(source_kind for _, source_kind, _ in sources[:1]))
        given = self.given.stated(value, kinds, echo.step)
        if given is None and sources and found.match in ("part", "derived"):
            # It follows from what was stated: the day of a date, the street of an address.
            stated = [self.given.stated(source, (source_kind,), echo.step) for _, source_kind, source in sources]
            given = next(iter(stated), None) if all(stated) else None
            given = given.model_copy(update={"kind": "user", "match": None}) if given else None
        if given is not None:
            return Origin(pointer=found.pointer, kind=given.kind, match=given.match, echo=echo)
        if found.match in ("literal", "reference") and sources:
            step, source_kind, _ = sources[0]
            passed = self.given.passed_on(step, value, source_kind)
            return passed.model_copy(update={"pointer": found.pointer, "echo": echo}) if passed else None
        return None

    def _values(self, found: Origin) -> Iterator[tuple[str, Kind, JsonValue]]:
        """The step, the kind and the value of each place that ``found`` names."""
        by_step = {result.step: result for result in self.earlier}
        for source in found.sources:
            result = by_step.get(source.step)
            if result is None:
                continue
            try:
                yield source.step, result.kind(source.path), lookup(result.value, source.path)
            except PointerError:
                continue


def _names(result: EarlierResult, path: str) -> bool:
    """Whether what stands at ``path`` is what something is called."""
    return result.kind(path).name[-1:] != () and result.kind(path).name[-1] in IDENTIFYING_WORDS


def _with_echo(offered: Origin, found: Origin | None) -> Origin:
    if found is None or found.step is None:
        return offered
    return offered.model_copy(update={"echo": Source(step=found.step, path=found.path or "")})


def _declared(description: str, result: EarlierResult, path: str) -> bool:
    """Whether a parameter's description says that it takes what stands at ``path``: it names the tool that gives it,
    and what the tool calls it.
    """
    if not result.tool or result.tool not in description:
        return False
    said = {word for part in description.split() for word in key_words(part)}
    return bool(words := key_words(last_key(path))) and said.issuperset(words)
