"""Random ids and times of a sample beside those that another tool session has in their place."""

import json
import re
from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import JsonValue

from toolgrad_dspy.provenance.volatile import Scalar
from toolgrad_dspy.records import Observation, ToolCall, names_id

# Pairs that are kept, the first ones; a shorter text, or a smaller number, stands in too many places by chance.
MOST = 500
LEAST_CHARS = 4
LEAST_NUMBER = 1000
# A number from here on may be seconds since 1970, and is translated wherever it stands.
MOMENT = 1e9

T = TypeVar("T", bound=JsonValue)


class Aliases:
    """Values that a session gave in place of the sample's, translated both ways.

    A session on which the steps of a sample are repeated has ids of its own where a tool draws them at random. With
    them in place of the sample's, a later call is about the same thing; what it gives is read with the sample's.
    Texts are translated wherever they stand as whole words, numbers where the key names an id or they are moments.
    """

    def __init__(self) -> None:
        self._to_own: dict[Scalar, Scalar] = {}
        self._to_sample: dict[Scalar, Scalar] = {}

    def learn(self, values: Mapping[Scalar, Scalar]) -> None:
        """``values`` of the sample, each with the one that this session has in its place."""
        for value, own in values.items():
            if len(self._to_own) < MOST and _telling(value) and _telling(own):
                self._to_own.setdefault(value, own)
                self._to_sample.setdefault(own, value)

    def outgoing(self, call: ToolCall) -> ToolCall:
        """The call of the sample as it has to be sent on this session."""
        if not self._to_own:
            return call
        return call.model_copy(update={"arguments": _translated(call.arguments, self._to_own)})

    def incoming(self, observation: Observation) -> Observation:
        """What this session gave, with the sample's values."""
        if not self._to_sample:
            return observation
        if observation.content is None and not isinstance(value := observation.value, str):
            translated = _translated(value, self._to_sample)
            text = observation.text if translated == value else json.dumps(translated, ensure_ascii=False)
            return observation.model_copy(update={"text": text})
        content, text = observation.content, _translated(observation.text, self._to_sample)
        return observation.model_copy(update={"content": _translated(content, self._to_sample), "text": text})


def _telling(value: Scalar) -> bool:
    return len(value) >= LEAST_CHARS if isinstance(value, str) else abs(value) >= LEAST_NUMBER


def _translated(value: T, table: Mapping[Scalar, Scalar]) -> T:
    texts = sorted((text for text in table if isinstance(text, str)), key=len, reverse=True)
    pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, texts))})(?![0-9A-Za-z])") if texts else None

    def text_of(text: str) -> str:
        return pattern.sub(lambda found: str(table[found.group()]), text) if pattern else text

    def walk(here: JsonValue, key: str) -> JsonValue:
        if isinstance(here, dict):
            return {text_of(name): walk(item, name) for name, item in here.items()}
        if isinstance(here, list):
            return [walk(item, key) for item in here]
        if isinstance(here, str):
            return text_of(here)
        if isinstance(here, bool) or not isinstance(here, int | float):
            return here
        return table.get(here, here) if names_id(key) or abs(here) >= MOMENT else here

    return cast(T, walk(value, ""))
