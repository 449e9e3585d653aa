"""The adapters that turn signatures into prompts, and answers into fields.

They are DSPy's chat and JSON formats, with two changes. The fixed part of a prompt comes first and is the same to the
byte in every call, because providers bill the repeated beginning of a prompt at a fraction (``docs/models.md``). And
nothing is built twice: DSPy makes the JSON schema of every output field on every call, half of the time of a call.
"""

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Self

import dspy
from pydantic import BaseModel, ConfigDict, create_model

from toolgrad_dspy.json_schema import Refusal, is_closed
from toolgrad_dspy.lm.schemas import FIXED, SchemaPolicy, answer_schema, held

Signature = type[dspy.Signature]
AdapterName = Literal["chat", "json"]


def described_as(signature: Signature, base: Signature) -> Signature:
    """``signature`` itself, marked so that the system message describes ``base`` instead.

    A signature derived for one call (``Literal`` choices, a field for a complaint) must not change the fixed part of
    the prompt. What is particular to the call is said at the end of the prompt, and holds when the answer is parsed.
    """
    signature.described = description(base)
    return signature


def description(signature: Signature) -> Signature:
    """The signature that the system message describes for ``signature``: itself, unless it was marked."""
    described: Signature = signature.__dict__.get("described", signature)
    return described


# The mixin below is no adapter for DSPy: DSPy wraps the methods of each of its subclasses, so a common base class
# would hide the methods of the format behind its own. For the type checker its methods come from whatever it is
# mixed into.
_AnyFormat: Any = object


class _CachedPrompts(_AnyFormat):
    """What both formats share: each text is built once per signature, and inputs that are texts stay as they are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._forget()

    def _forget(self) -> None:
        self._system: weakref.WeakKeyDictionary[Signature, str] = weakref.WeakKeyDictionary()
        self._reminders: weakref.WeakKeyDictionary[Signature, str] = weakref.WeakKeyDictionary()

    def user_message_output_requirements(self, signature: Signature) -> str:
        reminder = self._reminders.get(signature)
        if reminder is None:
            reminder = self._reminders[signature] = super().user_message_output_requirements(signature)
        return reminder

    def format_system_message(self, signature: Signature) -> str:
        described = description(signature)
        message = self._system.get(described)
        if message is None:
            message = self._system[described] = super().format_system_message(described)
        return message

    def format_demos(self, signature: Signature, demos: list[dict[str, Any]]) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = super().format_demos(description(signature), demos)
        return messages

    def format_user_message_content(
        self,
        signature: Signature,
        inputs: dict[str, Any],
        prefix: str = "",
        suffix: str = "",
        main_request: bool = False,
    ) -> str:
        """The same text as DSPy's, which builds a pydantic type adapter for every value; ours are mostly strings."""
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
        return self  # copies of a program share the texts

    # Sent between processes without the texts: weak references cannot be pickled, and the texts are built anew.
    def __getstate__(self) -> dict[str, Any]:
        return {
            key: value for key, value in self.__dict__.items() if not isinstance(value, weakref.WeakKeyDictionary)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()


class FixedChatAdapter(_CachedPrompts, dspy.ChatAdapter):
    """DSPy's chat format, without its second attempt in JSON: ``ask.py`` re-asks, with the error text."""

    def __init__(self) -> None:
        super().__init__(use_json_adapter_fallback=False)


class FixedJsonAdapter(_CachedPrompts, dspy.JSONAdapter):
    """DSPy's JSON format, enforced by the provider as far as the model allows.

    That is the schema of the call at hand (``schemas/holding.py``) where ``policy`` sends it and the server takes it,
    else the fixed schema of the described signature where the model takes one and it is closed, else JSON mode, else
    words alone. Providers take seconds to compile each new schema, and count it as a part of the fixed beginning of
    the prompt.
    """

    def __init__(self, policy: SchemaPolicy = FIXED) -> None:
        super().__init__(use_native_function_calling=False)
        self._policy = policy

    def _forget(self) -> None:
        super()._forget()
        self._schemas: weakref.WeakKeyDictionary[Signature, tuple[type[BaseModel], bool]] = (
            weakref.WeakKeyDictionary()
        )

    def _prepare_response_format(self, lm: dspy.LM, lm_kwargs: dict[str, Any], signature: Signature) -> None:
        """DSPy's hook: choose before the call what ``response_format`` is."""
        described = description(signature)
        schema = self._schema(described) if lm.supports_response_schema else None
        if schema is not None:
            lm_kwargs["response_format"] = schema
        elif "response_format" in lm.supported_params:
            lm_kwargs["response_format"] = {"type": "json_object"}

    def _schema(self, signature: Signature) -> type[BaseModel] | dict[str, Any] | None:
        """The schema that an answer is held to, as DSPy takes it, or None."""
        at_hand = held()
        if at_hand is not None and self._policy.applies(at_hand):
            written = answer_schema(signature, at_hand.fields, self._policy.dialect)
            if not isinstance(written, Refusal):
                named = {"name": "answer", "schema": written, "strict": True}
                return {"type": "json_schema", "json_schema": named}
        answer, closed = self._fixed(signature)
        # A strict schema cannot leave the properties of an object open.
        return answer if closed and self._policy.fixed else None

    def _fixed(self, signature: Signature) -> tuple[type[BaseModel], bool]:
        """The answer's model, and whether every object in its schema names its properties."""
        known = self._schemas.get(signature)
        if known is None:
            fields: dict[str, Any] = {
                name: (field.annotation, ...) for name, field in signature.output_fields.items()
            }
            answer = create_model("Answer", __config__=ConfigDict(extra="forbid"), **fields)
            known = self._schemas[signature] = answer, is_closed(answer.model_json_schema())
        return known


@contextmanager
def using_adapter(adapter: dspy.Adapter) -> Iterator[None]:
    """Calls inside use ``adapter``. DSPy's context is entered only if that changes something: entering it is slow."""
    if dspy.settings.adapter is adapter:
        yield
        return
    with dspy.context(adapter=adapter):
        yield


ADAPTERS: Mapping[AdapterName, dspy.Adapter] = {"chat": FixedChatAdapter(), "json": FixedJsonAdapter()}
ADAPTER = ADAPTERS["chat"]


@contextmanager
def lean() -> Iterator[None]:
    """DSPy's settings for generation: our adapter, and neither history nor trace, which grow with every call."""
    with dspy.context(adapter=ADAPTER, disable_history=True, trace=None, max_trace_size=0):
        yield
