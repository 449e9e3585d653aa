"""Calls as models propose them. They are read leniently, whatever the adapter, and one that cannot be read says so
itself: it does not spoil the others.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Self

from pydantic import BaseModel, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from toolgrad_dspy.json_text import UnreadableError, read_value, text_of

# No real tool takes arguments nested deeper; a model that repeats itself goes deeper than can be stored.
ARGUMENT_LEVELS = 32

# What models, and their servers' own formats for calls, write for ``tool``, ``arguments`` and ``calls``.
_TOOL = ("tool", "tool_name", "name", "function", "function_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "kwargs")
_CALLS = ("calls", "call", "tool_calls", "tool_call", "function_call")
_INSTRUCTION = ("instruction", "task", "description")


class ProposedCall(BaseModel):
    """One call: the tool's name and its arguments."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    # Private: neither in the JSON schema, nor in a prompt, nor in a demonstration.
    _fault: str = PrivateAttr(default="")

    @property
    def fault(self) -> str:
        """Why the call cannot be made, as one clause; empty for one that can. The other fields then say nothing."""
        return self._fault

    @model_validator(mode="wrap")
    @classmethod
    def _leniently(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, BaseModel):
            return handler(data)
        tool = ""
        try:
            tool, given = _parts(data)
            arguments = _arguments(given)
        except UnreadableError as error:
            unreadable = cls.model_construct(tool=tool, arguments={})
            unreadable._fault = str(error)
            return unreadable
        return handler({"tool": tool, "arguments": arguments})


class ProposedWork(BaseModel):
    """One next piece of work."""

    instruction: str = Field(description="what to do, as one imperative sentence")
    calls: list[ProposedCall] = Field(description="the calls that do it, in order, at most three")
    _fault: str = PrivateAttr(default="")

    @property
    def fault(self) -> str:
        """Why there is nothing to do, as one clause; empty otherwise, even if one of the calls cannot be read."""
        return self._fault

    @model_validator(mode="wrap")
    @classmethod
    def _leniently(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, BaseModel):
            return handler(data)
        calls = _calls(data) if isinstance(data, Mapping) else []
        if not calls:
            unreadable = cls.model_construct(instruction="", calls=[])
            unreadable._fault = "a proposal has to be an object with `instruction` and `calls`"
            return unreadable
        return handler({"instruction": text_of(_first(data, _INSTRUCTION)), "calls": calls})


def _first(data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The value of the first of ``names`` that ``data`` has one for, or None."""
    return next((data[name] for name in names if data.get(name) is not None), None)


def _calls(work: Mapping[str, Any]) -> list[Any]:
    """The calls of a piece of work: a list, one call, or the work itself where it has the keys of a call."""
    calls = _first(work, _CALLS)
    if isinstance(calls, str):
        try:
            calls = read_value(calls, ("ProposedCall",), many=True).data
        except UnreadableError:
            return [calls]
    if calls is None:
        return [work] if _first(work, _TOOL) is not None else []
    return calls if isinstance(calls, list) else [calls]


def _parts(call: Any) -> tuple[str, Any]:
    """The tool's name, and the arguments as they were given. Raises UnreadableError."""
    if not isinstance(call, Mapping):
        raise UnreadableError("a call has to be an object with `tool` and `arguments`")
    # OpenAI's format: {"type": "function", "function": {"name": ..., "arguments": ...}}.
    for name in (*_TOOL, *_CALLS):
        if isinstance(call.get(name), Mapping):
            return _parts(call[name])
    tool = _first(call, _TOOL)
    if not isinstance(tool, str) or not text_of(tool):
        raise UnreadableError("it names no tool")
    return text_of(tool), _first(call, _ARGUMENTS)


def _arguments(given: Any) -> dict[str, Any]:
    """The arguments, from an object, its text, or nothing. Raises UnreadableError."""
    if isinstance(given, str):
        text = given.strip()
        given = read_value(text).data if text and text.lower() not in ("null", "none") else None
    if given is None or given == []:
        return {}
    if not isinstance(given, dict):
        raise UnreadableError("its arguments have to be an object")
    _check(given)
    return given


def _check(arguments: dict[str, Any]) -> None:
    level: list[Any] = [arguments]
    for _ in range(ARGUMENT_LEVELS):
        if any(isinstance(value, float) and not isfinite(value) for value in level):
            raise UnreadableError("its arguments hold a number that JSON has no word for")
        containers = [value for value in level if isinstance(value, (dict, list))]
        level = [item for held in containers for item in (held.values() if isinstance(held, dict) else held)]
    if level:
        raise UnreadableError(f"its arguments are nested more than {ARGUMENT_LEVELS} levels deep")
