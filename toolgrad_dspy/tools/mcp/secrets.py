"""Variables in a configuration, and what of a configuration may be shown."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from toolgrad_dspy.errors import UsageError

MASK = "***"

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"(?:env:)?([A-Za-z_]\w*)(?::-(.*))?", re.DOTALL)
_PER_SESSION = frozenset({"WORKSPACE", "SEED", "SESSION"})

_SECRET_OPTION = re.compile(r"--?[\w-]*(?:key|token|secret|passw|auth|credential)[\w-]*", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+(?=@)")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token)\s+", re.IGNORECASE)


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """``text`` with ``${NAME}``, ``${env:NAME}`` and ``${NAME:-default}`` replaced.

    ``${WORKSPACE}``, ``${SEED}`` and ``${SESSION}`` stay for the session to fill in. Raises
    UsageError for a variable that is not set; ``where`` says where it stands.
    """

    def value(match: re.Match[str]) -> str:
        parts = _NAME.fullmatch(match[1])
        if parts is None:
            # Such as "${input:key}", for which an editor would ask its user.
            raise UsageError(
                f"{where}: {match[0]} is not supported; write the value, or ${{NAME}} for an environment variable",
                code="unsupported_variable",
            )
        name, default = parts[1], parts[2]
        if name in _PER_SESSION:
            return match[0]
        setting = environ.get(name, default)
        if setting is None:
            raise UsageError(
                f"{where}: the environment variable {name} is not set; set it, or write ${{{name}:-default}}",
                code="variable_not_set",
            )
        return setting

    return _VARIABLE.sub(value, text)


def variables(texts: Iterable[str]) -> frozenset[str]:
    """The names of the environment variables that ``texts`` refer to."""
    references = (_NAME.fullmatch(match[1]) for text in texts for match in _VARIABLE.finditer(text))
    return frozenset(reference[1] for reference in references if reference is not None)


def masked_values(values: Mapping[str, str]) -> dict[str, str]:
    """Every value masked that is more than a reference to a variable."""
    return {name: value if _is_reference(value) else MASK for name, value in values.items()}


def masked_args(args: Iterable[str]) -> list[str]:
    """Arguments with the values of options masked that are named like secrets, and passwords in URLs."""
    shown: list[str] = []
    secret_follows = False
    for arg in args:
        option, equals, value = arg.partition("=")
        is_secret = _SECRET_OPTION.fullmatch(option) is not None
        if secret_follows and not arg.startswith("-"):  # "--api-key VALUE"; another option means that it had no value
            shown.append(arg if _is_reference(arg) else MASK)
        elif is_secret and equals and not _is_reference(value):  # "--api-key=VALUE"
            shown.append(f"{option}={MASK}")
        else:
            shown.append(_PASSWORD_IN_URL.sub(rf"\1:{MASK}", arg))
        secret_follows = is_secret and not equals
    return shown


def masked_url(url: str) -> str:
    """``url`` with its user, password and the values of its query masked."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    pairs = [pair.partition("=") for pair in parts.query.split("&")] if parts.query else []
    query = "&".join(f"{name}{equals}{value if _is_reference(value) else MASK}" for name, equals, value in pairs)
    user = f"{MASK}@" if "@" in parts.netloc else ""
    return urlunsplit((parts.scheme, user + host, parts.path, query, ""))


def _is_reference(value: str) -> bool:
    """Whether ``value`` is only variables (``Bearer ${TOKEN}``), or a path in the session's folder.

    Text beside a variable may be half of a secret.
    """
    bare = _SCHEME.sub("", value)
    return value.startswith("${WORKSPACE}") or (bool(_VARIABLE.search(bare)) and not _VARIABLE.sub("", bare).strip())
