"""Python text as models write it in place of JSON, read without evaluating anything."""

import ast
import warnings
from collections.abc import Collection
from typing import Any

from toolgrad_dspy.json_text.extent import UnreadableError
from toolgrad_dspy.json_text.visible import whole_characters

# The words of JSON and JavaScript beside Python's own.
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "nan": float("nan"),
    "Infinity": float("inf"),
    "inf": float("inf"),
}


def python_value(text: str, constructors: Collection[str] = ()) -> Any:
    """The value that ``text`` stands for: literals, and objects written as calls of their class.

    ``constructors`` are the names of the classes that may be written so: ``Call(tool="f")`` is
    ``{"tool": "f"}``. Raises UnreadableError for anything else, among it everything that would have to be computed.

    >>> python_value("[Call(tool='f', arguments={'deep': None,})]", ["Call"])
    [{'tool': 'f', 'arguments': {'deep': None}}]
    """
    try:
        with warnings.catch_warnings():  # about escapes such as "\/", which JSON has
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval")
        return _value(tree.body, frozenset({"dict", *constructors}))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last two are nested too deeply
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("it is neither JSON nor a Python literal") from None


def _value(node: ast.expr, constructors: frozenset[str]) -> Any:
    match node:
        case ast.Constant(value=str() as text):
            return whole_characters(text)[0]  # JSON writes one character as two escapes, which Python keeps apart
        case ast.Constant(value=None | bool() | int() | float() as value):
            return value
        case ast.Name(id=word) if word in _WORDS:
            return _WORDS[word]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _value(operand, constructors)
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                return -number if isinstance(sign, ast.USub) else number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, constructors) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {
                _key(key, constructors): _value(value, constructors) for key, value in zip(keys, values, strict=True)
            }
        case ast.Call(func=called, args=[], keywords=keywords) if _name(called) in constructors:
            return {_word(keyword): _value(keyword.value, constructors) for keyword in keywords}
    raise UnreadableError("it holds Python that is no literal")


def _key(node: ast.expr | None, constructors: frozenset[str]) -> str:
    key = None if node is None else _value(node, constructors)
    if not isinstance(key, str):
        raise UnreadableError("it has a key that is no text")
    return key


def _word(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise UnreadableError("it holds Python that is no literal")
    return keyword.arg


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
