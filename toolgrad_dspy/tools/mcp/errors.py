"""Why an MCP server cannot be used, in one line that says what to do."""

import errno
from dataclasses import dataclass

from pydantic import ValidationError

from toolgrad_dspy.errors import ToolSourceError, first_problem, one_line
from toolgrad_dspy.secrets import Hidden
from toolgrad_dspy.tools.mcp.targets import ErrorLog, HttpTarget, StdioTarget, Target


class KeepsGoingAwayError(Exception):
    """A server was started again and again, and went away each time before it answered a call."""


class CrashedError(Exception):
    """A server has gone away that held the state of a session."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a server cannot be used: the error's code, and the rest of a sentence that begins with the server."""

    code: str
    text: str


def explain(
    source: str, target: Target, error: BaseException, log: ErrorLog, start_timeout: float, hidden: Hidden
) -> ToolSourceError:
    """The error for the user: what ``error``, which stopped ``target``, means, and the server's own last line.

    Nothing that is ``hidden`` appears in it.
    """
    cause = _leaf(error)
    if isinstance(cause, ToolSourceError):  # raised by us on the way, and already in plain words
        return cause
    # Before anything is cut: half a secret is not recognised.
    hide = hidden.errors.text
    said, words = hide(log.last_line()), one_line(hide(str(cause) or type(cause).__name__), 160)
    reason = _reason(target, cause, words, said, start_timeout)
    line = f"tool source {source!r} ({target.label}) {hide(reason.text)}"
    if said and isinstance(target, StdioTarget):
        line += f'; it said: "{one_line(said, 200)}"'
    return ToolSourceError(line, code=reason.code)


def _reason(target: Target, cause: BaseException, words: str, said: str, start_timeout: float) -> Reason:
    if isinstance(cause, KeepsGoingAwayError):
        # Restarts are counted from the last answer, so it is a call that brings it down, not the start itself.
        return Reason(
            "server_keeps_crashing",
            'stops again after every restart; if a single tool makes it crash, leave that tool out with "deny"',
        )
    if isinstance(cause, CrashedError):
        return Reason("server_crashed", "crashed, and what it held for this session is lost")
    if isinstance(cause, TimeoutError):
        return Reason(
            "start_timeout", f'did not answer within {start_timeout:g} s; if it needs longer, raise "start_timeout"'
        )
    if isinstance(cause, ValidationError):
        problem = ": ".join(first_problem(cause))
        return Reason(
            "protocol_violation", f"answers what the protocol does not allow ({problem}); report it to its authors"
        )
    if isinstance(target, StdioTarget):
        return _child_reason(target, cause, words)
    if isinstance(target, HttpTarget):
        return _http_reason(cause, words, said)
    return Reason("server_fails", f"failed ({words})")


def _http_reason(cause: BaseException, words: str, said: str) -> Reason:
    from mcp import MCPError

    # An error status is what the user can act on. The older transport raises it with the response attached, whichever
    # HTTP client the SDK uses; the newer one hides it, so it was noted down when the response came.
    response = getattr(cause, "response", None)
    if response is not None:
        said = f"HTTP {response.status_code} {response.reason_phrase}"
    if said:
        return Reason("server_refuses", f'refuses the connection: {said}; check "url" and "headers"')
    # It answered without an error status, but not in the protocol: a web page, for example.
    if isinstance(cause, MCPError):
        return Reason("not_an_mcp_server", f'answers, but not as an MCP server ({words}); check "url"')
    return Reason("server_unreachable", f"cannot be reached ({words}); check that it is running there")


def _child_reason(target: StdioTarget, cause: BaseException, words: str) -> Reason:
    # Python reports a missing working directory as a missing file too, with the directory as the file's name.
    if isinstance(cause, FileNotFoundError) and target.cwd is not None and cause.filename != target.command:
        return Reason("folder_missing", f'cannot start: the folder {target.cwd!r} does not exist; correct "cwd"')
    if isinstance(cause, FileNotFoundError):
        return Reason(
            "command_not_found",
            f'cannot start: command {target.shown_command!r} is not found; install it, or correct "command"',
        )
    # ENOEXEC: a text file with the executable bit set but without a "#!" line.
    if isinstance(cause, PermissionError) or (isinstance(cause, OSError) and cause.errno == errno.ENOEXEC):
        return Reason(
            "not_executable",
            f'cannot start: {target.shown_command!r} is not an executable program; correct "command"',
        )
    if isinstance(cause, OSError) and cause.errno is not None:
        return Reason("cannot_start", f"cannot start: {words}")
    # The SDK has no type for a child that ended: only the words "Connection closed".
    if "closed" in str(cause).lower():
        return Reason("server_exits", "exits before it answers; run the command by hand to see why")
    return Reason("server_fails", f"failed: {words}")


def _leaf(error: BaseException) -> BaseException:
    """The first of the errors that task groups have wrapped in groups of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
