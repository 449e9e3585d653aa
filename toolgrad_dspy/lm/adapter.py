"""The adapter that turns signatures into prompts."""

import weakref
from typing import Any, Self

import dspy


class CachedChatAdapter(dspy.ChatAdapter):
    """DSPy's chat format, with each signature's system message built once.

    DSPy rebuilds the JSON schema of every output field on every call, half of a call's time. The fallback to a
    second format is off: one re-ask with the error text is ours to make (``program/ask.py``).
    """

    def __init__(self) -> None:
        super().__init__(use_json_adapter_fallback=False)
        self._system: weakref.WeakKeyDictionary[type[dspy.Signature], str] = weakref.WeakKeyDictionary()

    def format_system_message(self, signature: type[dspy.Signature]) -> str:
        known = self._system.get(signature)
        if known is None:
            known = self._system[signature] = super().format_system_message(signature)
        return known

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_system"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._system = weakref.WeakKeyDictionary()


ADAPTER = CachedChatAdapter()
