"""The part of a model's text that is its answer."""

import re
from dataclasses import dataclass

# Characters. An answer of the loop has a few thousand; what stands after this many is taken for cut off, so that a
# model that never ends costs bounded time and memory.
LONGEST = 1_000_000

# White space of every kind, a byte-order mark, zero-width characters and a soft hyphen.
_BLANKS = "".join(map(chr, range(0x21))) + "\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_BLANKS += "".join(map(chr, range(0x2000, 0x200E)))
_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|thought)>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</(?:think|thinking|thought)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visible:
    """A text without what is not meant for the reader.

    ``only_thinking`` says that there was a thought and nothing after it, ``shortened`` that the text was longer than
    :data:`LONGEST`, and ``replaced`` how many halves of surrogate pairs were replaced.
    """

    text: str
    only_thinking: bool = False
    shortened: bool = False
    replaced: int = 0


def visible(text: str) -> Visible:
    """The answer in ``text``: what stands after the last thought, in one piece, without blanks around it.

    >>> visible("<think>[[ ## reason ## ]] no</think>\\n\\ufeff yes").text
    'yes'
    >>> visible("<think>one could").only_thinking
    True
    """
    ends = [match.end() for match in _THOUGHT_ENDS.finditer(text)]
    answer = trimmed(text[ends[-1] if ends else 0 :])
    if _THOUGHT_BEGINS.match(answer) or (ends and not answer):
        return Visible("", only_thinking=True)
    whole, replaced = whole_characters(answer[:LONGEST])
    return Visible(unfenced(whole), shortened=len(answer) > LONGEST, replaced=replaced)


def trimmed(text: str) -> str:
    """``text`` without white space, byte-order marks and zero-width characters around it."""
    return text.strip(_BLANKS)


def unfenced(text: str) -> str:
    """``text`` without a code fence that is around all of it; the fence's end may be cut off.

    >>> unfenced("```json\\n[1]\\n```")
    '[1]'
    """
    fence = text[:3]
    if fence not in ("```", "~~~"):
        return text
    first, _, rest = text.partition("\n")
    inner = trimmed(trimmed(rest).removesuffix(fence))
    # With another fence inside, the two are around different parts.
    return text if fence in inner or fence in first[3:] else inner


def whole_characters(text: str) -> tuple[str, int]:
    """``text`` with every lone surrogate replaced by U+FFFD, and how many there were. Pairs of them are joined."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text, 0
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole, whole.count("\ufffd") - text.count("\ufffd")
