"""Servers that write a grammar from a schema: llama.cpp, Ollama (the same code), vLLM (xgrammar).

Source: llama.cpp's common/json-schema-to-grammar.cpp and grammars/README.md, build 11434; vLLM's
v1/structured_output/backend_xgrammar.py, which refuses a schema with ``multipleOf``, ``uniqueItems``, ``contains``,
``patternProperties``, ``propertyNames`` or an unknown format. Nothing is refused: what a server cannot hold an answer
to is left out. Lengths and repetitions are written out place by place, so long ones are left out, too.
"""

from toolgrad_dspy.json_schema.dialects.base import Node, with_definitions, with_inner
from toolgrad_dspy.json_schema.dialects.texts import LONGEST_REPEAT, portable_pattern
from toolgrad_dspy.json_schema.plain import JsonSchema

# Characters of a text. llama.cpp refuses a grammar in which one repetition stands for more than 2,000.
LONGEST_TEXT = 512

# Of a plain address: no grammar of llama.cpp's knows the format, and models like to write "email" for one.
_EMAIL = "^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$"
_FORMATS = frozenset(("date", "time", "date-time", "uuid"))
_BIGGEST = 2**53


def to_grammar(document: JsonSchema) -> JsonSchema:
    return with_definitions(document, _held)


def _held(node: Node, place: str) -> Node:
    held = with_inner(node, place, _held)
    match node.get("type"):
        case "string" if "enum" not in node and "const" not in node:
            return _text(node)
        case "integer" if "enum" not in node:
            return {"type": "integer", **_range(node)}
        case "number" if "enum" not in node:
            return {"type": "number"}
        case "array":
            bounds = _counts(node, "minItems", "maxItems", LONGEST_REPEAT)
            # llama.cpp reads the places only where there are no other items.
            places = "prefixItems" if "prefixItems" in held else "items"
            return {"type": "array", places: held[places], **bounds}
    return held


def _text(node: Node) -> Node:
    """The expression, else the format, else the length: only one is held to. Of a date the format says more."""
    pattern = portable_pattern(node.get("pattern", ""))
    if pattern and node.get("format") != "date":
        return {"type": "string", "pattern": pattern}
    if node.get("format") == "email":
        return {"type": "string", "pattern": _EMAIL}
    if node.get("format") in _FORMATS:
        return {"type": "string", "format": node["format"]}
    return {"type": "string", **_counts(node, "minLength", "maxLength", LONGEST_TEXT)}


def _counts(node: Node, least: str, most: str, longest: int) -> Node:
    """The bounds of a count that are not beyond ``longest``; none that contradict one another."""
    low, high = max(0, node.get(least, 0)), node.get(most, longest + 1)
    if low > high or high < 0:
        return {}
    bounds = {least: low} if 0 < low <= longest else {}
    return {**bounds, most: high} if high <= longest else bounds


def _range(node: Node) -> Node:
    """The bounds of whole numbers as whole numbers that every parser of JSON reads exactly."""
    low = max((_up(node[k], k) for k in ("minimum", "exclusiveMinimum") if k in node), default=None)
    high = min((_down(node[k], k) for k in ("maximum", "exclusiveMaximum") if k in node), default=None)
    if low is not None and high is not None and low > high:
        return {}
    bounds = {"minimum": low, "maximum": high}
    return {name: bound for name, bound in bounds.items() if bound is not None and abs(bound) < _BIGGEST}


def _up(bound: float, keyword: str) -> int:
    whole = -int(-bound // 1)
    return whole + (keyword == "exclusiveMinimum" and whole == bound)


def _down(bound: float, keyword: str) -> int:
    whole = int(bound // 1)
    return whole - (keyword == "exclusiveMaximum" and whole == bound)
