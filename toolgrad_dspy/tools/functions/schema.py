"""The JSON Schema of a function's arguments, and their validation."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PydanticUserError, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Tool, ToolAnnotations
from toolgrad_dspy.tools.names import safe_name

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class UntitledSchema(GenerateJsonSchema):
    """Without the titles that pydantic makes from argument names: they repeat the names, and every token costs."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class FunctionSpec:
    """A function as a tool: its record, and the validation of its arguments. ``undescribed`` says why the result has
    no schema although its type is known, and is empty otherwise.

    Raises ToolSourceError (``not_a_tool_function``) for a function whose arguments cannot be described: ``*args``,
    ``**kwargs``, positional-only ones, or a type that pydantic does not know.
    """

    def __init__(self, function: Callable[..., Any], source: str, category: str, reads: bool | None) -> None:
        name = function.__name__
        try:
            signature = inspect.signature(function, eval_str=True)
            summary, documented = _docstring(function)
            self._model, self._names = _arguments_model(signature, documented)
            schema = self._model.model_json_schema(schema_generator=UntitledSchema)
        except (TypeError, NameError, PydanticUserError) as error:
            raise ToolSourceError(
                f"function {name!r} of source {source!r} cannot be a tool: {one_line(error)}",
                code="not_a_tool_function",
            ) from error
        schema.pop("title", None)
        returns, self.undescribed = _returns(signature.return_annotation)
        self.tool = Tool(
            name=safe_name(name),
            source_name=name,
            description=summary,
            parameters=schema,
            returns=returns,
            source=source,
            category=category,
            annotations=ToolAnnotations(read_only=reads),
        )

    def arguments(self, given: Mapping[str, JsonValue]) -> dict[str, Any]:
        """Keyword arguments for the function, with defaults. Raises pydantic's ValidationError."""
        validated = self._model.model_validate(given)
        # Not model_dump: a nested model has to reach the function as the model that its hint names.
        return {name: getattr(validated, field) for field, name in self._names.items()}


def _arguments_model(
    signature: inspect.Signature, documented: Mapping[str, str]
) -> tuple[type[BaseModel], dict[str, str]]:
    """A model with one field per argument, and the argument's name by that of the field.

    Fields are numbered and have the argument as alias: an argument may be called ``json`` or ``_x``, a field may not.
    """
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    for number, parameter in enumerate(signature.parameters.values()):
        if parameter.kind not in _NAMED:
            raise TypeError(f"argument {parameter} cannot be passed by name")
        annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
        ours = Field(alias=parameter.name, description=documented.get(parameter.name))
        # First, so that what the author wrote into Annotated has the last word.
        inner, *metadata = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        default = ... if parameter.default is parameter.empty else parameter.default
        field = f"argument_{number}"
        fields[field] = (Annotated[(inner, ours, *metadata)], default)
        names[field] = parameter.name
    config = ConfigDict(extra="forbid")
    return create_model("Arguments", __config__=config, **fields), names


def _returns(annotation: Any) -> tuple[dict[str, JsonValue] | None, str]:
    """The schema of a structured result, None for text and for nothing; and why there is none for another type."""
    if annotation in (inspect.Signature.empty, Any, None, type(None), str):
        return None, ""
    try:
        return TypeAdapter(annotation).json_schema(mode="serialization", schema_generator=UntitledSchema), ""
    except PydanticUserError as error:
        return None, one_line(error.message.partition("\n")[0], 160)


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """What the function does, and what its arguments mean."""
    from docstring_parser import parse

    parsed = parse(inspect.getdoc(function) or "")
    summary = "\n\n".join(part for part in (parsed.short_description, parsed.long_description) if part)
    return summary, {param.arg_name: param.description for param in parsed.params if param.description}
