"""Expressions for texts that every server understands."""

import re

# Repetitions beyond are written out by grammars, place by place.
LONGEST_REPEAT = 64

_CLASS = r"\[(?:\\[dw]|[A-Za-z0-9](?:-[A-Za-z0-9])?|[ _:/@,=.+])+-?\]"
_TOKEN = re.compile(
    rf"(?P<cls>{_CLASS})|(?P<short>\\[dw])|(?P<escaped>\\[.\-/+])|(?P<plain>[A-Za-z0-9 _:/@,=-])"
    rf"|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<bar>\|)|(?P<repeat>[*+?]|\{{\d+(?:,\d*)?\}})"
)
_SHORT = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}


def portable_pattern(pattern: str) -> str | None:
    """``pattern`` in the syntax that all servers share, or None: then it is left out.

    llama.cpp's converter takes expressions from ``^`` to ``$`` only (grammars/README.md). Older ones break on
    escapes.
    Taken here are plain characters, classes of them, groups, alternatives in groups, and short repetitions.

    >>> portable_pattern(r"^(note|event)_\\d{1,4}$")
    '^(note|event)_[0-9]{1,4}$'
    >>> portable_pattern(r"^(?!no).*$")
    """
    if len(pattern) < 3 or not pattern.startswith("^") or not pattern.endswith("$"):
        return None
    written, at, depth, end, repeatable = ["^"], 1, 0, len(pattern) - 1, False
    while at < end:
        token = _TOKEN.match(pattern, at, end)
        if token is None:
            return None
        at, text, kind = token.end(), token[0], token.lastgroup
        depth += (kind == "open") - (kind == "close")
        # A bar outside of groups would part the anchors; only a character or a group can be repeated.
        if depth < 0 or (kind == "bar" and not depth) or (kind == "repeat" and not (repeatable and _short(text))):
            return None
        repeatable = kind in ("cls", "short", "escaped", "plain", "close")
        if kind == "cls":
            text = text.replace(r"\d", "0-9").replace(r"\w", "A-Za-z0-9_")
        elif kind == "short":
            text = f"[{_SHORT[text]}]"
        elif kind == "escaped":
            text = text[1] if text[1] in "-/" else f"[{text[1]}]"
        elif kind == "open":
            text = "("
        written.append(text)
    return "".join([*written, "$"]) if not depth else None


def _short(repeat: str) -> bool:
    return all(int(number) <= LONGEST_REPEAT for number in re.findall(r"\d+", repeat))
