"""What the rules leave open: a result that none of them refused, and that may be a refusal all the same."""

from collections.abc import Mapping

from toolgrad_dspy.records import Observation, Verdict
from toolgrad_dspy.tools.verdict.context import NO_CONTEXT, Context
from toolgrad_dspy.tools.verdict.envelope import DEPTH, Envelope, text_of_blocks
from toolgrad_dspy.tools.verdict.error_sentences import is_short, labelled
from toolgrad_dspy.tools.verdict.parsing import Data, data_in
from toolgrad_dspy.tools.verdict.program_errors import LONGEST
from toolgrad_dspy.tools.verdict.refusals import doubt_in


def doubt(observation: Observation, verdict: Verdict, context: Context = NO_CONTEXT) -> str | None:
    """Why the ``verdict`` of :func:`classify` on ``observation`` is not certain, in a few words; None if it is.

    Only what was taken for a result is doubted, and only a text: data that complains has fields to say so.

    >>> from toolgrad_dspy.tools.verdict import classify
    >>> seen = Observation(text="Fully booked for 19:00.")
    >>> doubt(seen, classify(seen)), doubt(Observation(text="19:00"), classify(Observation(text="19:00")))
    ('it may complain', None)
    """
    if verdict.outcome != "ok" or verdict.rule != "content":
        return None
    text = _only_text(observation.content if observation.content is not None else observation.text)
    if text is None or context.echoes(text):
        return None
    if not is_short(text):
        return "it begins like an error" if len(text) <= LONGEST and labelled(text) else None
    return doubt_in(text, context)


def _only_text(value: Data) -> str | None:
    """The text that ``value`` is or merely wraps, None where it is anything else."""
    for _ in range(DEPTH):
        if isinstance(value, str):
            value = data_in(value)
            if isinstance(value, str):
                return value.strip()
        if isinstance(value, Mapping):
            envelope = Envelope.of(value)
            value = envelope.wrapped if envelope.payload else envelope.message
        else:
            value = text_of_blocks(value)
    return None
