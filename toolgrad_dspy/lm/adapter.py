"""The adapters that turn signatures into prompts, and answers into fields.

They are DSPy's chat and JSON formats, with three changes. The fixed part of a prompt comes first and is the same to
the byte in every call, because providers bill the repeated beginning of a prompt at a fraction (``docs/models.md``).
Nothing is built twice: DSPy makes the JSON schema of every output field on every call, half of the time of a call.
And an answer is read for what it means (``reading/``), and asked for once more when it cannot be used.
"""

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, Self

import dspy
from dspy.clients.call_context import StreamProgress, adapter_fallback_scope
from pydantic import BaseModel, ConfigDict, create_model

from toolgrad_dspy.json_schema import Refusal, is_closed
from toolgrad_dspy.lm.answer_faults import REFUSAL, asking, note_fault, this_asking
from toolgrad_dspy.lm.answer_form import chat_form, chat_reminder, json_form, json_reminder
from toolgrad_dspy.lm.reading import THOUGHT_TOO_LONG, Fault, read_answer
from toolgrad_dspy.lm.reasking import Message, UnusableAnswerError, asking_again, with_first_answer
from toolgrad_dspy.lm.schemas import FIXED, SchemaPolicy, answer_schema, held

Signature = type[dspy.Signature]
AdapterName = Literal["chat", "json"]


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
        # With the instructions: a signature's can be set anew, as dspy.InferRules does.
        self._system: weakref.WeakKeyDictionary[Signature, tuple[str, str]] = weakref.WeakKeyDictionary()
        self._reminders: weakref.WeakKeyDictionary[Signature, str] = weakref.WeakKeyDictionary()

    def user_message_output_requirements(self, signature: Signature) -> str:
        reminder = self._reminders.get(signature)
        if reminder is None:
            reminder = self._reminders[signature] = self._reminder(signature)
        return reminder

    def format_task_description(self, signature: Signature) -> str:
        # As DSPy's, without its indentation.
        return f"In adhering to this structure, your objective is:\n{signature.instructions}"

    def format_field_structure(self, signature: Signature) -> str:
        form: str = self._form(signature)
        return form

    def format_system_message(self, signature: Signature) -> str:
        instructions, message = self._system.get(signature, (None, ""))
        if instructions != signature.instructions:
            message = super().format_system_message(signature)
            self._system[signature] = signature.instructions, message
        return message

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


@contextmanager
def _first_asking(lm: Any) -> Iterator[list[UnusableAnswerError]]:
    """Gets the error of an answer that cannot be used, and may be asked for again; any other passes."""
    failed: list[UnusableAnswerError] = []
    with adapter_fallback_scope() as progress, asking(1, _role(lm)):
        try:
            yield failed
        except UnusableAnswerError as error:
            if not error.again or _is_read_along(progress, lm):
                raise
            failed.append(error)


@contextmanager
def _second_asking(lm: Any, failed: list[UnusableAnswerError]) -> Iterator[None]:
    with asking_again(failed[0]), asking(2, _role(lm)):
        yield


class _LenientAnswers(_AnyFormat):
    """What both formats share: answers are read leniently, and asked for once more when they cannot be used.

    A call may return fewer completions than ``n``: those that can be used. Raises UnusableAnswerError when the second
    asking brings none either.
    """

    def __call__(
        self,
        lm: Any,
        lm_kwargs: dict[str, Any],
        signature: Signature,
        demos: list[dict[str, Any]],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]]
        with _first_asking(lm) as failed:
            answers = super().__call__(lm, lm_kwargs, signature, demos, inputs)
        if failed:
            with _second_asking(lm, failed):
                answers = super().__call__(lm, lm_kwargs, signature, demos, inputs)
        return answers

    async def acall(
        self,
        lm: Any,
        lm_kwargs: dict[str, Any],
        signature: Signature,
        demos: list[dict[str, Any]],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]]
        with _first_asking(lm) as failed:
            answers = await super().acall(lm, lm_kwargs, signature, demos, inputs)
        if failed:
            with _second_asking(lm, failed):
                answers = await super().acall(lm, lm_kwargs, signature, demos, inputs)
        return answers

    def format(self, signature: Signature, demos: list[dict[str, Any]], inputs: dict[str, Any]) -> list[Message]:
        messages: list[Message] = super().format(signature, demos, inputs)
        return with_first_answer(messages, self.user_message_output_requirements(signature))

    def _call_postprocess(
        self, processed: Signature, original: Signature, outputs: list[Any], lm: Any, lm_kwargs: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """DSPy's hook: the fields of each completion that can be used."""
        values: list[dict[str, Any]] = []
        unusable: list[UnusableAnswerError] = []
        for output in outputs:
            try:
                given = [self._with_text(original, output)]
                values += super()._call_postprocess(processed, original, given, lm, lm_kwargs)
            except UnusableAnswerError as error:
                note_fault(error.fault)
                unusable.append(error)
        if unusable and not values:
            raise unusable[0]
        return values

    def _with_text(self, signature: Signature, output: Any) -> Any:
        """A completion with its text: some servers put the whole answer where the thoughts belong."""
        fields = output if isinstance(output, dict) else {"text": output}
        if (fields.get("text") or "").strip() or fields.get("tool_calls"):
            return output
        thoughts = fields.get("reasoning_content") or ""
        if thoughts and _is_cut_off():
            raise self._unusable(signature, THOUGHT_TOO_LONG)
        if not thoughts.strip():
            raise self._unusable(signature, Fault("empty", "it was empty"))
        return {**fields, "text": thoughts}

    def parse(self, signature: Signature, completion: str) -> dict[str, Any]:
        reading = read_answer(signature, completion, cut=_is_cut_off())
        for fault in reading.faults:
            note_fault(fault)
        if reading.problem is not None:
            raise self._unusable(signature, reading.problem, reading.shown, reading.fields)
        return reading.fields

    def _unusable(
        self, signature: Signature, fault: Fault, shown: str = "", fields: dict[str, Any] | None = None
    ) -> UnusableAnswerError:
        # A limit that was too small for the thoughts is too small for them the next time, too.
        again = fault is not THOUGHT_TOO_LONG
        return UnusableAnswerError(type(self).__name__, signature, _by_ending(fault), shown, fields or {}, again)


def _role(lm: Any) -> str:
    """The role of one of our models; empty for any other."""
    return getattr(getattr(lm, "engine", None), "role", "")


def _is_read_along(progress: StreamProgress, lm: Any) -> bool:
    """Whether a user's listener has shown the answer: what was seen cannot be taken back.

    Of an answer in one piece, as our models give it, DSPy's listeners show nothing.
    """
    return bool(progress.emitted and dspy.settings.stream_listeners and not _role(lm))


def _is_cut_off() -> bool:
    """Whether a server cut an answer to this question off at the token limit."""
    return "length" in this_asking().endings


def _by_ending(fault: Fault) -> Fault:
    """``fault``, or why the answer has it, as far as the server says so."""
    endings = this_asking().endings
    if "content_filter" in endings:
        return Fault("content_filter", "the provider's content filter stopped it", fault.place)
    if REFUSAL in endings:
        return Fault("refused", "the model refused to answer", fault.place)
    if "length" in endings and fault.kind in ("cut", "empty"):
        return replace(fault, problem=f"{fault.problem}; the token limit ended it, raise TOOLGRAD_MAX_TOKENS")
    return fault


class FixedChatAdapter(_LenientAnswers, _CachedPrompts, dspy.ChatAdapter):
    """DSPy's chat format, without its second attempt in JSON."""

    def __init__(self) -> None:
        super().__init__(use_json_adapter_fallback=False)

    _form = staticmethod(chat_form)
    _reminder = staticmethod(chat_reminder)


class FixedJsonAdapter(_LenientAnswers, _CachedPrompts, dspy.JSONAdapter):
    """DSPy's JSON format, enforced by the provider as far as the model allows.

    That is the schema of the call at hand (``schemas/holding.py``) where ``policy`` sends it and the server takes it,
    else the fixed schema of the signature where the model takes one and it is closed, else JSON mode, else
    words alone. Providers take seconds to compile each new schema, and count it as a part of the fixed beginning of
    the prompt.
    """

    def __init__(self, policy: SchemaPolicy = FIXED) -> None:
        super().__init__(use_native_function_calling=False)
        self.policy = policy

    _form = staticmethod(json_form)
    _reminder = staticmethod(json_reminder)

    def _forget(self) -> None:
        super()._forget()
        self._schemas: weakref.WeakKeyDictionary[Signature, tuple[type[BaseModel], bool]] = (
            weakref.WeakKeyDictionary()
        )

    def _prepare_response_format(self, lm: dspy.LM, lm_kwargs: dict[str, Any], signature: Signature) -> None:
        """DSPy's hook: choose before the call what ``response_format`` is."""
        schema = self._schema(signature) if lm.supports_response_schema else None
        if schema is not None:
            lm_kwargs["response_format"] = schema
        elif "response_format" in lm.supported_params:
            lm_kwargs["response_format"] = {"type": "json_object"}

    def _schema(self, signature: Signature) -> type[BaseModel] | dict[str, Any] | None:
        """The schema that an answer is held to, as DSPy takes it, or None."""
        make = self.policy.chosen(held())
        if make is not None:
            written = answer_schema(signature, make(), self.policy.dialect)
            if not isinstance(written, Refusal):
                named = {"name": "answer", "schema": written, "strict": True}
                return {"type": "json_schema", "json_schema": named}
        answer, closed = self._fixed(signature)
        # A strict schema cannot leave the properties of an object open.
        return answer if closed and self.policy.fixed else None

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


ADAPTERS: Mapping[AdapterName, dspy.Adapter] = {"chat": FixedChatAdapter(), "json": FixedJsonAdapter()}
ADAPTER = ADAPTERS["chat"]


def is_ours(adapter: dspy.Adapter) -> bool:
    """Whether ``adapter`` is one of the two above, or derived from one."""
    return isinstance(adapter, _LenientAnswers)


@contextmanager
def lean() -> Iterator[None]:
    """DSPy's settings for generation: our adapter, and neither history nor trace, which grow with every call."""
    with dspy.context(adapter=ADAPTER, disable_history=True, trace=None, max_trace_size=0):
        yield
