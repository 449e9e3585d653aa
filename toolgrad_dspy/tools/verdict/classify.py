"""From an observation to its verdict: the order of the rules, and what they are applied to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import Observation, Verdict
from toolgrad_dspy.tools.verdict.context import NO_CONTEXT, Context
from toolgrad_dspy.tools.verdict.empty import EMPTY_ENVELOPES, EMPTY_TEXTS, nothing_in_it
from toolgrad_dspy.tools.verdict.envelope import DEPTH, Envelope, holds_list, text_of_blocks
from toolgrad_dspy.tools.verdict.error_markers import ERROR_MARKERS
from toolgrad_dspy.tools.verdict.error_sentences import ERROR_STATEMENTS, is_short
from toolgrad_dspy.tools.verdict.error_shapes import ERROR_SHAPES
from toolgrad_dspy.tools.verdict.parsing import Data, data_in, is_list
from toolgrad_dspy.tools.verdict.program_errors import PROGRAM_ERRORS
from toolgrad_dspy.tools.verdict.refusals import REFUSALS, message_only

OK = Verdict(outcome="ok", rule="content")
VOID_WRITE = Verdict(outcome="ok", rule="void_write")
VOID = frozenset(("no_text", "nothing_in_it", "fields_empty", "results_empty"))
"""Rules of what may be a write without a word, unless a list is empty: that is something that was looked for."""

SAMPLE = 20
"""Items of a list that are looked at: a list fails only when all of these do."""

_PROXY_KEYS = frozenset(("error", "response"))
# The ToolBench proxy sets this when a long result has the word "message" in it, which means nothing.
_PROXY_GUESS = "Message error..."


def classify(observation: Observation, context: Context = NO_CONTEXT) -> Verdict:
    """Whether ``observation`` is a result (``ok``), a failure (``failed``), or a success without content (``empty``).

    The rules, of which the first match decides:

    1. ``protocol``: the source flagged the observation (MCP ``isError``, an HTTP status, a timeout).
    2. ``schema``: the result is an object without a single one of the properties its schema requires. A result
       that fits proves nothing (servers declare ``{"content": string}`` and put an error into it), and one that
       fits in part is no failure (published schemas are often out of date).
    3. Shape rules, on data and on data written out as text (JSON, Python), through envelopes.
    4. Text rules, on text and on the text inside an envelope that holds nothing else; those for sentences judge with
       the call and the tool's other results in view.
    5. Emptiness. A tool that writes has done its work without a word: ``{}``, ``null`` and no text are successes
       there (``void_write``), an empty list is not.

    ``rule`` is ``protocol``, ``schema``, ``proxy_error`` (the error that a ToolBench proxy reports), ``void_write``,
    or the name of the deciding function in this folder; ``content`` when none objected.

    >>> classify(Observation(text='{"message": "Endpoint /x does not exist"}'))
    Verdict(outcome='failed', rule='message_only', reason='`message`: Endpoint /x does not exist')
    >>> classify(Observation(text='{"id": 81, "status": "failed", "branch": "main", "duration_s": 92}')).outcome
    'ok'
    >>> classify(Observation(text='{"results": [], "total": 0}')).outcome
    'empty'
    >>> classify(Observation(text="{}")).outcome, classify(Observation(text="{}"), Context(writes=True)).outcome
    ('empty', 'ok')
    """
    if observation.error is not None:
        status = f" {observation.error.status}" if observation.error.status else ""
        return _failed("protocol", f"{observation.error.kind}{status}: {observation.error.message}")
    value = observation.content if observation.content is not None else data_in(observation.text)
    rules = _Rules(context)
    verdict = _schema(value, context.returns) or rules.of_data(value, context.declared, DEPTH)
    # Some servers send an empty object as structured content and put the result into the text only.
    if verdict.outcome == "empty" and observation.content is not None:
        value = observation.text
        verdict = rules.of_text(value, frozenset(), DEPTH)
    return VOID_WRITE if context.writes and verdict.rule in VOID and not holds_list(value) else verdict


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules with what is known of the result. ``depth`` is how many more levels of nesting are looked at."""

    context: Context

    def of_data(self, value: Data, declared: frozenset[str], depth: int) -> Verdict:
        if isinstance(value, str):
            return self.of_text(value, declared, depth)
        if isinstance(value, Mapping):
            return self.of_object(value, declared, depth)
        if is_list(value):
            return self.of_list(value, depth)
        # A number or a truth value is an answer, also 0 and false: a count, "does the file exist".
        return _empty("nothing_in_it", "null") if value is None else OK

    def of_text(self, text: str, declared: frozenset[str], depth: int) -> Verdict:
        # A string inside JSON may hold JSON again: the ToolBench proxy and many gateways wrap their answers so.
        value = data_in(text) if depth else text
        if not isinstance(value, str):
            return self.of_data(value, declared, depth - 1)
        text = value.strip()
        if self.context.echoes(text):
            return OK
        # Markers first, whatever the length: a traceback or an HTML error page is longer than any statement.
        for marker in ERROR_MARKERS:
            if reason := marker(text):
                return _failed(marker.__name__, reason)
        # Emptiness before statements: "No matches found" would pass for something that was not found.
        for emptiness in EMPTY_TEXTS:
            if reason := emptiness(text):
                return _empty(emptiness.__name__, reason)
        for error in PROGRAM_ERRORS:
            if reason := error(text):
                return _failed(error.__name__, reason)
        # A long text that begins with "Error: disk full" is a log file that was asked for.
        if is_short(text):
            for statement in ERROR_STATEMENTS:
                if reason := statement(text):
                    return _failed(statement.__name__, reason)
            for refusal in REFUSALS:
                if reason := refusal(text, self.context):
                    return _failed(refusal.__name__, reason)
        return OK

    def of_object(self, value: Mapping[str, Data], declared: frozenset[str], depth: int) -> Verdict:
        if value.keys() == _PROXY_KEYS and isinstance(value["error"], str):
            return self.of_proxied(value["error"].strip(), value["response"], depth)
        if not value:
            return _empty("nothing_in_it", "{}")
        envelope = Envelope.of(value, declared)
        # Failures before emptiness: {"status": "REQUEST_DENIED", "results": []} is both, and the failure explains it.
        for shape in ERROR_SHAPES:
            if reason := shape(envelope):
                return _failed(shape.__name__, reason)
        if reason := message_only(envelope, self.context):
            return _failed("message_only", reason)
        for emptiness in EMPTY_ENVELOPES:
            if reason := emptiness(envelope):
                return _empty(emptiness.__name__, reason)
        # {"content": "Error: could not parse query"}: what servers make of a text result that has to be an object.
        # The declared fields are those of this object, not of what it wraps.
        wrapped = envelope.wrapped
        return self.of_data(wrapped, frozenset(), depth - 1) if wrapped is not None and depth else OK

    def of_proxied(self, error: str, response: Data, depth: int) -> Verdict:
        """The envelope of the ToolBench and StableToolBench proxies: ``{"error": "", "response": "..."}``."""
        if error and error != _PROXY_GUESS:
            return _failed("proxy_error", error)
        return self.of_data(response, frozenset(), depth - 1) if depth else OK

    def of_list(self, value: Sequence[Data], depth: int) -> Verdict:
        if reason := nothing_in_it(value):
            return _empty("nothing_in_it", reason)
        # MCP content blocks, as clients print them.
        text = text_of_blocks(value)
        if text is not None:
            return self.of_text(text, frozenset(), depth)
        # A batch in which one URL timed out is still a result; one in which each item is an error is not.
        verdict = OK
        for item in value[:SAMPLE]:
            verdict = self.of_object(item, frozenset(), depth - 1) if isinstance(item, Mapping) and depth else OK
            if verdict.outcome != "failed":
                return OK
        return verdict


def _schema(value: Data, returns: Mapping[str, JsonValue] | None) -> Verdict | None:
    """The rule ``schema``; only for objects, because a server may print its object as a text or a list."""
    required = returns.get("required") if returns else None
    if not isinstance(value, Mapping) or not isinstance(required, list) or not required or not value:
        return None
    # One of them is enough: published schemas are often out of date, and {"temperature": 33} without a unit is fine.
    if any(name in value for name in required if isinstance(name, str)):
        return None
    return _failed("schema", f"none of the declared fields {', '.join(map(str, required))} is in the result")


def _failed(rule: str, reason: str) -> Verdict:
    return Verdict(outcome="failed", rule=rule, reason=one_line(reason))


def _empty(rule: str, reason: str) -> Verdict:
    return Verdict(outcome="empty", rule=rule, reason=one_line(reason))
