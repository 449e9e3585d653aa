"""The walk through a JSON Schema: what describes a member of a value, what applies together, what is referred to.

Nothing else in the project follows ``$ref``; who asks a single schema for its own keywords reads those itself.
References are followed within the document (``references.py``); one that leads elsewhere, or nowhere, leads to no
schema, so what stands under it may be anything. Everything that is listed is listed once, told apart by identity:
circular schemas end, and ones shared by many references cost what they cost once.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

from pydantic import JsonValue

from toolgrad_dspy.json_schema.keywords import inner_schemas, is_schema
from toolgrad_dspy.json_schema.references import REFERENCES, Document
from toolgrad_dspy.json_schema.regexes import matches
from toolgrad_dspy.records.pointer import list_index, unescape

if TYPE_CHECKING:
    from toolgrad_dspy.json_schema.references import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema at its place in a document. ``contents`` is an object, or a boolean; anything else says nothing."""

    contents: JsonValue
    document: Document
    scope: "Scope | None" = None

    @classmethod
    def of(cls, contents: JsonValue, root: JsonValue = None) -> Self:
        """``contents``, whose references lead into ``root``: a schema or OpenAPI document, else itself."""
        return cls(contents, Document(contents if root is None else root))

    @property
    def keywords(self) -> dict[str, JsonValue]:
        """The contents; none for a boolean schema."""
        return self.contents if isinstance(self.contents, dict) else {}

    def targets(self) -> list["Schema"]:
        """The schemas that ``$ref`` and its dynamic kin lead to: mostly one, none where they lead out."""
        followed = [self._follow(keyword) for keyword in REFERENCES if keyword in self.keywords]
        return [target for target in followed if target is not None and is_schema(target.contents)]

    def leads_out(self) -> bool:
        """Whether a reference leads out of the document, or nowhere: what it stands for may be anything."""
        written = [keyword for keyword in REFERENCES if isinstance(self.keywords.get(keyword), str)]
        return len(self.targets()) < len(written)

    def dangling(self) -> Iterator[tuple[str, str]]:
        """The references from here, as (keyword, reference), to places that this document does not have."""
        for keyword in REFERENCES:
            reference = self.keywords.get(keyword)
            if isinstance(reference, str) and self.document.dangles(keyword, reference, self.scope):
                yield keyword, reference

    def chain(self) -> list["Schema"]:
        """This schema, what it refers to, and so on to the end, or to where it comes round.

        ``allOf`` with a single member and no other schema beside it is a reference too: OpenAPI 3.0 has no other way
        to write one with a description.
        """
        steps = [self]
        met = {id(self.contents)}
        while True:
            last = steps[-1]
            onward = last.targets()
            if not onward and len(list(inner_schemas(last.contents))) == 1:
                onward = last.listed("allOf")
            if not onward or id(onward[0].contents) in met:
                return steps
            steps.append(onward[0])
            met.add(id(onward[0].contents))

    @property
    def resolved(self) -> "Schema":
        """The end of the chain of references; this schema where there is none."""
        return self.chain()[-1]

    @property
    def name(self) -> str:
        """What people call it: the last segment of the reference that leads on, else the title, else ``""``."""
        for keyword in REFERENCES:
            reference = self.keywords.get(keyword)
            if isinstance(reference, str) and (last := unescape(unquote(re.split("[/#]", reference)[-1]))):
                return last
        title = self.keywords.get("title")
        return title if isinstance(title, str) else ""

    def parts(self) -> list["Schema"]:
        """All that holds at the same time: this schema, what it refers to, and ``allOf``, down to the last."""
        # ``extends``, one or a list, is draft 3's word for it.
        return _closure([self], lambda one: [*one.targets(), *one.several("allOf"), *one.several("extends")])

    def alternatives(self) -> list[list["Schema"]]:
        """The choices that are written directly in this schema: of each group, one holds (or more, ``anyOf``)."""
        groups = [self.listed(keyword) for keyword in ("anyOf", "oneOf", "type")]
        return [group for group in groups if group]

    def options(self) -> list["Schema"]:
        """This schema first, then each that it refers to or is composed of, at any depth: what may describe a value.

        ``then`` and ``else`` belong to it; ``if`` and ``not`` do not, for a value that they name need not be a good
        one.
        """
        return _closure([self], lambda schema: [*schema.targets(), *schema._composed()])

    def member(self, key: str) -> list["Schema"]:
        """The schemas that describe the member ``key``, a name or a list index, of what this one describes."""
        return distinct(inner for option in self.options() for inner in option.described(key))

    def at(self, pointer: str) -> list["Schema"]:
        """The schemas that describe the value at a JSON Pointer (RFC 6901); none where nothing is said of it."""
        here = [self]
        for token in pointer.split("/")[1:]:
            here = distinct(inner for schema in here for inner in schema.member(unescape(token)))
        return here

    def described(self, key: str) -> Iterator["Schema"]:
        """As :meth:`member`, by the keywords of this schema alone."""
        named = self.inner("properties", key)
        for pattern in self.names("patternProperties"):
            if matches(pattern, key):
                named += self.inner("patternProperties", pattern)
        index = list_index(key)
        if named or index is None:
            yield from named or self.single("additionalProperties") or self.single("unevaluatedProperties")
            return
        for keyword in ("prefixItems", "items"):  # a list under "items" is 2019-09's and before
            listed = self.listed(keyword)
            if index < len(listed):
                yield listed[index]
                return
        rest = "additionalItems" if isinstance(self.keywords.get("items"), list) else "items"
        # An object may have the key "0" too.
        yield from self.single(rest) or self.single("unevaluatedItems") or self.single("additionalProperties")

    def subschemas(self) -> list["Schema"]:
        """This schema, all that stand in it and all that they refer to; what is written first, first."""
        return _closure(
            [self], lambda schema: [*map(schema.within, inner_schemas(schema.contents)), *schema.targets()]
        )

    def within(self, contents: JsonValue) -> "Schema":
        """A schema that stands directly in this one."""
        return Schema(contents, self.document, self.document.enter(contents, self.scope))

    def names(self, keyword: str) -> list[str]:
        """The names in an object of schemas: ``properties``, ``patternProperties``."""
        inner = self.keywords.get(keyword)
        return [name for name, value in inner.items() if is_schema(value)] if isinstance(inner, dict) else []

    def inner(self, keyword: str, name: str) -> list["Schema"]:
        """The schema of that name in the object of schemas under ``keyword``, or none."""
        inner = self.keywords.get(keyword)
        return [self.within(inner[name])] if isinstance(inner, dict) and is_schema(inner.get(name)) else []

    def listed(self, keyword: str) -> list["Schema"]:
        """The schemas in the list under ``keyword``."""
        members = self.keywords.get(keyword)
        return [self.within(member) for member in members if is_schema(member)] if isinstance(members, list) else []

    def single(self, keyword: str) -> list["Schema"]:
        """The one schema under ``keyword``, or none."""
        inner = self.keywords.get(keyword)
        return [self.within(inner)] if is_schema(inner) else []

    def several(self, keyword: str) -> list["Schema"]:
        """The schemas under ``keyword``, be it a list of them or a single one."""
        return self.listed(keyword) or self.single(keyword)

    def _composed(self) -> list["Schema"]:
        listed = [
            member for keyword in ("anyOf", "oneOf", "allOf", "extends", "type") for member in self.listed(keyword)
        ]
        single = [inner for keyword in ("then", "else", "extends") for inner in self.single(keyword)]
        dependent = (self.inner("dependentSchemas", name) for name in self.names("dependentSchemas"))
        return [*listed, *single, *(inner for schemas in dependent for inner in schemas)]

    def _follow(self, keyword: str) -> "Schema | None":
        reference = self.keywords.get(keyword)
        target = self.document.follow(keyword, reference, self.scope) if isinstance(reference, str) else None
        return Schema(target[0], self.document, target[1]) if target is not None else None


def distinct(schemas: Iterable[Schema]) -> list[Schema]:
    """Each schema once, in the order given."""
    return list({id(schema.contents): schema for schema in schemas}.values())


def schema_at(schema: JsonValue, pointer: str) -> dict[str, JsonValue] | None:
    """The subschema that describes the argument at ``pointer``; None if there is none.

    Its own keywords are at the top; ``anyOf`` lists every schema that it refers to or is composed of, itself first,
    and last the null of OpenAPI 3.0's ``nullable``. ``true`` describes nothing, and is none.
    """
    places = [place for place in Schema.of(schema).at(pointer) if isinstance(place.contents, dict)]
    options = distinct(option for place in places for option in place.options() if isinstance(option.contents, dict))
    if not options:
        return None
    listed: list[JsonValue] = [option.contents for option in options]
    nullable = any(option.keywords.get("nullable") is True for option in options)
    return {**places[0].keywords, "anyOf": [*listed, {"type": "null"}] if nullable else listed}


def _closure(start: list[Schema], onward: Callable[[Schema], list[Schema]]) -> list[Schema]:
    """All that can be reached from ``start``, each once, depth first; no recursion, for chains may be long."""
    reached: dict[int, Schema] = {}
    waiting = start[::-1]
    while waiting:
        schema = waiting.pop()
        if id(schema.contents) not in reached:
            reached[id(schema.contents)] = schema
            waiting.extend(reversed(onward(schema)))
    return list(reached.values())
