"""The reader's part: what a query says for each blank, and which call serves each of its requests.

It reads the query alone. What it was not written for it reads by the same few rules, and is often wrong about.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.reading import Found, find_value, phrased
from toolgrad_dspy.lm.rehearsal.requesting import clauses, served
from toolgrad_dspy.records import in_words
from toolgrad_dspy.signatures import MISSING, NO_CALL

Blank = dict[str, Any]

# Clauses about one call that are read for its values.
CLAUSES = 50


def extract(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The value of each blank with the words that give it, or that it is missing; and every clause that asks for
    something with the call whose words it shares, or none.
    """
    query = _text(prompt.inputs.get("query", ""))
    calls = list(objects(prompt.inputs.get("calls", "")))
    blanks = list(objects(prompt.inputs.get("blanks", "")))
    names = [str(call.get("call", "")) for call in calls]
    described = [(str(call.get("tool", "")), str(call.get("does", ""))) for call in calls]
    spoken = spoken_of(query, names, described, blanks)
    values = read_blanks(query, blanks, spoken)
    found = clauses(query)
    requests = zip(found, served(found, described, hints_of(names, blanks)), strict=True)
    return {
        "extracted": [_shown(blank, value) for blank, value in zip(blanks, values, strict=True)],
        "requests": [
            {"request": clause.text, "call": NO_CALL if number is None else names[number]}
            for clause, number in requests
            if clause.asks
        ],
    }


def hints_of(names: Sequence[str], blanks: Sequence[Blank]) -> list[str]:
    """What the blanks of each call tell of it: the names of its parameters, and the options that there are."""
    told: dict[str, list[str]] = {name: [] for name in names}
    for blank in blanks:
        options = blank.get("options")
        words = [blank.get("parameter", ""), *(options if isinstance(options, list) else [])]
        told.setdefault(_call(blank), []).extend(in_words(str(word)) for word in words)
    return [" ".join(told[name]).lower() for name in names]


def spoken_of(
    query: str, names: Sequence[str], described: Sequence[tuple[str, str]], blanks: Sequence[Blank]
) -> dict[str, list[str]]:
    """The clauses of ``query`` about each of the calls ``names``, whose tools and what they do are ``described``;
    under ``""`` those that are about none.

    What asks for nothing goes on with the clause before it: "Make it for four" tells more of the same.
    """
    found = clauses(query)
    spoken: dict[str, list[str]] = {name: [] for name in (*names, "")}
    last = ""
    for clause, number in zip(found, served(found, described, hints_of(names, blanks)), strict=True):
        last = names[number] if number is not None else "" if clause.asks else last
        if len(spoken[last]) < CLAUSES:
            spoken[last].append(clause.text)
    return spoken


def read_blanks(query: str, blanks: Sequence[Blank], spoken: Mapping[str, Sequence[str]]) -> list[Found | None]:
    """What ``query`` says for each of ``blanks``. ``spoken`` are the sentences about each call.

    What a blank's own phrase says is no other one's value, however much it looks like it.
    """
    sure = [phrased(spoken.get(_call(blank), ()), blank) if "options" not in blank else None for blank in blanks]
    values = []
    for blank, said in zip(blanks, sure, strict=True):
        call = _call(blank)
        taken = {found.words for other, found in zip(blanks, sure, strict=True) if found and _call(other) == call}
        said = said or find_value(query, spoken.get(call, ()), blank, taken)
        # What is about no call may tell more of any: "We are four. Could you book a table?"
        values.append(said or find_value("", spoken.get("", ()), blank, taken, guess=False))
    return values


def _shown(blank: Blank, found: Found | None) -> dict[str, Any]:
    number = blank.get("blank", 0)
    if found is None:
        return {"blank": number, "words": "", "value": MISSING}
    return {"blank": number, "words": found.words, "value": found.value}


def _call(blank: Blank) -> str:
    return str(blank.get("call", ""))


def _text(field: str) -> str:
    """The text in a field that is a JSON string, else an empty one."""
    try:
        text = json.loads(field)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""
