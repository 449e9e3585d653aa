"""What earlier calls were given: a value that a result only repeats is not the result's."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.earlier import EarlierResult
from toolgrad_dspy.provenance.origins.kinds import Kind, by_chance, needs_kind, same_kind
from toolgrad_dspy.provenance.origins.moments import clock_of, day_of
from toolgrad_dspy.provenance.origins.offered import equal_as_json
from toolgrad_dspy.records import Origin

_INTEGER = re.compile(r"-?[1-9]\d{0,17}|0")
# Schema origins that no value goes with.
_NO_VALUE = ("null", "empty")


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the call of ``step`` was given, with its kind and its origin."""

    step: str
    value: JsonValue
    kind: Kind
    origin: Origin


class GivenArguments:
    """The arguments of the calls that gave ``earlier``, by their values."""

    def __init__(self, earlier: Sequence[EarlierResult]) -> None:
        self._by_value: dict[str, list[Given]] = {}
        for result in earlier:
            for kind, value, origin in result.given():
                if origin.match not in _NO_VALUE and not isinstance(value, (dict, list)):
                    self._by_value.setdefault(_form(value), []).append(Given(result.step, value, kind, origin))

    def stated(self, value: JsonValue, kinds: Iterable[Kind], step: str) -> Origin | None:
        """The origin of an argument by which the user, or a schema's choice, has brought ``value`` in; None if there
        is none.

        ``kinds`` are what the value is called where it is used and where it was read, in the result of ``step``: an
        undistinctive one has to be of one of them, but for a word that the call of ``step`` itself was given.
        """
        listed = tuple(kinds)
        for given in self._by_value.get(_form(value), ()):
            doubtful = needs_kind(given.value) if given.step == step else by_chance(given.value)
            if given.origin.kind in ("user", "schema") and (
                not doubtful or any(same_kind(given.kind, kind) for kind in listed)
            ):
                return given.origin
        return None

    def passed_on(self, step: str, value: JsonValue, kind: Kind) -> Origin | None:
        """The origin of an argument of ``step`` itself that came from a result before it, if ``value``, which the
        result of ``step`` has under ``kind``, is only that argument again.
        """
        for given in self._by_value.get(_form(value), ()):
            if (
                given.step == step
                and given.origin.kind == "result"
                and equal_as_json(given.value, value)
                and (not by_chance(value) or same_kind(given.kind, kind))
            ):
                return given.origin
        return None


def _form(value: JsonValue) -> str:
    """One form for a value and for how it may be written again: ``1`` and ``1.0``, ``Paris`` and ``PARIS``, a day or
    a time in any form.
    """
    if isinstance(value, bool) or value is None:
        return f"{value!r}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return hex(int(value))
    if (day := day_of(value)) or clock_of(value):
        return f"{day} {clock_of(value)}"
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return hex(int(value))
    # Python writes no int of thousands of digits but in hexadecimal.
    return value.casefold() if isinstance(value, str) else hex(value) if isinstance(value, int) else f"{value!r}"
