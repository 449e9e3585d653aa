"""Every error a caller may see, and how errors are worded.

    ToolGradError                what the user can fix: shown as one line, without a traceback
    ├── UsageError               the command, its options or a file it was given are wrong     (exit code 2)
    ├── CallLimitError           a session may make no more LM calls (in ``lm``); it ends, and the run goes on
    └── RunError                 the run cannot start or go on; everything so far is stored    (exit code 1)
        ├── ToolSourceError      a tool source does not start, or lists tools that cannot be used
        ├── ModelError           a model cannot be reached, or refuses every call
        │   ├── UnavailableError     its account has answered no call for as long as the run waits
        │   └── UnansweredError      one call got no answer, while its account answers others
        ├── BudgetSpentError     the budget of a run is used up (in ``lm``, with what is counted)
        └── StoreError           a run folder or a file cannot be read or written

What goes wrong *inside* a session (a failed tool call, an answer that cannot be parsed) is data, not an
exception: see ``records``.
"""

import difflib
import reprlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pydantic import ValidationError

T = TypeVar("T")

MISTAKES_SHOWN = 20
"""So many mistakes of a file are told, and how many more there are."""

_BRIEF = reprlib.Repr()
# A value of a YAML file may hold itself, or parts of itself again and again.
_BRIEF.maxlevel, _BRIEF.maxstring, _BRIEF.maxother, _BRIEF.maxlong = 2, 80, 80, 40


class ToolGradError(Exception):
    """Base of all errors above. ``str(error)`` is one line that says what is wrong and what to do.

    ``code`` names the mistake in a few words of snake case (``unknown_key``). Programs and tests go by the code: the
    wording may change, the code does not. Without one of its own an error has its class's.
    """

    exit_code = 1
    code = "error"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code

    @property
    def line(self) -> str:
        """The error as commands print it: with its code, unless that says no more than the exit code.

        >>> UsageError("there is no run here", code="not_a_run").line
        'there is no run here [not_a_run]'
        >>> UsageError("there is no run here").line
        'there is no run here'
        """
        return str(self) if self.code == type(self).code else f"{self} [{self.code}]"

    def __reduce__(self) -> tuple[object, ...]:
        # Sent between processes: Exception's own way leaves out what is passed by name.
        return _rebuilt, (type(self), str(self), self.code)


def _rebuilt(kind: type[ToolGradError], message: str, code: str) -> ToolGradError:
    return kind(message, code=code)


class UsageError(ToolGradError):
    """The command line, the environment or a file that was passed in is wrong."""

    exit_code = 2
    code = "usage"
    mistakes: "tuple[UsageError, ...]" = ()
    """What it is made of, where several things are wrong with one file."""


class Mistakes:
    """Collects what is wrong in one place, a file for example, to tell all of it at once, and nothing twice.

    ``where`` names the place; empty where every mistake names its own.

    >>> mistakes = Mistakes("servers.json")
    >>> for key in ("comand", "arg"):
    ...     mistakes.add(f"unknown key {key!r}", "unknown_key")
    >>> try:
    ...     mistakes.check()
    ... except UsageError as error:
    ...     print(error.line)
    servers.json: 2 mistakes: (1) unknown key 'comand' (2) unknown key 'arg' [unknown_key]
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._found: list[UsageError] = []

    def add(self, text: str, code: str) -> None:
        """``text`` says what is wrong, ``code`` what kind of mistake it is."""
        self._found.append(UsageError(text, code=code))

    def attempt(self, work: Callable[[], T], otherwise: T) -> T:
        """What ``work`` returns, or ``otherwise`` if it raises a UsageError, which is kept for :meth:`check`."""
        try:
            return work()
        except UsageError as error:
            self._found += error.mistakes or (error,)
            return otherwise

    def check(self) -> None:
        """Raise what was collected, if anything was: see :meth:`as_one`."""
        if self._found:
            raise self.as_one()

    def as_one(self) -> UsageError:
        """The mistakes, one at least, as one error.

        Of several its code is the one that all of them have; else it is ``several_mistakes``, and each stands there
        with its own.
        """
        found = list({str(error): error for error in self._found}.values())
        where = f"{self._where}: " if self._where else ""
        placed = tuple(UsageError(f"{where}{error}", code=error.code) for error in found)
        if len(placed) == 1:
            return placed[0]
        codes = {error.code for error in found}
        texts = [str(error) if len(codes) == 1 else error.line for error in found[:MISTAKES_SHOWN]]
        numbered = " ".join(f"({number}) {text}" for number, text in enumerate(texts, 1))
        more = f" and {len(found) - MISTAKES_SHOWN} more" if len(found) > MISTAKES_SHOWN else ""
        one = UsageError(
            f"{where}{len(found)} mistakes: {numbered}{more}",
            code=codes.pop() if len(codes) == 1 else "several_mistakes",
        )
        one.mistakes = placed
        return one


class RunError(ToolGradError):
    """The run cannot start or cannot go on."""

    code = "run"


class ToolSourceError(RunError):
    """A tool source does not start, stops answering for good, or lists tools that cannot be used."""

    code = "tool_source"


class ModelError(RunError):
    """A language model is not configured, cannot be reached, or refuses every call."""

    code = "model"


class UnavailableError(ModelError):
    """The account of a model has answered nothing for as long as the run was to wait. The run can be resumed."""

    code = "unavailable"


class UnansweredError(ModelError):
    """A call got no answer in all its attempts, while the account answers others.

    What was to come of it is neither a result nor a failure: the session is not counted, and can be played again.
    """

    code = "unanswered"


class StoreError(RunError):
    """A run folder, a program file or another output cannot be read or written."""

    code = "store"


def one_line(text: object, limit: int = 300) -> str:
    """``text`` with all white space folded, cut to ``limit`` characters: fit for a one-line message."""
    folded = " ".join(str(text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def shortened(text: str, limit: int) -> str:
    """``text`` without its middle, if it has more than ``limit`` characters: begin and end say most.

    >>> shortened("cannot read aaaaaaaaaaaaaaaaaaaaaaaa [file_system]", 30)
    'cannot read aa…a [file_system]'
    """
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2 - 1]}…{text[-(limit // 2) :]}"


def duration(seconds: float) -> str:
    """``9 s``, ``4 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def brief(value: object) -> str:
    """How ``value`` is written in Python, in at most 80 characters of one line: to say what was got."""
    return one_line(_BRIEF.repr(value), 80)


def nearest(word: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that ``word`` was probably meant to be, or None. ``cutoff`` is difflib's, 0 to 1."""
    close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=cutoff)
    return close[0] if close else None


def hint(word: object, known: Iterable[str]) -> str:
    """What to say after an unknown ``word``: ``did you mean 'iterations'?``, or all the words that are known."""
    words = list(known)
    near = nearest(word, words)
    return f"did you mean {near!r}?" if near else f"choose from {', '.join(words)}"


def os_reason(error: OSError) -> str:
    """Why the operating system refused, without the file's name, which the message has already."""
    return error.strerror or one_line(error)


def problems(error: "ValidationError") -> list[tuple[str, str]]:
    """What pydantic found wrong: each dotted place (empty for the whole), once, and what is wrong there.

    The value is not part of it: it may be a secret.
    """
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"])
        found.setdefault(place, problem["msg"].removeprefix("Value error, "))
    return list(found.items())


def first_problem(error: "ValidationError") -> tuple[str, str]:
    """The first of :func:`problems`."""
    return problems(error)[0]
