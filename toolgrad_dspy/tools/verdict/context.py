"""What is known of a result besides itself: the call that gave it, and what else the tool gives."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.records import ToolCall, leaves
from toolgrad_dspy.tools.verdict.envelope import is_wrapper, plain
from toolgrad_dspy.tools.verdict.parsing import data_in

# Words in a name: ``cancelBooking``, ``cancel_booking``, ``cancel-booking``.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# "cancel" and "cancelled", "book" and "booking": equal so far. Three letters would find "get" in "gets".
_STEM = 4
# Results that are looked at, of those that the tool gave before.
_OTHERS = 8


@dataclass(frozen=True, slots=True)
class Context:
    """What a verdict is made with besides the result.

    ``returns`` is the tool's declared output schema (:attr:`Tool.returns`), ``writes`` whether a call may change
    state (:attr:`Tool.writes`), ``call`` the call that was made; ``others`` are results of the same tool that did not
    fail, as :attr:`Observation.value` has them. All may be unknown.

    >>> context = Context(call=ToolCall(tool="cancel_booking"), others=({"booking": 4, "state": "cancelled"},))
    >>> context.gives_data, context.speaks_of("cancelled"), context.speaks_of("exchanged")
    (True, True, False)
    """

    returns: Mapping[str, JsonValue] | None = None
    call: ToolCall | None = None
    writes: bool = False
    others: Sequence[JsonValue] = ()

    @property
    def declared(self) -> frozenset[str]:
        """The plain names of the properties that the output schema declares."""
        return frozenset(map(plain, self._properties))

    @property
    def gives_data(self) -> bool:
        """Whether the tool's results are objects or lists, so that a sentence in place of one is none of them."""
        if self.others:
            return all(isinstance(_data(other), Mapping | list | tuple) for other in self.others[-_OTHERS:])
        return self.declares_data

    @property
    def declares_data(self) -> bool:
        """Whether the output schema is that of an object or a list, in place of which a text is a breach of it."""
        if self.returns is None:
            return False
        # MCP servers declare {"result": string} for a tool that gives a text.
        only_text = all(is_wrapper(plain(name)) and _is_text(inner) for name, inner in self._properties.items())
        return self.returns.get("type") == "array" or (bool(self._properties) and not only_text)

    def speaks_of(self, verb: str) -> bool:
        """Whether the tool's name has ``verb``, in whichever form: what the call was to do."""
        return any(word[:_STEM] == verb[:_STEM].lower() for word in self.words if len(word) >= _STEM)

    @property
    def words(self) -> frozenset[str]:
        """The words of the tool's name, in lower case."""
        return frozenset(word.lower() for word in _WORD.findall(self.call.tool)) if self.call else frozenset()

    def echoes(self, text: str) -> bool:
        """Whether ``text`` is what the call was given: ``echo("Permission denied")`` is no refusal."""
        if self.call is None:
            return False
        return any(isinstance(value, str) and text in value for _, value in leaves(self.call.arguments))

    @property
    def _properties(self) -> Mapping[str, JsonValue]:
        properties = self.returns.get("properties") if self.returns else None
        return properties if isinstance(properties, dict) else {}


def _data(other: JsonValue) -> object:
    return data_in(other) if isinstance(other, str) else other


def _is_text(schema: JsonValue) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "string"


NO_CONTEXT = Context()
