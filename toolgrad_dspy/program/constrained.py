"""Signatures whose answers are confined to the tool names, report ids and chain ids of the moment.

They are derived from the predictor's own signature, so that tuned instructions stay. They are cached, since building
one takes a millisecond and optimizers use the same ones thousands of times. The prompt describes the predictor's own
signature, whose text is the same in every iteration (providers cache it). The choices are in the reminder at the end
of the prompt, and an answer is parsed against them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

import dspy
from pydantic import BaseModel, create_model

from toolgrad_dspy.lm.adapter import described_as
from toolgrad_dspy.records import Tool
from toolgrad_dspy.signatures import ProposedCall, ProposedWork

# A signature class. DSPy has no types; to mypy it is anything.
Signature = Any


def signature_of(predict: dspy.Predict) -> Signature:
    """The predictor's signature, with its instructions as tuned."""
    signature: Signature = predict.signature
    return signature


def with_tool_names(signature: Signature, field: str, tools: Iterable[Tool]) -> Signature:
    """``signature`` with the calls in its output ``field`` confined to ``tools``.

    ``field`` is a list of proposals or of calls. The names are sorted: their order says nothing.
    """
    return _with_tool_names(signature, field, tuple(sorted(tool.name for tool in tools)))


@lru_cache(maxsize=256)
def _with_tool_names(signature: Signature, field: str, names: tuple[str, ...]) -> Signature:
    call = create_model("ProposedCall", __base__=ProposedCall, tool=(_literal(names), ...))
    item: type[BaseModel] = call
    if signature.output_fields[field].annotation == list[ProposedWork]:
        inherited = ProposedWork.model_fields["calls"]
        item = create_model("ProposedWork", __base__=ProposedWork, calls=(list[call], inherited))  # type: ignore[valid-type]
    return _updated(signature, field, list[item])  # type: ignore[valid-type]


@lru_cache(maxsize=4096)
def with_choices(signature: Signature, **choices: tuple[str, ...]) -> Signature:
    """``signature`` with each named output field confined to the given words."""
    for field, words in choices.items():
        signature = _updated(signature, field, _literal(words))
    return signature


def _literal(words: tuple[str, ...]) -> Any:
    return Literal[words]


def _updated(signature: Signature, field: str, type_: Any) -> Signature:
    return described_as(signature.with_updated_fields(field, type_=type_), signature)
