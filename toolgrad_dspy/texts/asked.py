"""What a query asks for by name, of a thing that a call gives: "her phone number and her address".

An answer that has the one and not the other tells what came of the call, and is still no answer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, in_words, last_key, leaves, names_id, opaque
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.texts.claims import claims
from toolgrad_dspy.texts.clauses import clauses, telling, vocabulary
from toolgrad_dspy.texts.contents import alike, clocks_of, days_of, numbers_of, significant_digits
from toolgrad_dspy.texts.sentences import sentence_of

# Leaves of a result that are looked at.
MOST_LEAVES = 200
# "The first departure" says which departure is meant, in a query.
_ORDINAL = re.compile(r"\b(?:first|last|next)\b")


def left_out(
    query: str, response: str, step: Step, steps: Sequence[Step], tools: Mapping[str, Tool]
) -> tuple[str, ...]:
    """The names of what ``query`` asks for of the thing that ``step``, one of ``steps``, gives, and ``response`` does
    not tell.
    """
    asking = [telling(part.text) for part in clauses(query) if part.asks]
    about = [words for words in asking if _is_about(words, step, steps, tools)]
    given = {in_words(last_key(path)) for one in steps for path, _ in leaves(one.call.arguments)}
    return tuple(
        key
        for key, value in _properties(step)
        # "How many days of rain" has both words of a name that no call is given, whatever else it is about.
        if any(telling(key) <= words for words in (asking if len(telling(key)) > 1 and key not in given else about))
        and not _tells(response, value, telling(key))
        # "The entry with the end 5:30 pm" says which one is meant.
        and not any(_tells(query, other, telling(key)) for other in _values_of(key, steps))
    )


def _is_about(words: frozenset[str], step: Step, steps: Sequence[Step], tools: Mapping[str, Tool]) -> bool:
    """Whether a clause of these ``words`` shares some with what ``step`` does, and no more with another one: "find
    people in my address book" asks for nobody's address.
    """
    own = len(words & vocabulary(step, tools))
    return own > 0 and all(len(words & vocabulary(other, tools)) <= own for other in steps)


def _properties(step: Step) -> Iterator[tuple[str, JsonValue]]:
    """What a result says of its one thing, beside what the call was given: names in words, with their values."""
    # What the tool is called tells what it does: who booked a table is not what "book a table" asks for.
    done = telling(in_words(step.call.tool))
    arguments = list(leaves(step.call.arguments))
    given = {name for path, _ in arguments for name in telling(in_words(last_key(path)))}
    values = [value for _, value in arguments]
    for path, value in islice(leaves(step.observation.value), MOST_LEAVES):
        key = in_words(last_key(path))
        of_list = any(list_index(token) is not None for token in path.split("/")[1:])
        if of_list or isinstance(value, (bool, list, dict)) or value in (None, "", *values) or opaque(value):
            continue
        if telling(key) - given - done and not _ORDINAL.search(key) and not names_id(last_key(path)):
            yield key, value


def _values_of(key: str, steps: Sequence[Step]) -> Iterator[JsonValue]:
    """What the results have under names of these words."""
    for step in steps:
        for path, value in islice(leaves(step.observation.value), MOST_LEAVES):
            if in_words(last_key(path)) == key and isinstance(value, (str, int, float)) and value != "":
                yield value


def _tells(text: str, value: JsonValue, words: frozenset[str] = frozenset()) -> bool:
    """Whether ``text`` tells ``value``; a small number with one of ``words`` in its sentence, if there are any."""
    held = [*days_of(value), *clocks_of(value), *numbers_of(value)]
    said = [claim for claim in claims(text) for reading in claim.readings if any(alike(reading, it) for it in held)]
    if words and isinstance(value, (int, float)) and significant_digits(value) < 2:
        return any(words & telling(sentence_of(text, claim)) for claim in said)
    return bool(said) or normalise(str(value)) in normalise(text)
