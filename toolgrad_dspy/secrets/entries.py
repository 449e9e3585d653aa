"""An MCP server's entry in a configuration: what of it may be shown and stored, and its secrets.

Shown are the command and the program that it runs, names of options and variables, and values that are surely no
secrets (:mod:`~toolgrad_dspy.secrets.values`). Everything else is ``***``: not what looks like a secret is masked,
but what does not look like none.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from toolgrad_dspy.secrets.launchers import places
from toolgrad_dspy.secrets.masked import MASK, Masked, Secret
from toolgrad_dspy.secrets.urls import is_url, masked_segments, masked_url
from toolgrad_dspy.secrets.values import masked_secret, masked_value, secrets_in
from toolgrad_dspy.secrets.words import is_plain, may_name_secret, names_secret

_LONG_OPTION = re.compile(r"--[A-Za-z][\w.-]*")
# More letters may be the value of the first one, as in "-pPASSWORD".
_SHORT_OPTION = re.compile(r"-[A-Za-z]{1,3}")
_HEADER_OPTIONS = frozenset({"-H", "--header", "--headers"})
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(:\s*)(.*)", re.DOTALL)
_VARIABLE = re.compile(r"([A-Z_][A-Z0-9_]*)(?:=(.*))?", re.DOTALL)
_PORT = re.compile(r"\d{1,5}")
_URL_WITHIN = re.compile(r"[A-Za-z][\w+.-]*://\S*")
_PROGRAM = re.compile(r"[\w@./\\:+~^<>=!,*\[\]%-]{1,200}")


def masked_command(command: str) -> Masked:
    """``command``, a program's name or path. What else was written beside it is masked: a shell would read it.

    >>> masked_command("npx -y server --key x").shown
    'npx ***'
    """
    first, *rest = command.split(maxsplit=1)[:2] or [""]
    if not rest:
        return Masked(command)
    if re.match(r"[./\\~]|[A-Za-z]:", command):
        return masked_segments(command)
    return Masked(f"{first} {MASK}", tuple(secrets_in(rest[0])))


def masked_args(command: str, args: Sequence[str], public: Collection[str] = ()) -> list[Masked]:
    """Each of the arguments ``args`` of ``command``. The values of the options in ``public`` are no secrets.

    >>> args = ("-y", "@scope/server", "--port", "8080", "--pat", "hunter", "--db=pg://me:pw@host/sales", "data")
    >>> " ".join(masked.shown for masked in masked_args("npx", args))
    '-y @scope/server --port 8080 --pat *** --db=pg://***@host/sales ***'
    """
    place = places(command, args)
    masked: list[Masked] = []
    option = ""  # that this argument may be the value of
    for position, arg in enumerate(args):
        name, equals, value = arg.partition("=")
        is_option = _is_option(name)
        if is_option and equals:
            is_program = place.get(position) == "program"
            rest = _program(value) if is_program else Masked(value) if name in public else _value(value, name)
            masked.append(Masked(f"{name}={rest.shown}", rest.secrets))
        elif place.get(position) == "program":
            masked.append(_program(arg))
        elif place.get(position) == "variable":
            masked.append(_variable(arg))
        elif is_option or option in public:
            masked.append(Masked(arg))
        elif re.match(r"-[A-Za-z]", arg) and not option:
            masked.append(_attached(arg))
        else:
            masked.append(_value(arg, option))
        option = name if is_option and not equals else ""
    return masked


def masked_entry(entry: Mapping[str, JsonValue]) -> dict[str, Any]:
    """A server's entry as it may be shown and stored. That of what this gave is the same again.

    The values of the options, variables and headers that it names under ``public`` are no secrets.
    """
    shown = dict(entry)
    command, args, url = entry.get("command"), entry.get("args"), entry.get("url")
    listed = entry.get("public")
    public = frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
    if isinstance(command, str):
        shown["command"] = masked_command(command).shown
    if isinstance(args, list):
        shown["args"] = [masked.shown for masked in masked_args(str(command or ""), list(map(str, args)), public)]
    if isinstance(url, str):
        shown["url"] = masked_value(url).shown if is_url(url) else MASK
    for key in ("env", "headers"):
        values = entry.get(key)
        if isinstance(values, dict):
            shown[key] = {
                name: value if name in public else masked_secret(str(value)).shown for name, value in values.items()
            }
    return shown


def named_secrets(values: Mapping[str, str], public: Collection[str] = ()) -> Iterator[Secret]:
    """The secrets in the values of ``env`` or ``headers``, without those of the names in ``public``."""
    for name, value in values.items():
        if name not in public:
            yield from masked_secret(value, sure=names_secret(name)).secrets


def _is_option(name: str) -> bool:
    if _SHORT_OPTION.fullmatch(name):
        return True
    return _LONG_OPTION.fullmatch(name) is not None and is_plain(name)


def _value(text: str, option: str) -> Masked:
    """The value of ``option``, which is empty for an argument by itself."""
    if option in _HEADER_OPTIONS:
        return _header(text)
    if may_name_secret(option):
        return masked_secret(text, sure=names_secret(option))
    if option.endswith("port") and _PORT.fullmatch(text):
        return Masked(text)
    masked = masked_value(text)
    if masked.shown != MASK or " " not in text:
        return masked
    # A command within an argument, as "sh -c" has it: its options say what is secret.
    first, *rest = text.split()
    within = (secret for argument in masked_args(first, rest) for secret in argument.secrets)
    return Masked(MASK, (*masked.secrets, *within))


def _header(text: str) -> Masked:
    header = _HEADER.fullmatch(text)
    if header is None or not is_plain(header[1]):
        return masked_secret(text, sure=True)
    value = masked_secret(header[3], sure=names_secret(header[1]))
    return Masked(f"{header[1]}{header[2]}{value.shown}", value.secrets)


def _variable(text: str) -> Masked:
    """``NAME=value``, or ``NAME`` alone, for the environment of a program."""
    variable = _VARIABLE.fullmatch(text)
    if variable is None or not is_plain(variable[1].lower()):
        return masked_secret(text, sure=True)
    if variable[2] is None:
        return Masked(text)
    value = masked_secret(variable[2], sure=names_secret(variable[1]))
    return Masked(f"{variable[1]}={value.shown}", value.secrets)


def _attached(text: str) -> Masked:
    """An option of one letter with its value: ``-pPASSWORD``."""
    return Masked(text[:2] + MASK, (*secrets_in(text[2:]), *secrets_in(text)))


def _program(text: str) -> Masked:
    url = _URL_WITHIN.search(text)
    if url is not None:
        before, masked = _program(text[: url.start()]), masked_url(url[0])
        return Masked(before.shown + masked.shown, (*before.secrets, *masked.secrets))
    return Masked(text) if _PROGRAM.fullmatch(text) or not text else masked_value(text)
