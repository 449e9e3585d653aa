"""Variables in a configuration: ``${NAME}``, ``${env:NAME}`` and ``${NAME:-default}``."""

import re
from collections.abc import Callable, Iterable, Mapping

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.secrets.masked import MASK
from toolgrad_dspy.secrets.words import is_plain

WORKSPACE = "${WORKSPACE}"

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"((?:env:)?([A-Za-z_]\w*))(?::-(.*))?", re.DOTALL)
_PER_SESSION = frozenset({"WORKSPACE", "SEED", "SESSION"})
# Such as "input:key", for which an editor would ask its user.
_FOREIGN = re.compile(r"[\w:.-]+")


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """``text`` with ``${NAME}``, ``${env:NAME}`` and ``${NAME:-default}`` replaced.

    ``${WORKSPACE}``, ``${SEED}`` and ``${SESSION}`` stay for the session to fill in. Raises UsageError for a variable
    that is not set (``variable_not_set``), and for anything else in braces (``unsupported_variable``), which it shows
    only if it is plain words; ``where`` says where it stands.
    """

    def value(match: re.Match[str]) -> str:
        parts = _NAME.fullmatch(match[1])
        if parts is None:
            raise UsageError(
                f"{where}: {shown_variable(match)} is not supported; write the value, or ${{NAME}} for an "
                "environment variable",
                code="unsupported_variable",
            )
        name, default = parts[2], parts[3]
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
    return frozenset(reference[2] for reference in references if reference is not None)


def with_variables(text: str, replaced: Callable[[re.Match[str]], str]) -> str:
    """``text`` with everything of the form ``${...}`` replaced."""
    return _VARIABLE.sub(replaced, text)


def shown_variable(match: re.Match[str]) -> str:
    """A variable as it may be shown: its name, and that it has a default, which may be a secret."""
    parts = _NAME.fullmatch(match[1])
    if parts is None:
        return match[0] if is_plain(match[1]) and _FOREIGN.fullmatch(match[1]) else f"${{{MASK}}}"
    return f"${{{parts[1]}:-{MASK}}}" if parts[3] else match[0]
