"""Empty results: the call worked, and there is nothing in what it gave.

Every rule takes a text, a value or an :class:`Envelope` and returns the reason, or None.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.tools.verdict.envelope import Envelope, is_counting, is_hollow, is_remark, may_be_remark
from toolgrad_dspy.tools.verdict.error_sentences import is_short
from toolgrad_dspy.tools.verdict.parsing import Data, is_list

# "No API key found" and "no such route" are errors, and "0 errors found" is good news: neither is an empty result.
_NOTHING = re.compile(
    r"(?:sorry,? )?(?:no|0|zero) (?!(?:\w+ )?(?:error|issue|problem|warning|failure|vulnerab|conflict))"
    r"(?!(?:\w+ ){0,2}(?:key|token|credential|permission|auth|route|endpoint|handler|such))"
    r"(?:[\w\-]+ ){0,5}?(?:found|match(?:es|ed|ing)?|results?|available|records?|items?|data|rows|entries|hits)\b"
    r"(?!.*\b(?:error|key|provided|specified|selector|locator)\b)[^\n]{0,120}\Z"
    r"|(?:nothing|none) (?:was |were )?(?:found|available|matched|to (?:show|display|list))\b[^\n]{0,80}\Z"
    r"|\W{0,2}(?:empty|none)\W{0,2}\Z",
    re.IGNORECASE,
)
_NO_OUTPUT = re.compile(r"\W{0,2}no (?:output|content)\W{0,2}", re.IGNORECASE)
_RESULT_NAME = re.compile(
    r".*(?:results?|responses?|items|list|records|entries|matches|hits|rows|documents|products|values|resources)"
    r"|data|value|output|content"
)
# So general that a title beside them is the answer's own: ``{"title": "News", "data": []}``.
_PRIMARY = frozenset(("data", "result", "results", "value", "values"))
# Said of every call that worked, so they confirm nothing in particular.
_TRIVIAL_WORDS = frozenset(("ok", "success", "successful", "succeeded", "done", "true", "200", ""))
_EMPTY_STATUS = frozenset(("zeroresults", "noresults", "nocontent", "empty"))
_SAYS_SO = ("success", "ok", "status", "message", "msg", "messages", "info", "detail")


@lru_cache(maxsize=4096)
def _is_result(name: str) -> bool:
    return _RESULT_NAME.fullmatch(name) is not None


def no_text(text: str) -> str | None:
    """Nothing, white space, or what stands for it: ``(no output)``."""
    return "no text" if not text.strip() or _NO_OUTPUT.fullmatch(text.strip()) else None


def says_nothing_found(text: str) -> str | None:
    """One line that reports nothing: ``No matches found``, ``0 results``, ``(empty)``."""
    return one_line(text) if is_short(text) and _NOTHING.match(text.strip()) else None


def nothing_in_it(value: Data) -> str | None:
    """null, ``[]``, ``{}``, ``[{}]``, ``{"entities": [], "relations": []}``."""
    return "nothing in it" if is_hollow(value) else None


def status_empty(envelope: Envelope) -> str | None:
    """``status: "ZERO_RESULTS"`` (Google) and its like."""
    status = envelope.fields.get("status")
    if isinstance(status, str) and status.lower().replace("_", "").replace(" ", "") in _EMPTY_STATUS:
        return f"`status` is {status!r}"
    return None


def results_empty(envelope: Envelope) -> str | None:
    """The fields named for results are all empty and no other list or value stands in for them.

    Counts, paging and what describes the query are no result: ``{"results": [], "total": 0, "ts": 1.2}``.
    """
    # A number in a field named so is a count: {"results": 3}.
    results = {
        name: item
        for name, item in envelope.fields.items()
        if _is_result(name) and not is_counting(name) and not isinstance(item, int | float)
    }
    if not results or not is_hollow(list(results.values())) or not _asks_for_more(envelope, results):
        return None
    titled = not _PRIMARY.isdisjoint(results)
    for name in envelope.substance:
        value = envelope.fields[name]
        # {"title": "News", "data": []} is empty, {"name": "cart of Ann", "items": []} is a cart.
        described = titled and may_be_remark(name) and isinstance(value, str)
        # An object beside empty results repeats the query: {"parameters": {...}, "results": []}.
        if not isinstance(value, Mapping | int | float) and not described:
            return None
        # A number is a value of the answer ({"thoughtNumber": 1, "branches": []}) unless it counts the results.
        if isinstance(value, int | float) and not _is_result(name):
            return None
    return one_line(f"`{next(iter(results))}` is empty")


def fields_empty(envelope: Envelope) -> str | None:
    """Nothing but empty fields, counts and remarks about the call."""
    hollow = {
        name: item
        for name, item in envelope.fields.items()
        if is_hollow(item) and not is_counting(name) and not is_remark(name)
    }
    if envelope.substance or not hollow or not _asks_for_more(envelope, hollow):
        return None
    return one_line(f"`{next(iter(hollow))}` is empty")


def message_says_nothing_found(envelope: Envelope) -> str | None:
    """No content but a message that reports nothing: ``{"message": "No results found"}``."""
    return None if envelope.substance else says_nothing_found(envelope.message)


def _asks_for_more(envelope: Envelope, empty: Mapping[str, Data]) -> bool:
    """Whether the emptiness matters: a confirmation (``deleted``, data null) is a whole answer by itself."""
    # A list was asked for, whatever is said beside it: {"success": true, "message": "Success", "data": []}.
    if any(is_list(item) for item in empty.values()):
        return True
    # {"success": true, "message": "Deleted order 7", "data": null}
    words = [envelope.fields.get(name) for name in _SAYS_SO]
    confirmed = any(item is True for item in words) or any(
        isinstance(item, str) and item.strip().lower() not in _TRIVIAL_WORDS for item in words
    )
    return not confirmed


EMPTY_TEXTS = (no_text, says_nothing_found)
EMPTY_ENVELOPES = (status_empty, results_empty, fields_empty, message_says_nothing_found)
