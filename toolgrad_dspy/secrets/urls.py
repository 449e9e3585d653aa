"""URLs and connection strings, of which the scheme, the host, the port and plain words of the path are shown."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from toolgrad_dspy.secrets.masked import MASK, Masked, Secret
from toolgrad_dspy.secrets.words import is_plain, names_secret

# A scheme that has another in front of it ("jdbc:postgresql") included. Not urlsplit: it takes what follows a "#" or
# a "/" in a password for something else.
_URL = re.compile(r"([A-Za-z][\w+.:-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?")
# A name, an IPv4 or an IPv6 address, and a port. A variable stands as a character of the private use area.
_HOST = re.compile(r"(?:[A-Za-z0-9._\ue000-\uf8ff-]*|\[[0-9A-Fa-f:.]+\])(?::(?:\d{1,5}|[\ue000-\uf8ff]))?")
_VARIABLES = re.compile(r"[\ue000-\uf8ff]*")
# Not in the names of files and folders, nor in the words of a path.
_UNUSUAL = re.compile(r"[^\w.~@+\ue000-\uf8ff-]")


def is_url(text: str) -> bool:
    """Whether ``text`` as a whole is a URL, of whatever scheme."""
    return _URL.fullmatch(text) is not None and not any(character.isspace() for character in text)


def masked_url(text: str) -> Masked:
    """``text``, a URL, with what may be secret masked; all of it where it cannot be taken apart.

    Masked are the user and the password, path segments that are no plain words, the values of the query (and the
    query itself if it has no names), and the fragment.

    >>> masked_url("https://me:pw@example.org:8080/api/s/xK93jfQ0/sse?key=abc#top").shown
    'https://***@example.org:8080/api/s/***/sse?key=***#***'
    """
    match = _URL.fullmatch(text)
    if match is None or not is_plain(match[1]):
        return Masked(MASK, (Secret(text),))
    scheme, authority, path, query, fragment = (match[number] or "" for number in range(1, 6))
    user, at, host = authority.rpartition("@")
    if not _HOST.fullmatch(host) or (not at and ":" in host and _at_follows(path + query + fragment)):
        # A password with a "/", a "?" or a "#" in it, as it should not be written and is.
        rest = text.partition("://")[2]
        return Masked(f"{scheme}://{MASK}", (Secret(rest, sure=True), *_user(rest.rpartition("@")[0])))
    after = (masked_segments(path), _masked_query(query), _masked_fragment(fragment))
    shown = f"{scheme}://{f'{MASK}@' if at else ''}{host}" + "".join(part.shown for part in after)
    return Masked(shown, (*_user(user), *(secret for part in after for secret in part.secrets)))


def masked_segments(path: str) -> Masked:
    """``path`` with every segment masked that is no plain words."""
    pieces = re.split(r"([/\\])", path)
    hidden = [piece for piece in pieces[::2] if not is_plain(piece) or _UNUSUAL.search(piece)]
    shown = "".join(MASK if piece in hidden else piece for piece in pieces)
    return Masked(shown, tuple(Secret(text, sure=True) for piece in hidden for text in _read(piece)))


def _masked_query(query: str) -> Masked:
    shown: list[str] = []
    secrets: list[Secret] = []
    for pair in query[1:].split("&") if query else ():
        name, equals, value = pair.partition("=")
        if equals and is_plain(name) and _VARIABLES.fullmatch(value):
            shown.append(pair)
            continue
        known = bool(equals) and is_plain(name)
        shown.append(f"{name}={MASK}" if known else MASK)
        hidden = {value, unquote_plus(value)} if known else {pair, value or pair}
        secrets += [Secret(text, sure=not known or names_secret(name)) for text in sorted(hidden)]
    return Masked(f"?{'&'.join(shown)}" if query else "", tuple(secrets))


def _masked_fragment(fragment: str) -> Masked:
    return Masked(f"#{MASK}", (Secret(fragment[1:], sure=True),)) if fragment[1:] else Masked("")


def _user(user: str) -> Iterator[Secret]:
    """The secrets in ``user:password``; a user without a password is often a key."""
    if not user:
        return
    name, colon, password = user.partition(":")
    yield Secret(user, sure=True)
    yield from (Secret(text, sure=not colon) for text in _read(name))
    yield from (Secret(text, sure=True) for text in _read(password))


def _read(text: str) -> set[str]:
    """``text`` as it stands in a URL, and as it is meant."""
    return {text, unquote(text)}


def _at_follows(rest: str) -> bool:
    """Whether an "@" follows that does not begin a segment, as that of "/@scope/package" does."""
    return "@" in rest.replace("/@", "/")
