"""The verdict on an observation: the order of the rules, and what they are applied to."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import Observation, Verdict
from toolgrad_dspy.tools.verdict import empty
from toolgrad_dspy.tools.verdict.envelope import DEPTH, Envelope, plain, text_of_blocks
from toolgrad_dspy.tools.verdict.error_markers import MARKS
from toolgrad_dspy.tools.verdict.error_sentences import STATEMENTS, is_short
from toolgrad_dspy.tools.verdict.error_shapes import SHAPES
from toolgrad_dspy.tools.verdict.parsing import Data, data_in, is_list

OK = Verdict(outcome="ok", rule="content")

SAMPLE = 20
"""Items of a list that are judged: a list fails only when all of these do."""

_PROXY_KEYS = frozenset(("error", "response"))
# The ToolBench proxy sets this when it meets the word "message" in a long result: it tells nothing.
_PROXY_GUESS = "Message error..."


def classify(observation: Observation, returns: dict[str, JsonValue] | None = None) -> Verdict:
    """Whether ``observation`` is a result (``ok``), a failure (``failed``), or a success without content (``empty``).

    ``returns`` is the tool's declared output schema (:attr:`Tool.returns`). The rules, first match decides:

    1. ``protocol``: the source flagged the observation (MCP ``isError``, an HTTP status, a timeout).
    2. ``schema``: the result is an object without a single one of the properties its schema requires. A result
       that fits proves nothing (servers declare ``{"content": string}`` and put an error into it), and one that
       fits in part is no failure (published schemas are often out of date).
    3. Shape rules, on data and on data written out as text (JSON, Python), through envelopes.
    4. Text rules, on text and on the text inside an envelope that holds nothing else.
    5. Emptiness.

    ``rule`` is the name of the deciding function in this folder; ``content`` when none objected.
    """
    if observation.error is not None:
        status = f" {observation.error.status}" if observation.error.status else ""
        return _failed("protocol", f"{observation.error.kind}{status}: {observation.error.message}")
    value = observation.content if observation.content is not None else data_in(observation.text)
    verdict = _schema(value, returns) or _judge(value, _declared(returns), DEPTH)
    if verdict.outcome == "empty" and observation.content is not None:
        return _judge_text(observation.text, frozenset(), DEPTH)  # some servers put the result into the text only
    return verdict


def _judge(value: Data, declared: frozenset[str], depth: int) -> Verdict:
    if isinstance(value, str):
        return _judge_text(value, declared, depth)
    if isinstance(value, Mapping):
        return _judge_object(value, declared, depth)
    if is_list(value):
        return _judge_list(value, depth)
    return _empty("nothing_in_it", "null") if value is None else OK


def _judge_text(text: str, declared: frozenset[str], depth: int) -> Verdict:
    value = data_in(text) if depth else text
    if not isinstance(value, str):
        return _judge(value, declared, depth - 1)
    text = value.strip()
    for mark in MARKS:
        if reason := mark(text):
            return _failed(mark.__name__, reason)
    for nothing in empty.TEXTS:
        if reason := nothing(text):
            return _empty(nothing.__name__, reason)
    if is_short(text):
        for statement in STATEMENTS:
            if reason := statement(text):
                return _failed(statement.__name__, reason)
    return OK


def _judge_object(value: Mapping[str, Data], declared: frozenset[str], depth: int) -> Verdict:
    if value.keys() == _PROXY_KEYS and isinstance(value["error"], str):
        return _judge_proxied(value["error"].strip(), value["response"], depth)
    if not value:
        return _empty("nothing_in_it", "{}")
    envelope = Envelope.of(value, declared)
    for shape in SHAPES:
        if reason := shape(envelope):
            return _failed(shape.__name__, reason)
    for nothing in empty.ENVELOPES:
        if reason := nothing(envelope):
            return _empty(nothing.__name__, reason)
    wrapped = envelope.wrapped
    return _judge(wrapped, frozenset(), depth - 1) if wrapped is not None and depth else OK


def _judge_proxied(error: str, response: Data, depth: int) -> Verdict:
    """The envelope of the ToolBench and StableToolBench proxies: ``{"error": "", "response": "..."}``."""
    if error and error != _PROXY_GUESS:
        return _failed("proxy_error", error)
    return _judge(response, frozenset(), depth - 1) if depth else OK


def _judge_list(value: Sequence[Data], depth: int) -> Verdict:
    if reason := empty.nothing_in_it(value):
        return _empty("nothing_in_it", reason)
    text = text_of_blocks(value)
    if text is not None:
        return _judge_text(text, frozenset(), depth)
    verdict = OK
    for item in value[:SAMPLE]:
        verdict = _judge_object(item, frozenset(), depth - 1) if isinstance(item, Mapping) and depth else OK
        if verdict.outcome != "failed":
            return OK
    return verdict


def _schema(value: Data, returns: Mapping[str, JsonValue] | None) -> Verdict | None:
    """The rule ``schema``; only for objects, because a text or list may well be how a server prints an object."""
    required = returns.get("required") if returns else None
    if not isinstance(value, Mapping) or not isinstance(required, list) or not required or not value:
        return None
    if any(name in value for name in required if isinstance(name, str)):
        return None
    return _failed("schema", f"none of the declared fields {', '.join(map(str, required))} is in the result")


def _declared(returns: Mapping[str, JsonValue] | None) -> frozenset[str]:
    properties = returns.get("properties") if returns else None
    return frozenset(map(plain, properties)) if isinstance(properties, dict) else frozenset()


def _failed(rule: str, reason: str) -> Verdict:
    return Verdict(outcome="failed", rule=rule, reason=one_line(reason))


def _empty(rule: str, reason: str) -> Verdict:
    return Verdict(outcome="empty", rule=rule, reason=one_line(reason))
