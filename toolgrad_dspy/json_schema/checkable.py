"""A schema as the validating library takes it: with all that it refers to in it, and nothing that cannot be checked.

The library follows references by itself, but knows fewer of them than the walker does, has its own opinion of ``$id``
and ``$schema`` in odd places, and refuses a whole schema for one reference that leads out. So what is handed to it is
written anew: every schema that a reference leads to stands under a name in ``$defs``, and all references are pointers
to there. What leads out of the document stands for anything, and so do, where they are not wanted, regular
expressions.
"""

from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from toolgrad_dspy.json_schema.adapt import SHARED, Contents
from toolgrad_dspy.json_schema.keywords import ADDRESSES, ANNOTATIONS, LISTS, MAPS, SINGLES, is_schema
from toolgrad_dspy.json_schema.references import REFERENCES
from toolgrad_dspy.json_schema.regexes import usable
from toolgrad_dspy.json_schema.walk import Schema
from toolgrad_dspy.records.pointer import escape

# Formats and contents say what a text is meant to be; whether it is that is for the tool to say.
_LEFT_OUT = ANNOTATIONS | ADDRESSES | {*SHARED, "format", "contentEncoding", "contentMediaType", "contentSchema"}

# Keywords that ask whether the schema under them holds, with those that act upon the answer. Of a schema that stands
# for anything they must not hear that it does: a value would be refused for it.
_DECIDING = {
    "not": ("not",),
    "oneOf": ("oneOf",),
    "if": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
}
# Keywords that refuse what no schema in the same place has spoken of.
_UNSPOKEN = ("unevaluatedProperties", "unevaluatedItems")
# Keywords with regular expressions, with what refuses the properties that none of these has matched.
_MATCHING = {"pattern": ("pattern",), "patternProperties": ("patternProperties", "additionalProperties")}


@dataclass(frozen=True, slots=True)
class Checkable:
    """The written schema, and where its parts come from.

    ``places`` has for each schema, by the identity of its contents, a JSON Pointer to where it stands in
    ``contents``. ``references`` has for each name in ``$defs`` the reference that led there. ``has_expressions``:
    there are regular ones.
    """

    contents: Contents
    places: dict[int, str]
    references: dict[str, str]
    has_expressions: bool


def checkable(schema: Schema, *, lone_references: bool, expressions: bool = True) -> Checkable:
    """``schema``, an object, written for the library.

    ``lone_references``: the dialect knows nothing beside ``$ref`` (to draft 7). Without ``expressions``, every text
    and every name counts as matching. Raises RecursionError for schemas hundreds of levels deep.
    """
    return (_Writer if expressions else _UnmatchedWriter)(schema, lone_references).written()


class _Writer:
    def __init__(self, top: Schema, lone_references: bool) -> None:
        self._top = top
        self._lone_references = lone_references
        self._places: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._references: dict[str, str] = {}
        self._waiting: list[Schema] = []
        self._has_expressions = False

    def written(self) -> Checkable:
        top = self._schema(self._top, "")
        definitions: Contents = {}
        while self._waiting:  # no recursion, for chains of references may be long
            target = self._waiting.pop()
            name = self._names[id(target.contents)]
            definitions[name] = self._schema(target, f"/$defs/{name}")
        contents: Contents = top if isinstance(top, dict) else {}
        if definitions:
            contents["$defs"] = definitions
        return Checkable(contents, self._places, self._references, self._has_expressions)

    def unchecked(self, schema: Schema) -> bool:
        """Whether something in ``schema`` itself cannot be checked, and so stands for anything."""
        return schema.leads_out()

    def silenced(self, schema: Schema) -> set[str]:
        """The keywords of ``schema`` that are not to be written."""
        if not self._any_unchecked:
            return set()
        silenced: set[str] = set()
        for keyword, acting in _DECIDING.items():
            asked = [inner for one in schema.several(keyword) for inner in one.subschemas()]
            silenced.update(acting if any(map(self.unchecked, asked)) else ())
        silenced.update(_UNSPOKEN if any(map(self.unchecked, schema.options())) else ())
        return silenced

    @cached_property
    def _any_unchecked(self) -> bool:
        """Nearly nothing is, and what follows from it need not be asked everywhere."""
        return any(map(self.unchecked, self._top.subschemas()))

    def _schema(self, schema: Schema, place: str) -> JsonValue:
        if not isinstance(schema.contents, dict):
            return schema.contents
        self._places.setdefault(id(schema.contents), place)
        if self._lone_references and schema.leads_out():
            return {}
        left_out = _LEFT_OUT | self.silenced(schema)
        written: Contents = {}
        for key, value in schema.contents.items():
            if key not in left_out and not (key in REFERENCES and isinstance(value, str)):
                written[key] = self._value(schema, key, value, f"{place}/{escape(key)}")
        self._has_expressions |= not written.keys().isdisjoint(_MATCHING)
        references = [self._reference(schema, target) for target in schema.targets()]
        if len(references) > 1:  # "$ref" and "$dynamicRef" side by side
            listed = written.get("allOf")
            others: list[JsonValue] = [{"$ref": reference} for reference in references[1:]]
            written["allOf"] = [*(listed if isinstance(listed, list) else []), *others]
        return {**written, "$ref": references[0]} if references else written

    def _value(self, schema: Schema, key: str, value: JsonValue, place: str) -> JsonValue:
        """What stands under a keyword, with the schemas in it written; what is none where one should be stays."""

        def inside(token: str, item: JsonValue) -> JsonValue:
            return self._schema(schema.within(item), f"{place}/{escape(token)}") if is_schema(item) else item

        if key in MAPS and isinstance(value, dict):
            if key == "patternProperties":
                value = {_expression(name, value): item for name, item in value.items()}
            return {name: inside(name, item) for name, item in value.items()}
        if key in LISTS and isinstance(value, list):
            return [inside(str(index), item) for index, item in enumerate(value)]
        if key in SINGLES and is_schema(value):
            return self._schema(schema.within(value), place)
        return usable(value) if key == "pattern" and isinstance(value, str) else value

    def _reference(self, schema: Schema, target: Schema) -> str:
        """A pointer to ``target``, to which ``schema`` refers."""
        if target.contents is self._top.contents:
            return "#"
        name = self._names.get(id(target.contents))
        if name is None:
            name = self._names[id(target.contents)] = f"d{len(self._names)}"
            self._references[name] = next(
                str(schema.keywords[word]) for word in REFERENCES if word in schema.keywords
            )
            self._waiting.append(target)
        return f"#/$defs/{name}"


class _UnmatchedWriter(_Writer):
    """A writer that takes no regular expression."""

    def unchecked(self, schema: Schema) -> bool:
        return super().unchecked(schema) or not schema.keywords.keys().isdisjoint(_MATCHING)

    def silenced(self, schema: Schema) -> set[str]:
        matching = (silent for keyword, silent in _MATCHING.items() if keyword in schema.keywords)
        return super().silenced(schema).union(*matching)


def _expression(name: str, others: Contents) -> str:
    """``name`` as an expression that can be used, unless another has that name already."""
    expression = usable(name)
    return name if expression in others else expression
