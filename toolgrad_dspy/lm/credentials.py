"""Checks of the address and the key of a model, made before either is used, and what of an address is no secret.

Clients quote a key that no HTTP header can carry in their errors. A password in an address would have to be masked
wherever the address is shown. So both are refused here, and the messages never quote them.
"""

import re
from urllib.parse import urlsplit

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.secrets import masked_segments

_EXAMPLE = "use the form http://localhost:8000/v1"


def checked_key(key: str, where: str) -> str:
    """``key`` without surrounding white space, which copying leaves behind. ``where`` names its variable.

    Raises UsageError ("malformed_key") for characters other than visible ASCII (RFC 9110, section 5.5). The message
    gives the position of the first one, not the key.
    """
    stripped = key.strip()
    for position, character in enumerate(stripped, 1):
        if not "!" <= character <= "~":
            raise UsageError(
                f"{where}: not a valid key: character {position} of {len(stripped)} is a space, a control character "
                "or not ASCII; copy the key again",
                code="malformed_key",
            )
    return stripped


def checked_base(base: str, where: str) -> str:
    """``base``, the base URL of a model server, without surrounding white space. ``where`` names its variable.

    Raises UsageError for anything but an http(s) URL ("malformed_url"), for a user name or a password in it
    ("url_with_password"), and for a query or a fragment ("url_with_query"), after which no path can be appended. The
    message shows at most the host and the port.
    """
    stripped = base.strip()
    if not stripped:
        return stripped
    try:
        parts = urlsplit(stripped)
        host, port = parts.hostname, parts.port
    except ValueError:  # brackets that are no IPv6 address, or a port that is not a number up to 65535
        raise UsageError(f"{where}: not a valid URL; {_EXAMPLE}", code="malformed_url") from None
    # Before the scheme is checked: without one, urlsplit takes the password for a part of the path.
    if "@" in stripped:
        raise UsageError(
            f"{where}: the URL must not contain a user name or a password; put a key into TOOLGRAD_API_KEY",
            code="url_with_password",
        )
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in stripped):
        raise UsageError(f"{where}: not the URL of a server; {_EXAMPLE}", code="malformed_url")
    if parts.query or parts.fragment:
        server = f"{host}:{port}" if port else host
        raise UsageError(
            f"{where}: the URL of {server} must not contain a query or a fragment; {_EXAMPLE}", code="url_with_query"
        )
    return stripped


def public_base(base: str) -> str:
    """``base`` as it may be shown and stored: without a user name, a password, a query and a fragment, and with the
    parts of its path masked that are no plain words, since gateways have keys there.

    A base that was written in Python was not checked. With an ``@`` after a ``?`` or a ``#``, it cannot be said which
    part of it is a password, and nothing is left.

    >>> public_base("https://me:secret@host:8080/v1?key=secret"), public_base("https://host/v1/f3k9x2m7q1/openai")
    ('https://host:8080/v1', 'https://host/v1/***/openai')
    """
    plain, *more = re.split("[?#]", base, maxsplit=1)
    if "@" in "".join(more):
        return ""
    before, slashes, after = plain.partition("//")
    scheme, rest = (before + slashes, after) if slashes else ("", before)
    host, slash, path = rest.rpartition("@")[2].partition("/")
    return scheme + host + slash + masked_segments(path).shown
