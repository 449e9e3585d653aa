"""How a prompt shows the form of an answer: its fields in their order, each with its shape.

DSPy shows the inputs too, which are there to be seen, and the full JSON schema of what is not a plain value. The
shape says the same in a fifth of the tokens, and weak models do not copy it.
"""

import json
from typing import Any, get_origin

import dspy
from dspy.adapters.utils import translate_field_type
from pydantic import BaseModel, JsonValue, TypeAdapter

from toolgrad_dspy.json_schema import sketch

Signature = type[dspy.Signature]

FORM = "Answer in this form, with the values filled in."


def chat_form(signature: Signature) -> str:
    """The answer as sections with headers."""
    parts = [f"[[ ## {name} ## ]]\n{_shown(name, field)}" for name, field in signature.output_fields.items()]
    return "\n\n".join([FORM, *parts, "[[ ## completed ## ]]"])


def json_form(signature: Signature) -> str:
    """The answer as a JSON object."""
    fields = ", ".join(
        f"{json.dumps(name)}: {_shown(name, field) if _is_structured(field) else json.dumps(_shown(name, field))}"
        for name, field in signature.output_fields.items()
    )
    return f"{FORM}\n\n{{{fields}}}"


def chat_reminder(signature: Signature) -> str:
    """What the last turn of a prompt ends with."""
    fields = ", then ".join(
        f"`[[ ## {name} ## ]]`{' (JSON)' if _is_structured(field) else ''}"
        for name, field in signature.output_fields.items()
    )
    return f"Respond with the fields {fields}, and end with `[[ ## completed ## ]]`."


def json_reminder(signature: Signature) -> str:
    """What the last turn of a prompt ends with, where the answer is a JSON object."""
    return f"Respond with a JSON object with the fields {', then '.join(f'`{n}`' for n in signature.output_fields)}."


def _is_structured(field: Any) -> bool:
    """Whether the field's value is a list or an object."""
    kind = get_origin(field.annotation) or field.annotation
    return isinstance(kind, type) and issubclass(kind, (list, dict, tuple, set, BaseModel))


def _shown(name: str, field: Any) -> str:
    """The shape of a list or an object; else the field's name in braces, with what DSPy says of its type."""
    if _is_structured(field):
        shape: JsonValue = sketch(TypeAdapter(field.annotation).json_schema())
        return json.dumps(shape, ensure_ascii=False).replace('"object"', "{...}")
    text: str = translate_field_type(name, field)
    return text
