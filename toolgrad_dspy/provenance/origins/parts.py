"""Texts that stand inside the texts of results, and paths that are put together from them."""

import re
from collections.abc import Callable, Sequence

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.earlier import EarlierResult
from toolgrad_dspy.provenance.origins.forms import BY_NAME, segments
from toolgrad_dspy.provenance.origins.kinds import Kind, same_kind
from toolgrad_dspy.records import Origin, key_words, last_key

_WORD = re.compile(r"\w")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")

# A shorter text is not searched for inside other texts: "art" or "NW" stands in too many of them by chance.
PART_CHARS = 4
# Path segments may be shorter, since all of them have to be found: "src/ui/app.py".
SEGMENT_CHARS = 2

# What a letter begins with.
_GREETINGS = (("greeting",), ("salutation",))

# The places of a text inside others, the latest result first.
Place = tuple[EarlierResult, str]


def part(pointer: str, value: JsonValue, kind: Kind, earlier: Sequence[EarlierResult]) -> Origin | None:
    """A text of four characters and more that stands in result text as whole words.

    One plain word ("park", "Museum") stands in a description by chance, so it has to be of the same ``kind``, or the
    text says that it is: "the password is swordfish". A reference number, an address, a file name or several words do
    not. A whole segment of a URL or a path is derived.
    """
    if not isinstance(value, str) or len(value) < PART_CHARS:
        return None
    plain = _PLAIN_WORD.fullmatch(value) is not None

    def fits(result: EarlierResult, path: str, text: str) -> bool:
        return not plain or same_kind(kind, result.kind(path)) or _is_labelled(value, kind, text)

    found = _containing(value, earlier, fits)
    if found is None:
        return None
    result, path, text = found
    if value in segments(text):
        return Origin(pointer=pointer, kind="result", step=result.step, path=path, match="derived", rule="segment")
    if plain and _is_whole_name(text, value) and named_in_part(value, kind, result, path):
        return Origin(
            pointer=pointer, kind="result", step=result.step, path=path, match="derived", rule="part_of_name"
        )
    return Origin(pointer=pointer, kind="result", step=result.step, path=path, match="part")


def _is_labelled(word: str, kind: Kind, text: str) -> bool:
    """Whether ``text`` has ``word`` right after what the parameter is called."""
    if not kind.name:
        return False
    label = rf"(?<![^\W_]){re.escape(kind.name[-1])}(?:(?: is|:| ?=) ?| )[\"'`]?{re.escape(word)}(?!-?\w)"
    return re.search(label, text, re.IGNORECASE) is not None


def _is_whole_name(text: str, word: str) -> bool:
    return word in BY_NAME["part_of_name"].leaf(text, "name")


def named_in_part(value: JsonValue, kind: Kind, result: EarlierResult, path: str) -> bool:
    """Whether ``value``, a word of the name at ``path``, is how a call names or greets the one who has that name: the
    ``coach`` is "Lindqvist", where ``/coach/name`` is "Rosa Lindqvist".
    """
    if not isinstance(value, str) or value[:1] == value[:1].lower() != value[:1].upper():  # a word, not a name
        return False
    if key_words(last_key(path))[-1:] != ("name",):
        return False
    return kind.name[-1:] in _GREETINGS or same_kind(kind, result.kind(path))


def path_of(pointer: str, value: JsonValue, earlier: Sequence[EarlierResult]) -> Origin | None:
    """A path that ends in a name out of a result: file servers list names, and calls take paths.

    What stands before the name is known as well: all its segments stand in results, or it is what an earlier call was
    given, as it lists a folder.
    """
    if not isinstance(value, str) or "/" not in value.strip("/"):
        return None
    folder, _, name = value.rstrip("/").rpartition("/")
    if len(name) < SEGMENT_CHARS or not (found := _containing(name, earlier, _anything, SEGMENT_CHARS, whole=True)):
        return None
    listed = next((result for result in reversed(earlier) if _lists(result, folder, name)), None)
    if listed is not None:
        found = _containing(name, [listed], _anything, SEGMENT_CHARS, whole=True) or found
    rule = "path" if listed is not None or _known(folder, earlier) else None
    if rule is None:
        parents = [segment for segment in folder.split("/") if segment and segment not in (".", "..")]
        if not all(_containing(segment, earlier, _anything, SEGMENT_CHARS) for segment in parents):
            return None
    result, path, _ = found
    match = "derived" if rule else "part"
    return Origin(pointer=pointer, kind="result", step=result.step, path=path, match=match, rule=rule)


def holds_word(text: JsonValue, word: str) -> bool:
    """Whether ``text`` is ``word``, or has it as whole words.

    >>> holds_word("[FILE] report.md", "report.md"), holds_word("REF-2031", "REF-203")
    (True, False)
    """
    return isinstance(text, str) and bool(_pattern(word).search(text))


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")


def _lists(result: EarlierResult, folder: str, name: str) -> bool:
    """Whether the call of ``result`` was given the folder, and its result has the name."""
    return (
        _was_given(result, folder) and _containing(name, [result], _anything, SEGMENT_CHARS, whole=True) is not None
    )


def _was_given(result: EarlierResult, folder: str) -> bool:
    return any(isinstance(value, str) and value.strip("/") == folder.strip("/") for _, value, _ in result.given())


def _known(folder: str, earlier: Sequence[EarlierResult]) -> bool:
    """Whether a call was given the folder, or a result has it as a value."""
    return any(_was_given(result, folder) or result.paths(folder) for result in earlier)


def _anything(_: EarlierResult, __: str, ___: str) -> bool:
    return True


def _containing(
    text: str,
    earlier: Sequence[EarlierResult],
    fits: Callable[[EarlierResult, str, str], bool],
    minimum: int = PART_CHARS,
    *,
    whole: bool = False,
) -> tuple[EarlierResult, str, str] | None:
    """The latest result text that has ``text`` as whole words and ``fits``, with the result and the path; or, if
    ``whole``, that is ``text``.
    """
    if len(text) < minimum or not _WORD.search(text):  # signs only, as "----", stand in every table
        return None
    pattern: re.Pattern[str] | None = None
    for result in reversed(earlier):
        if whole and (equal := result.paths(text)):
            return result, equal[0], text
        for path, leaf in result.texts if result.mentions(text) else ():
            # The plain search is many times faster than the pattern, and rules out nearly every leaf of a result.
            if len(leaf) > len(text) and text in leaf:
                pattern = pattern or _pattern(text)
                if pattern.search(leaf) and fits(result, path, leaf):
                    return result, path, leaf
    return None
