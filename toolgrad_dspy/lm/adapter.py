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
        self._reminders: weakref.WeakKeyDictionary[type[dspy.Signature], str] = weakref.WeakKeyDictionary()

    def user_message_output_requirements(self, signature: type[dspy.Signature]) -> str:
        known = self._reminders.get(signature)
        if known is None:
            known = self._reminders[signature] = super().user_message_output_requirements(signature)
        return known

    def format_system_message(self, signature: type[dspy.Signature]) -> str:
        known = self._system.get(signature)
        if known is None:
            known = self._system[signature] = super().format_system_message(signature)
        return known

    def format_user_message_content(
        self,
        signature: type[dspy.Signature],
        inputs: dict[str, Any],
        prefix: str = "",
        suffix: str = "",
        main_request: bool = False,
    ) -> str:
        """As DSPy's, which builds a pydantic type adapter for every value; ours are texts, and stand as they are."""
        fields = signature.input_fields
        given = {name: inputs[name] for name in fields if name in inputs}
        if not all(isinstance(value, str) for value in given.values()):
            text: str = super().format_user_message_content(signature, inputs, prefix, suffix, main_request)
            return text
        parts = [prefix, *(f"[[ ## {name} ## ]]\n{value}" for name, value in given.items())]
        if main_request:
            parts.append(self.user_message_output_requirements(signature))
        return "\n\n".join([*parts, suffix]).strip()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_system", "_reminders")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._system = weakref.WeakKeyDictionary()
        self._reminders = weakref.WeakKeyDictionary()


ADAPTER = CachedChatAdapter()
