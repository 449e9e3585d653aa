"""One-sentence refusals: ``The password is incorrect.``, ``Non-delivered order cannot be exchanged``.

A program says no in a sentence that a result could be as well: a shop may answer "This lamp is not available", a poem
"You cannot step twice into the same river". So it depends on what else is known: a tool that otherwise gives data has
refused, and so has one that says no to what it was called for. Where nothing decides, there is a doubt
(:func:`doubt_in`), which is no failure by itself.

Every rule takes the stripped text and the :class:`Context`, and returns the reason, or None.
"""

from collections.abc import Callable, Iterable
from re import Pattern

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.tools.verdict.context import Context
from toolgrad_dspy.tools.verdict.envelope import Envelope
from toolgrad_dspy.tools.verdict.error_sentences import COMPLAINTS, ERROR_STATEMENTS, is_short
from toolgrad_dspy.tools.verdict.program_errors import PROGRAM_ERRORS
from toolgrad_dspy.tools.verdict.refusal_patterns import (
    DEMAND,
    DENIED_VERB,
    DONE_VERB,
    GOOD_NEWS,
    LACKING,
    LOGIN,
    MODAL,
    NOT_YET,
    PROHIBITED,
    TELEGRAM,
    WITH_ARTICLE,
)

RefusalRule = Callable[[str, Context], str | None]

LONGEST = 240
"""Characters of a refusal: a sentence, and perhaps a second one that says what to do."""

_MESSAGE_FIELDS = ("message", "messages", "msg", "detail", "info", "information", "note", "reason", "statusmessage")
_STATEMENTS = (*PROGRAM_ERRORS, *ERROR_STATEMENTS)
_RULES_BROKEN = (MODAL, LACKING, PROHIBITED)
_COMPLAINING = (TELEGRAM, WITH_ARTICLE, *_RULES_BROKEN, DEMAND, LOGIN)
# Tools whose results are what somebody said or wrote, by the words of their names.
_PROSE_TOOLS = frozenset(
    (
        *("translate", "paraphrase", "summarize", "summarise", "rewrite", "define", "explain", "quote", "quotation"),
        *("joke", "poem", "story", "lyrics", "headline", "proverb", "caption", "transcribe", "transcript", "echo"),
        *("read", "scrape", "crawl"),
    )
)


def login_refused(text: str, context: Context) -> str | None:
    """Who called is not let in: ``The password is incorrect.``, ``You must be logged in to post``."""
    return one_line(text) if not _is_prose(text, context) and LOGIN.match(text) else None


def refused_what_was_asked(text: str, context: Context) -> str | None:
    """It says no to the very thing that the tool is for: of ``exchange_items``, ``... cannot be exchanged``."""
    if _is_prose(text, context):
        return None
    return one_line(text) if any(map(context.speaks_of, _verbs(DENIED_VERB, text))) else None


def telegram(text: str, context: Context) -> str | None:
    """A message without an article that says what is wrong with a record: ``Recipient not in contacts``."""
    if _is_harmless(text, context):
        return None
    return one_line(text) if TELEGRAM.match(text) else None


def broken_rule(text: str, context: Context) -> str | None:
    """The call breaks a rule, or asks for what is not there: ``Latitude must be ...``, ``Not enough seats``."""
    if _is_harmless(text, context):
        return None
    return one_line(text) if any(form.match(text) for form in _RULES_BROKEN) else None


def nothing_to_read(text: str, context: Context) -> str | None:
    """A complaint from a tool that gives nobody anything to read: it gives data, or it writes."""
    if _is_harmless(text, context) or not (context.gives_data or context.writes):
        return None
    return one_line(text) if complains(text) else None


def sentence_for_data(text: str, context: Context) -> str | None:
    """Words, and no good news, in place of the object or list that the tool declares or that its writes give."""
    expected = context.declares_data or (context.writes and context.gives_data)
    if not expected or _is_harmless(text, context) or GOOD_NEWS.search(text):
        return None
    return one_line(text)


def message_only(envelope: Envelope, context: Context) -> str | None:
    """Nothing but a message, and the message states an error or refuses: ``{"message": "Card not registered"}``.

    Where the tool declares such a field, only what would be a statement in free text counts.
    """
    if envelope.payload:
        return None
    for name in _MESSAGE_FIELDS:
        value = envelope.fields.get(name)
        if not isinstance(value, str) or not is_short(value) or confirms(value, context):
            continue
        text = value.strip()
        stated = next((reason for rule in _STATEMENTS if (reason := rule(text))), None)
        if stated or (name not in envelope.declared and complains(text)):
            return one_line(f"`{name}`: {stated or text}")
    return None


REFUSALS: tuple[RefusalRule, ...] = (
    login_refused,
    refused_what_was_asked,
    telegram,
    broken_rule,
    nothing_to_read,
    sentence_for_data,
)


def complains(text: str) -> bool:
    """Whether a sentence says that something is wrong, if it is about the call at all."""
    return any(form.match(text) for form in _COMPLAINING) or any(rule(text) for rule in COMPLAINTS)


def confirms(text: str, context: Context) -> bool:
    """Whether a sentence tells that the call's own work is done: of ``cancel_booking``, ``... was cancelled``."""
    done = any(map(context.speaks_of, _verbs(DONE_VERB, text)))
    return done and refused_what_was_asked(text, context) is None


def doubt_in(text: str, context: Context) -> str | None:
    """Why a text that no rule refuses may be a failure all the same; None if nothing speaks for one."""
    if _is_harmless(text, context):
        return None
    if context.gives_data:
        return "a sentence from a tool that gives data"
    return "it may complain" if complains(text) else None


def _verbs(pattern: Pattern[str], text: str) -> Iterable[str]:
    return (verb for found in pattern.finditer(text) for verb in found.groups() if verb)


def _is_harmless(text: str, context: Context) -> bool:
    return _is_prose(text, context) or confirms(text, context) or NOT_YET.search(text) is not None


def _is_prose(text: str, context: Context) -> bool:
    """Whether it is no sentence of a program: too long, or of a tool whose results are texts."""
    if len(text) > LONGEST or "\n" in text or " " not in text or text.count(". ") > 1:
        return True
    return not _PROSE_TOOLS.isdisjoint(context.words) or (bool(context.others) and not context.gives_data)
