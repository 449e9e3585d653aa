"""A text that matches a regular expression, for the expressions that schemas have: ids, codes, dates, slugs.

Read are literals, escapes, classes, groups, alternatives and quantifiers. What else there is (assertions, references
back) is passed over, so the text may fail to match: who asks has to check.
"""

import re
import string

from toolgrad_dspy.json_schema.regexes import matches

# The characters tried for a class or an escape, the likeliest first.
_CHARACTERS = "a1A" + string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_. " + string.punctuation
_QUANTIFIER = re.compile(r"[*+?]|\{(\d{1,6})(,?)(\d{0,6})\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[pP]\{[^}]*\}|c[A-Za-z]|.)")
# What opens a group: capturing or not, named in either way; and assertions, which stand for no text.
_OPENING = re.compile(r"\((?:\?:|\?P?<[A-Za-z_]\w*>|\?=|\?!|\?<=|\?<!)?")
_ASSERTIONS = ("(?=", "(?!", "(?<=", "(?<!")

_DEPTH = 20
_LENGTH = 10_000
# Characters of an expression that is read; those in the field have some hundred at most.
_EXPRESSION = 2_000


def text_matching(pattern: str, repeats: int = 1) -> str | None:
    """A text meant to match ``pattern``, with open quantifiers repeated ``repeats`` times where they allow it.

    Of alternatives it is the first. None for an expression that is not understood, that is longer than 2,000
    characters, or that asks for a text of more than 10,000 or groups deeper than 20.
    """
    if len(pattern) > _EXPRESSION:
        return None
    try:
        text, rest = _Reader(repeats).alternatives(pattern, 0)
    except _NotUnderstoodError:
        return None
    return text if not rest else None


class _NotUnderstoodError(Exception):
    """The expression has something in it that is not read here."""


class _Reader:
    """Reads an expression from the left: each method takes what is left, and returns a text and what is left then."""

    def __init__(self, repeats: int) -> None:
        self._repeats = repeats

    def alternatives(self, rest: str, depth: int) -> tuple[str, str]:
        if depth > _DEPTH:
            raise _NotUnderstoodError
        text, rest = self._sequence(rest, depth)
        while rest.startswith("|"):
            _, rest = self._sequence(rest[1:], depth)
        return text, rest

    def _sequence(self, rest: str, depth: int) -> tuple[str, str]:
        text = ""
        while rest and rest[0] not in "|)":
            one, rest = self._atom(rest, depth)
            count, rest = self._count(rest)
            if len(text) + len(one) * count > _LENGTH:
                raise _NotUnderstoodError
            text += one * count
        return text, rest

    def _atom(self, rest: str, depth: int) -> tuple[str, str]:
        if rest[0] in "^$":
            return "", rest[1:]
        if rest[0] == ".":
            return "a", rest[1:]
        if opening := _OPENING.match(rest):
            text, after = self.alternatives(rest[opening.end() :], depth + 1)
            if not after.startswith(")"):
                raise _NotUnderstoodError
            return "" if opening[0] in _ASSERTIONS else text, after[1:]
        for token in (_CLASS.match(rest), _ESCAPE.match(rest)):
            if token:
                return _character(token[0]), rest[token.end() :]
        if rest[0] in "[\\*+?":
            raise _NotUnderstoodError
        return rest[0], rest[1:]

    def _count(self, rest: str) -> tuple[int, str]:
        """How often the atom before ``rest`` is repeated."""
        quantifier = _QUANTIFIER.match(rest)
        if not quantifier:
            return 1, rest
        least, most = {"*": (0, _LENGTH), "+": (1, _LENGTH), "?": (0, 1)}.get(quantifier[0], (0, 0))
        if quantifier[1]:
            least = int(quantifier[1])
            most = int(quantifier[3]) if quantifier[3] else _LENGTH if quantifier[2] else least
        after = rest[quantifier.end() :]
        lazy = after.startswith(("?", "+"))
        return min(max(least, self._repeats), most, _LENGTH), after[1:] if lazy else after


def _character(token: str) -> str:
    """A character that a class or an escape stands for; none for an assertion such as ``\\b``."""
    if token in (r"\b", r"\B", r"\A", r"\Z", r"\z"):
        return ""
    return next((char for char in _CHARACTERS if matches(f"^{token}$", char)), "") or _literal(token)


def _literal(token: str) -> str:
    """The first character of a class beyond ASCII."""
    inside = token.lstrip("[^")
    if token.startswith("[^") or not inside or inside[0] in "\\]":
        raise _NotUnderstoodError
    return inside[0]
