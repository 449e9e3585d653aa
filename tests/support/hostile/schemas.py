"""Schemas of tools that are broken, or made to hang or to crash who reads them, by name.

Each is the text of a JSON Schema as a server sends it: JSON as Python has it cannot hold all of it.
"""

import json
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]


def _parameter(schema: Any, **more: Any) -> str:
    """The schema of a tool with one parameter ``a``."""
    return json.dumps({"type": "object", "properties": {"a": schema}, **more})


def _nested(levels: int, wrap: str, inner: str = "{}") -> str:
    """``wrap``, in which ``@`` stands for a schema, so often inside of itself: as text, since no stack is so deep."""
    before, after = wrap.split("@")
    return f'{{"type": "object", "properties": {{"a": {before * levels}{inner}{after * levels}}}}}'


def _shared(levels: int, compose: Callable[[Schema], Schema]) -> str:
    """Definitions each of which refers to the next one more than once."""
    definitions = {f"d{level}": compose({"$ref": f"#/$defs/d{level + 1}"}) for level in range(levels)}
    return _parameter({"$ref": "#/$defs/d0"}, **{"$defs": {**definitions, f"d{levels}": {"type": "integer"}}})


def _clique(size: int, keyword: str) -> str:
    """Definitions each of which refers to all."""
    everyone = [{"$ref": f"#/$defs/d{number}"} for number in range(size)]
    definitions = {f"d{number}": {keyword: everyone, "unevaluatedProperties": False} for number in range(size)}
    return _parameter({"$ref": "#/$defs/d0"}, **{"$defs": definitions})


def _text(pattern: str) -> str:
    return _parameter({"type": "string", "pattern": pattern})


SCHEMAS: dict[str, Callable[[], str]] = {
    # Expressions
    "a catastrophic expression": lambda: _text("^(a+)+$"),
    "one with references back": lambda: _text(r"^(a+)+\1$"),
    "one with assertions": lambda: _text("^(?=a)(a|aa)+(?!b)$"),
    "one that is long when written out": lambda: _text("(?:a|b)*a(?:a|b){5000}c"),
    "one with assertions that is long": lambda: _text("(?=a)[ab]*a[ab]{5000}x"),
    "one too large to compile": lambda: _text("((a{1000}){1000}){1000}"),
    "one of a megabyte": lambda: _text("a" * 1_000_000),
    "ten thousand groups": lambda: _text("(" * 10_000 + "a" + ")" * 10_000),
    "no expression": lambda: _text("(("),
    "no expression for names": lambda: _parameter(
        {"patternProperties": {"[z-a]": {}}, "additionalProperties": False}
    ),
    "Unicode properties": lambda: _text(r"^\p{L}{2,}$"),
    "named groups": lambda: _text(r"^(?<year>\d{4})-(?P<month>\d{2})\Z"),
    "a look behind": lambda: _text(r"(?<=#)[0-9a-f]+$"),
    "an expression for names that never ends": lambda: _parameter(
        {"patternProperties": {"^(a+)+$": {"type": "integer"}}}
    ),
    # References
    "a schema that is itself": lambda: json.dumps({"type": "object", "$ref": "#"}),
    "parameters that are each other": lambda: json.dumps(
        {"type": "object", "properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}}
    ),
    "alternatives of itself": lambda: json.dumps(
        {"type": "object", "anyOf": [{"$ref": "#"}, {"not": {"$ref": "#"}}]}
    ),
    "all of each other": lambda: _shared(40, lambda one: {"allOf": [one, one]}),
    "any of each other, unevaluated": lambda: _shared(
        16, lambda one: {"anyOf": [one, one], "unevaluatedProperties": False}
    ),
    "properties of each other": lambda: _shared(
        60, lambda one: {"properties": {"l": one, "r": one}, "required": ["l", "r"]}
    ),
    "conditions of each other": lambda: _shared(40, lambda one: {"if": one, "then": one, "else": one}),
    "items of each other": lambda: _shared(
        60, lambda one: {"type": "array", "minItems": 2, "items": one, "contains": one}
    ),
    "a clique": lambda: _clique(9, "anyOf"),
    "a clique of all": lambda: _clique(9, "allOf"),
    "a long chain": lambda: _shared(5_000, lambda one: one),
    "a long chain of alternatives": lambda: _shared(5_000, lambda one: {"oneOf": [one]}),
    "a reference to nowhere": lambda: _parameter({"$ref": "#/$defs/None"}),
    "a reference into the net": lambda: _parameter(
        {"$ref": "http://127.0.0.1:9/schema.json#/a", "not": {"$ref": "file:///x"}}
    ),
    "a reference to the metadata of a cloud": lambda: _parameter({"$ref": "http://169.254.169.254/latest/meta-data"}),
    "a reference that is no URI": lambda: _parameter({"$ref": "http://[::bad"}),
    "a reference that is a number": lambda: _parameter({"$ref": 5}),
    "a reference into an enumeration": lambda: _parameter(
        {"$ref": "#/properties/a/enum/0", "enum": [{"type": "string"}]}
    ),
    "identifiers that deceive": lambda: _parameter(
        {"$id": "http://example.org/x", "$ref": "#/$defs/A"},
        **{"$id": "http://example.org/y", "$defs": {"A": {"$id": "x", "$ref": "y"}, "B": {"$id": "x"}}},
    ),
    "identifiers that are no URIs": lambda: _parameter(
        {"$id": "http://[", "type": "string"}, **{"$id": "My tool #1"}
    ),
    "anchors that are there twice": lambda: _parameter(
        {"$ref": "#a"}, **{"$defs": {"x": {"$anchor": "a", "const": 1}, "y": {"$anchor": "a", "const": 2}}}
    ),
    "a dynamic circle": lambda: json.dumps(
        {"type": "object", "$dynamicAnchor": "a", "properties": {"a": {"$dynamicRef": "#a"}}}
    ),
    "a recursive circle": lambda: json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "type": "object",
            "$recursiveAnchor": True,
            "allOf": [{"$recursiveRef": "#"}],
            "unevaluatedProperties": {"$recursiveRef": "#"},
        }
    ),
    # Sizes
    "a hundred and fifty levels": lambda: _nested(70, '{"items": @}'),
    "levels of objects": lambda: _nested(60, '{"properties": {"a": @}, "required": ["a"]}'),
    "levels of negations": lambda: _nested(49, '{"not": @}'),
    "ten thousand levels": lambda: _nested(10_000, '{"items": @}'),
    "a hundred thousand properties": lambda: json.dumps(
        {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(100_000)}}
    ),
    "a thousand required ones": lambda: json.dumps(
        {"type": "object", "required": [f"p{number}" for number in range(1_000)]}
    ),
    "a huge enumeration": lambda: _parameter({"enum": [f"v{number}" for number in range(100_000)]}),
    "an enumeration of objects": lambda: _parameter({"enum": [{"v": number} for number in range(20_000)]}),
    "twenty thousand alternatives": lambda: _parameter(
        {"oneOf": [{"const": {"v": number}} for number in range(20_000)]}
    ),
    "a constant of five megabytes": lambda: _parameter({"const": "x" * 5_000_000}),
    "a description of a megabyte": lambda: _parameter({"type": "string", "description": "word " * 200_000}),
    # Numbers
    "multiples of nothing": lambda: _parameter({"type": "integer", "multipleOf": 0}),
    "multiples of next to nothing": lambda: _parameter({"type": "number", "multipleOf": 1e-300, "minimum": 1e300}),
    "a number of four hundred digits": lambda: _parameter(
        {"type": "integer", "minimum": 10**400, "maxLength": 10**400}
    ),
    "a length below nothing": lambda: _parameter({"type": "string", "minLength": -1}),
    "numbers that JSON does not know": lambda: _parameter(
        {"minimum": float("-inf"), "maximum": float("inf"), "minLength": 1e400}
    ),
    "a bound that is none": lambda: _parameter({"type": "number", "maximum": float("nan"), "default": float("nan")}),
    "many to be contained": lambda: _parameter(
        {"contains": {"type": "integer"}, "minContains": 10**18, "minItems": 10**18}
    ),
    # Words that stand in the wrong place
    "a type that is a number": lambda: _parameter({"type": 5}),
    "no type at all": lambda: _parameter({"type": []}),
    "a type that is none": lambda: _parameter({"type": ["string", "datetime"]}),
    "a requirement that is a text": lambda: json.dumps({"type": "object", "required": "a"}),
    "properties in a list": lambda: json.dumps({"type": "object", "properties": [{"name": "a"}]}),
    "properties that are texts": lambda: json.dumps(
        {"type": "object", "properties": {"a": "string", "b": None, "c": 5}}
    ),
    "truth values for schemas": lambda: json.dumps(
        {"type": "object", "properties": {"a": True, "b": False}, "required": ["b"], "items": True}
    ),
    "a schema of texts": lambda: json.dumps({"type": "string", "minLength": 3}),
    "nothing is valid": lambda: json.dumps({"type": "object", "not": {}}),
    "items in a list": lambda: _parameter({"items": [{"type": "string"}], "additionalItems": False}),
    "a default that does not fit": lambda: _parameter({"type": "integer", "default": {"x": []}, "examples": "none"}),
    "descriptions that are none": lambda: _parameter(
        {"title": 5, "description": ["x"], "deprecated": "yes", "enum": []}
    ),
    "formats that are none": lambda: _parameter(
        {"type": "string", "format": "\u0000\u001b[31m", "contentEncoding": 5}
    ),
    "unevaluated in a circle": lambda: json.dumps(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#"}},
            "anyOf": [{"$ref": "#/$defs/t"}],
            "unevaluatedProperties": {"$ref": "#"},
            "$defs": {"t": {"dependentSchemas": {"a": {"$ref": "#"}}}},
        }
    ),
    # Dialects
    "an unknown dialect": lambda: _parameter({"type": "string"}, **{"$schema": "https://example.org/dialect/v7"}),
    "a dialect that is no URI": lambda: _parameter({"type": "string"}, **{"$schema": "http://["}),
    "a dialect that is a number": lambda: _parameter({"type": "string"}, **{"$schema": 7}),
    "draft 3": lambda: _parameter(
        {"type": [{"$ref": "#"}, "any"], "required": True, "disallow": ["null"], "extends": {"divisibleBy": 0.1}},
        **{"$schema": "http://json-schema.org/draft-03/schema#"},
    ),
    "a dialect within": lambda: _parameter(
        {"$id": "a", "$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1}
    ),
    # Names
    "names that deceive": lambda: json.dumps(
        {
            "type": "object",
            "properties": {
                "": {},
                "__proto__": {"type": "integer"},
                "constructor": {},
                "$ref": {"type": "string"},
                "a/b~c": {},
                "%25": {},
                "\u202egnp": {},
                "\u001b[2J": {},
                "é": {},
                "e\u0301": {},
            },
            "required": ["", "__proto__", "$ref"],
        }
    ),
    "lone surrogates": lambda: (
        '{"type": "object", "properties": {"\\ud800": {"const": "\\udfff", "pattern": "\\ud834"}}}'
    ),
    "names that are there twice": lambda: (
        '{"type": "object", "type": "array", "properties": {"a": {}, "a": {"type": 5}}}'
    ),
}
