"""Argument origins: for every argument leaf, where its value came from.

A leaf that replaced a reference has its origin by construction. For a literal the rules are, first match wins:

1. ``schema``: it is the parameter's default or constant, the null of a nullable parameter, an enumerated value,
   or a boolean (an enumeration of two).
2. ``result``: a distinctive value that equals a leaf of an earlier result. An undistinctive one (a small number,
   a short word) counts only if parameter and result key have the same name: chance would match it anywhere.
3. ``result``: a longer text that stands in an earlier result's text as whole words (``part``), or a path each of
   whose segments does. One plain word does not count: chance puts it there.
4. ``user``: everything else. The query has to state it, which ``statements`` checks when the query is written.

A literal that the parameter's schema offers itself (an enumerated value, an example) is never credited to a result: a
planner finds it in the schema, and a query that then need not state it could not be answered. Only a reference proves
that such a value came from a result.

When several earlier results hold a value, the latest is taken: it is the one a planner has read last.
"""

import copy
import re
from collections.abc import Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.records import Observation, Origin, Tool, alike, last_key, leaves, names_id

_WORD = re.compile(r"\w+")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")

# A shorter text is not searched for inside other texts: "art" or "NW" stands in too many of them by chance.
PART_CHARS = 4
# Path segments may be shorter, since all of them have to be found: "src/ui/app.py".
SEGMENT_CHARS = 2

JsonScalar = str | int | float


class EarlierResult:
    """A result of an earlier call, which arguments may come from, with its leaves indexed once.

    ``step`` is the id of the step (or attempt) that gave it, ``value`` the result as data, ``id_keys`` the names
    under which it has ids, with the first place of each, and ``ids`` the ids by those names.
    """

    def __init__(self, step: str, observation: Observation) -> None:
        self.step = step
        self.value = observation.value
        self._paths: dict[JsonScalar, list[str]] = {}
        self.texts: list[tuple[str, str]] = []
        self.id_keys: dict[str, str] = {}
        self.ids: dict[str, list[str | int | float]] = {}
        for path, leaf in leaves(self.value):
            # Booleans and null are never indexed: every result has some, so equality with one proves nothing.
            if isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool) and leaf != "":
                self._paths.setdefault(leaf, []).append(path)
                if names_id(key := last_key(path)):
                    self.id_keys.setdefault(key, path)
                    self.ids.setdefault(key, []).append(leaf)
                # Of a shorter text a part would be a letter or two.
                if isinstance(leaf, str) and len(leaf) > PART_CHARS:
                    self.texts.append((path, leaf))

    def renamed(self, step: str) -> "EarlierResult":
        """The same result under another id, as when an attempt becomes a step; it is not indexed again."""
        renamed = copy.copy(self)
        renamed.step = step
        return renamed

    def paths(self, value: JsonScalar) -> list[str]:
        """Where a leaf equal to ``value`` stands: ``1`` equals ``1.0``; booleans and null are never indexed."""
        return self._paths.get(value, [])


def trace_origins(
    tool: Tool,
    arguments: dict[str, JsonValue],
    references: dict[str, tuple[str, str]],
    earlier: Sequence[EarlierResult],
) -> tuple[Origin, ...]:
    """The origin of every leaf of ``arguments``, in document order.

    ``references`` maps the pointer of each replaced reference to (step, path); ``earlier`` is in the order the
    calls ran. No origin here is ``unknown``: only a query that fails to state a value makes it so.

    >>> book = Tool(name="book", source_name="book", description="", parameters={}, source="s", category="c")
    >>> place = EarlierResult("s1", Observation(content={"place_id": "place_0042"}, text=""))
    >>> origins = trace_origins(book, {"place_id": "place_0042", "guests": 4}, {}, [place])
    >>> [(origin.pointer, origin.kind, origin.step, origin.path) for origin in origins]
    [('/place_id', 'result', 's1', '/place_id'), ('/guests', 'user', None, None)]
    """
    # Arguments without a leaf are `{}`, whose only leaf is the root: a call without arguments has no origins.
    return tuple(
        _origin(tool, pointer, value, references, earlier) for pointer, value in leaves(arguments) if pointer
    )


def _origin(
    tool: Tool,
    pointer: str,
    value: JsonValue,
    references: dict[str, tuple[str, str]],
    earlier: Sequence[EarlierResult],
) -> Origin:
    # A reference proves its origin, whatever the value is. It may stand for a whole object, whose leaves then come
    # from below the place it points to.
    for place, (step, path) in references.items():
        if pointer == place or pointer.startswith(place + "/"):
            return Origin(
                pointer=pointer, kind="result", step=step, path=path + pointer[len(place) :], match="reference"
            )
    schema = schema_at(tool.parameters, pointer) or {}
    user = Origin(pointer=pointer, kind="user")
    offered = _from_schema(pointer, value, schema)
    # An example ("Old Town") is in front of every planner too, so its being in a result proves nothing. The schema
    # does not make it the value to use, though, as it does with a default: the query has to state it.
    if offered is not None or _is_example(value, schema):
        return offered or user
    return _equal_leaf(pointer, value, earlier) or _part(pointer, value, earlier) or user


def distinctive(value: JsonValue) -> bool:
    """Whether two equal values are unlikely to be equal by chance.

    The limits are checked against the labelled calls of NESTFUL in ``tests/provenance/test_nestful.py``.
    """
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return abs(value) >= 1000  # ids and years, not guests, floors and page numbers
    if isinstance(value, float):
        return len(repr(value)) >= 5  # coordinates and prices (52.51, 129.9), not 2.5 km
    return isinstance(value, str) and len(value) >= 4


def _equal_leaf(pointer: str, value: JsonValue, earlier: Sequence[EarlierResult]) -> Origin | None:
    if isinstance(value, (bool, dict, list)) or value is None or value == "":
        return None
    name = last_key(pointer)
    strong = distinctive(value)
    for result in reversed(earlier):
        paths = result.paths(value)
        # Of several places the one with the parameter's name: of `owner` and `author_id`, both "user_77", an
        # argument `author_id` came from the latter. A floor 4 in the result is no origin for a party of 4.
        best = next((path for path in paths if alike(name, last_key(path))), paths[0] if paths and strong else None)
        if best is not None:
            return Origin(pointer=pointer, kind="result", step=result.step, path=best, match="literal")
    return None


def equal_as_json(left: JsonValue, right: JsonValue) -> bool:
    """Equal as JSON values: ``1`` and ``1.0`` are, ``1`` and ``true`` are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _from_schema(pointer: str, value: JsonValue, schema: dict[str, JsonValue]) -> Origin | None:
    if isinstance(value, (dict, list)):  # an empty container has no value that could come from anywhere
        return Origin(pointer=pointer, kind="schema", match="empty")
    keyword = _keyword(value, schema)
    return Origin(pointer=pointer, kind="schema", match=keyword) if keyword else None


def _keyword(value: JsonValue, schema: dict[str, JsonValue]) -> str | None:
    """The keyword by which ``schema`` names ``value``, or None."""
    # A default first: a value that may be left out needs no word in the query, though it is enumerated too.
    if "default" in schema and equal_as_json(schema["default"], value):
        return "default"
    if "const" in schema and equal_as_json(schema["const"], value):
        return "const"
    choices = schema.get("enum")
    if isinstance(choices, list) and any(equal_as_json(choice, value) for choice in choices):
        return "enum"
    # `Optional[Mode]` and unions, as pydantic writes them: the enumeration is in a member.
    for word in ("anyOf", "oneOf", "allOf"):
        options = schema.get(word)
        if isinstance(options, list):
            keyword = next((k for o in options if isinstance(o, dict) and (k := _keyword(value, o))), None)
            if keyword:
                return keyword
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if value is None and "null" in kinds:
        return "null"
    # Without a declared type a boolean is one all the same: nothing else offers only two values.
    if isinstance(value, bool) and ("boolean" in kinds or kind is None):
        return "boolean"
    return None


def _is_example(value: JsonValue, schema: dict[str, JsonValue]) -> bool:
    members = schema.get("anyOf")
    for option in (schema, *(members if isinstance(members, list) else ())):
        examples = option.get("examples") if isinstance(option, dict) else None
        if isinstance(examples, list) and any(equal_as_json(example, value) for example in examples):
            return True
    return False


def _part(pointer: str, value: JsonValue, earlier: Sequence[EarlierResult]) -> Origin | None:
    """A text of four characters and more that stands in result text as whole words, or a path made of such parts."""
    # One plain word ("park", "Museum") stands in a description by chance. A reference number, an address, a file
    # name or several words do not.
    if not isinstance(value, str) or len(value) < PART_CHARS or _PLAIN_WORD.fullmatch(value):
        return None
    place = _containing(value, earlier)
    if place is None and "/" in value:
        # File servers list names line by line ("[FILE] report.md"); a path is put together from them.
        segments = [segment for segment in value.split("/") if segment and segment not in (".", "..")]
        places = [_containing(segment, earlier, minimum=SEGMENT_CHARS) for segment in segments]
        if places and all(places):
            place = places[-1]  # where the file's own name stands
    if place is None:
        return None
    step, path = place
    return Origin(pointer=pointer, kind="result", step=step, path=path, match="part")


def _containing(text: str, earlier: Sequence[EarlierResult], minimum: int = PART_CHARS) -> tuple[str, str] | None:
    """The step and the path of the latest result text that has ``text`` as whole words, or None."""
    if len(text) < minimum or not _WORD.search(text):  # signs only, as "----", stand in every table
        return None
    pattern: re.Pattern[str] | None = None
    for result in reversed(earlier):
        for path, leaf in result.texts:
            # The plain search is many times faster than the pattern, and rules out nearly every leaf of a result.
            if len(leaf) > len(text) and text in leaf:
                pattern = pattern or re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
                if pattern.search(leaf):
                    return result.step, path
    return None
