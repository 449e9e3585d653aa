"""Whether texts match the regular expressions of schemas, without ever waiting long for an answer.

JSON Schema 2020-12, section 6.4, recommends those of ECMA-262, which differ from Python's; and Python's own search
takes as long as the expression likes. Here, most take a time that grows with the text alone. Those with assertions or
references back are searched by trying, which is given up after :data:`BACKTRACKS`.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

BACKTRACKS = 10_000
"""Tries of one search. Ordinary expressions take two for each character."""

LONGEST = 1_000_000
"""Microseconds that searches may take by :func:`effort`: where they would take more, they are not made."""

# Bytes of a compiled expression, as the library has it by default.
_SIZE = 10_000_000

# What Python's syntax writes in another way, and what only the old syntax of ECMA-262 (annex B.1.4) allows.
_TOKEN = re.compile(
    r"(?P<kept>\{\d+(?:,\d*)?\}|\[\^?\]?(?:\\.|[^\]\\])*\]|\\[^Z])"
    r"|(?P<end>\\Z)|(?P<named>\(\?P<)|(?P<comment>\(\?#[^)]*\))"
    r"|\{,(?P<most>\d+)\}|(?P<brace>[{}])",
    re.DOTALL,
)
# A hyphen beside a class such as ``\w``, which makes no range.
_HYPHEN = re.compile(r"(?<=\\[dswDSW])-(?!\])|(?<!^\[)(?<!^\[\^)-(?=\\[dswDSW])")

_ATOM = re.compile(
    r"\{(?P<least>\d{1,6})(?:,(?P<most>\d{0,6}))?\}|\[\^?\]?(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\.|.", re.DOTALL
)
_TRYING = re.compile(r"\(\?<?[=!]|\\[1-9]|\\k<")


def options() -> "FancyRegexOptions":
    """How the validating library is to search."""
    from jsonschema_rs import FancyRegexOptions

    return FancyRegexOptions(backtrack_limit=BACKTRACKS, size_limit=_SIZE)


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` has a match of ``pattern`` in it; not where that is no expression, or would take too long.

    >>> matches(r"^\\p{L}+$", "Zoë"), matches("^(a+)+$", "a" * 10_000 + "!"), matches("((", "")
    (True, False, False)
    """
    compiled = _compiled(usable(pattern))
    if compiled is None or effort(pattern, len(text)) > LONGEST:
        return False
    try:
        return compiled.is_valid(text)
    except ValueError:  # a lone surrogate in the text
        return False


def effort(pattern: str, length: int) -> int:
    """About the microseconds that a search in a text of ``length`` characters takes at worst.

    Measured: for each character 0.005 for each atom that the expression comes to when its repetitions are written
    out; as often as the text has characters where it is searched by trying.

    >>> effort("^[ab]*c", 1_000), effort("[ab]*a[ab]{5000}c", 1_000), effort("(?=a)[ab]*c", 1_000)
    (20, 25020, 30000)
    """
    atoms, by_trying = _measured(pattern)
    return length * atoms // 200 * (length if by_trying else 1)


@lru_cache(maxsize=4096)
def _measured(pattern: str) -> tuple[int, bool]:
    """The atoms of an expression (characters, classes, escapes, signs), and whether it is searched by trying."""
    groups, last = [0], 0
    for token in _ATOM.finditer(pattern):
        if token[0] == "(":
            groups.append(0)
            last = 0
        elif token[0] == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif token["least"]:
            times = int(token["most"] or token["least"])
            groups[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            groups[-1] += 1
    return sum(groups), _TRYING.search(pattern) is not None


@lru_cache(maxsize=4096)
def usable(pattern: str) -> str:
    """``pattern``, or where that is no expression, what its author probably meant by it.

    >>> usable("^{[0-9a-f]{8}}$"), usable(r"(?P<year>[\\d-.]{4})\\Z")
    ('^\\\\{[0-9a-f]{8}\\\\}$', '(?<year>[\\\\d\\\\-.]{4})\\\\z')
    """
    if _compiled(pattern) is not None:
        return pattern
    meant = _TOKEN.sub(_meant, pattern)
    return meant if _compiled(meant) is not None else pattern


def _meant(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "end":
            return r"\z"
        case "named":
            return "(?<"
        case "comment":
            return ""
        case "most":
            return f"{{0,{token['most']}}}"
        case "brace":
            return "\\" + token[0]
        case _:
            return _HYPHEN.sub(r"\\-", token[0]) if token[0].startswith("[") else token[0]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "Draft202012Validator | None":
    """A validator of texts that ``pattern`` matches; None if it is no expression."""
    from jsonschema_rs import Draft202012Validator

    try:
        return Draft202012Validator({"pattern": pattern}, pattern_options=options())
    except ValueError:
        return None
