"""What a model is reached with, its address and its key, checked before either is used.

A key that no HTTP header can carry makes clients quote it in their errors, and an address with a password in it would
have to be masked wherever an address is told: both end here, and are never quoted.
"""

from urllib.parse import urlsplit

from toolgrad_dspy.errors import UsageError


def checked_key(key: str, where: str) -> str:
    """``key`` without white space around it, which copying leaves. ``where`` names the variable it is from.

    Raises UsageError for characters beyond the visible ASCII ones (RFC 9110, section 5.5), without telling them.
    """
    stripped = key.strip()
    for place, character in enumerate(stripped, 1):
        if not "!" <= character <= "~":
            raise UsageError(
                f"{where}: character {place} of {len(stripped)} is none that a key can have (a line break, a space, "
                "or a letter beyond ASCII); copy the key again"
            )
    return stripped


def checked_base(base: str, where: str) -> str:
    """``base``, a model server's base URL, without white space around it. ``where`` names the variable it is from.

    Raises UsageError for what is no http(s) URL, and for one with a password, a query or a fragment, which the path
    of a request cannot be added to. What it tells of the URL is never more than its host and port.
    """
    stripped = base.strip()
    if not stripped:
        return stripped
    form = "has to look like http://localhost:8000/v1"
    try:
        parts = urlsplit(stripped)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{where}: this is no URL, or its port is none; it {form}") from None
    if "@" in stripped:
        raise UsageError(f"{where}: a URL must not hold a name or a password; a key goes into TOOLGRAD_API_KEY")
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in stripped):
        raise UsageError(f"{where}: this is no URL of a server; it {form}")
    if parts.query or parts.fragment:
        place = f"{host}:{port}" if port else host
        raise UsageError(f"{where}: the URL at {place} must not hold a query or a fragment; it {form}")
    return stripped
