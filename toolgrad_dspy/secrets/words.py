"""Texts that are no secret by the look of them: plain words. Whatever was drawn at random looks otherwise."""

import re

# A word in one case, or in camel case; parts of three letters, since two are what random letters often come in.
_LETTERS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[A-Z][a-z]{2,})*")
# "v1", "s3", "utf8", "python311"; and "4o", "70b".
_NUMBERED = re.compile(r"[A-Za-z]{1,10}\d{1,3}|\d{1,3}[A-Za-z]{1,2}")
_DIGITS = re.compile(r"\d{1,4}")
_SEPARATORS = re.compile(r"[\W_]+")
# English has at most six in a row ("catchphrase"), and no more than five in what programs are called.
_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)

_LONGEST_WORD = 20
_LONGEST_PLAIN = 14
# Of a date with a time, and one more: "2026-01-15T08:00:00".
_MOST_DIGITS = 15
_SHORTEST_SPOKEN = 6

# Parts of names, in lower case, that say that the value is a secret.
_SECRET_WORD = re.compile(
    "auth|authentication|authorization|bearer|cookies?|credentials?|dsn|jwt|keys|otp|pass|passphrase|passwd|pat|pin"
    "|psk|pwd|sas|secrets|sig|signature|tokens|.*(?:key|token|secret|password)"
)
_MAYBE_SECRET = re.compile(r"key|token|secret|passw|auth|credential|cookie|signature", re.IGNORECASE)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def is_ordinary(text: str) -> bool:
    """Whether ``text`` is words and short numbers only, in any case: hiding it wherever it stands would surprise.

    A password may be such a text, and a word of another language's alphabet is one.

    >>> [is_ordinary(text) for text in ("production", "eu-west-1", "Europe/Berlin", "db.example.com", "2026-01-15")]
    [True, True, True, True, True]
    >>> [is_ordinary(text) for text in ("sk-8f1d20b7c4", "aGVsbG8gd29ybGQ", "qzxvbnmw", "123456789012")]
    [False, False, False, False]
    """
    words = [word for word in _SEPARATORS.split(text) if word]
    return sum(map(str.isdigit, text)) < _MOST_DIGITS and all(map(_is_word, words))


def is_plain(text: str) -> bool:
    """Whether ``text`` may be shown where nothing says what it is: as :func:`is_ordinary`, but short words of ASCII
    letters, and longer ones not in capitals.

    >>> is_plain("server-filesystem"), is_plain("SECRETKEY"), is_plain("supercalifragilistic")
    (True, False, False)
    """
    words = [word for word in _SEPARATORS.split(text) if word]
    short = all(len(word) <= _LONGEST_PLAIN and (not word.isupper() or len(word) <= 4) for word in words)
    return short and is_ordinary(text) and not any(character.isalnum() and character > "~" for character in text)


def names_secret(name: str) -> bool:
    """Whether an option, a variable, a header or a key of this name holds a secret.

    >>> names_secret("--pat"), names_secret("X-API-Key"), names_secret("clientSecret"), names_secret("--author")
    (True, True, True, False)
    """
    parts = [part.lower() for part in _PARTS.findall(name)]
    return any(map(_SECRET_WORD.fullmatch, parts))


def may_name_secret(name: str) -> bool:
    """As :func:`names_secret`, and also what only looks like it: where a value is to be shown, doubt counts."""
    return names_secret(name) or _MAYBE_SECRET.search(name) is not None


def _is_word(word: str) -> bool:
    if word.isdigit():
        return _DIGITS.fullmatch(word) is not None
    if not word.isascii():
        return word.isalpha() and len(word) <= _LONGEST_WORD
    if _NUMBERED.fullmatch(word):
        return True
    if len(word) > _LONGEST_WORD * 2 or not _LETTERS.fullmatch(word):
        return False
    spoken = len(word) < _SHORTEST_SPOKEN or _VOWEL.search(word) is not None
    return spoken and _UNSPEAKABLE.search(word) is None
