"""Internal values: ids that came from results, and names of tools. People neither know nor say them."""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.provenance.statements import contains
from toolgrad_dspy.records import Origin, Workflow, key_words, last_key, leaves, lookup, names_id, opaque
from toolgrad_dspy.texts.demands import demanded

_ORDINARY_WORD = re.compile(r"^[A-Za-z][a-z]*$")
# The shapes of ids: a UUID, a hexadecimal number with letters and digits, a prefix or a suffix with a number.
_ID = re.compile(
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    r"|^(?=.*\d)(?=.*[a-f])[0-9a-f]{8,}$"
    r"|^[a-z]{1,12}[_-][0-9a-z_-]*\d[0-9a-z_-]*$",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}")
# Words by which a person asks for such a value.
_ASKS = re.compile(
    r"\b(?:ids?|identifiers?|references?|uuids?|hash(?:es)?"
    r"|(?:booking|order|reservation|confirmation|tracking|ticket|parcel|account|customer|invoice|reference|serial)"
    r"[ -](?:numbers?|codes?|keys?))\b",
    re.IGNORECASE,
)
# Keys of values that a person who has booked or ordered something is given: the reference to quote.
_GIVEN = frozenset({"reference", "ref", "confirmation", "code", "number"})


def internal_values(workflow: Workflow) -> tuple[JsonValue, ...]:
    """The internal ids among the arguments: what came from results, and is nowhere a value to be stated."""
    internal: dict[str, JsonValue] = {}
    stated_texts = set()
    for step in workflow.steps:
        for origin in step.origins:
            value = lookup(step.call.arguments, origin.pointer)
            if demanded(origin):
                stated_texts.add(str(value))
            elif origin.kind == "result" and is_internal(origin, value):
                internal.setdefault(str(value), value)
    # An order number that the user gives for one call may be in the query, though another call took it from a result.
    return tuple(value for text, value in internal.items() if text not in stated_texts)


def is_internal(origin: Origin, value: JsonValue) -> bool:
    """Whether a value taken from a result is an id that a person would not know or say.

    It is if it is distinctive, and called an id on either side or has the look of one (letters and digits in one
    word, or a long hexadecimal number).
    """
    if not distinctive(value):  # room 12 is an id as well, and people say it
        return False
    # Either side: `{"place": "harbour"}` taken from `/places/0/id` is an id, though the parameter does not say so.
    return names_id(last_key(origin.pointer)) or names_id(last_key(origin.path or "")) or opaque(value)


def told_ids(response: str, query: str, workflow: Workflow) -> tuple[str, ...]:
    """The internal ids of the results that ``response`` tells, though ``query`` neither has them nor asks for any.

    A reference that is given to a person to quote (``confirmation_code``) is none.
    """
    if _ASKS.search(query):
        return ()
    words = set(re.findall(r"[\w-]+", response))
    told: dict[str, None] = {}
    for step in workflow.steps:
        for path, leaf in leaves(step.observation.value):
            if isinstance(leaf, str) and leaf in words and _is_id(last_key(path), leaf) and not contains(query, leaf):
                told[leaf] = None
    return tuple(told)


def _is_id(key: str, leaf: str) -> bool:
    if set(key_words(key)[-1:]) & _GIVEN or _MOMENT.match(leaf):
        return False
    return _ID.match(leaf) is not None or (names_id(key) and opaque(leaf) and len(leaf) > 3)


def leaked_names(text: str, tool_names: Iterable[str]) -> list[str]:
    """Tool names in ``text``, sorted. Names that are ordinary words (``search``) are left out: people use those."""
    # Whole identifiers: "rebook_table" does not name the tool "book_table".
    words = set(re.findall(r"[A-Za-z0-9_-]+", text))
    return sorted(name for name in words.intersection(tool_names) if not _ORDINARY_WORD.match(name))
