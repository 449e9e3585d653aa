"""Why an MCP server does not start, in one line that says what to do."""

import errno

from pydantic import ValidationError

from toolgrad_dspy.errors import ToolSourceError, first_problem, one_line
from toolgrad_dspy.tools.mcp.secrets import MASK
from toolgrad_dspy.tools.mcp.targets import ErrorLog, HttpTarget, StdioTarget, Target

SECRET_LENGTH = 6
"""What is shorter is no secret (``LOG_LEVEL=info``), and would blot out half of a message."""


class KeepsGoingAwayError(Exception):
    """A server was started again and again, and went away each time before it answered a call."""


def explain(source: str, target: Target, error: BaseException, log: ErrorLog, start_timeout: float) -> str:
    """One line for ``error``, which stopped ``target`` from starting, with the server's own last line.

    Nothing of the environment and the headers that were passed to the server appears in it.
    """
    cause = _leaf(error)
    if isinstance(cause, ToolSourceError):
        return str(cause)
    said = log.last_line()
    line = f"tool source {source!r} ({target.label}) {_reason(target, cause, said, start_timeout)}"
    if said and isinstance(target, StdioTarget):
        line += f'; it said: "{one_line(said, 200)}"'
    return _redact(line, target)


def _reason(target: Target, cause: BaseException, said: str, start_timeout: float) -> str:
    if isinstance(cause, KeepsGoingAwayError):
        return 'goes away again after every start; if a single tool crashes it, leave that out with "deny"'
    if isinstance(cause, TimeoutError):
        return f'did not answer within {start_timeout:g} s; if it only needs longer, raise "start_timeout"'
    if isinstance(cause, ValidationError):
        return (
            f"answers what the protocol does not allow ({': '.join(first_problem(cause))}); report it to its authors"
        )
    if isinstance(target, StdioTarget):
        return _child_reason(target, cause)
    if isinstance(target, HttpTarget):
        return _http_reason(cause, said)
    return f"failed ({_words(cause)})"


def _http_reason(cause: BaseException, said: str) -> str:
    from mcp import MCPError

    response = getattr(cause, "response", None)  # of the HTTP client's status error, whichever client the SDK uses
    if response is not None:
        said = f"HTTP {response.status_code} {response.reason_phrase}"
    if said:
        return f'refuses the connection: {said}; check "url" and "headers"'
    if isinstance(cause, MCPError):
        return f'answers, but not as an MCP server ({_words(cause)}); check "url"'
    return f"cannot be reached ({_words(cause)}); check that it runs there"


def _child_reason(target: StdioTarget, cause: BaseException) -> str:
    if isinstance(cause, FileNotFoundError) and target.cwd is not None and cause.filename != target.command:
        return f'cannot start: the folder {target.cwd!r} does not exist; correct "cwd"'
    if isinstance(cause, FileNotFoundError):
        return f'cannot start: command {target.command!r} is not found; install it, or correct "command"'
    if isinstance(cause, PermissionError) or (isinstance(cause, OSError) and cause.errno == errno.ENOEXEC):
        return f'cannot start: {target.command!r} is not an executable program; correct "command"'
    if isinstance(cause, OSError) and cause.errno is not None:
        return f"cannot start: {_words(cause)}"
    if "closed" in str(cause).lower():
        return "exits before it answers; run the command by hand to see why"
    return f"failed: {_words(cause)}"


def _words(cause: BaseException) -> str:
    return one_line(str(cause) or type(cause).__name__, 160)


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _redact(line: str, target: Target) -> str:
    for secret in sorted(target.secrets, key=len, reverse=True):
        if len(secret) >= SECRET_LENGTH:
            line = line.replace(secret, MASK)
    return line
