"""Recordings: the sessions of a program's training and validation tasks, for tuning without tools.

A recording is one file of JSON Lines: a header, then one session per line. What tuning needs (the workflow, the
reports and the results at the beginning of every iteration) follows from a session's trace.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, Self

import dspy
from pydantic import ValidationError

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import RunError, UsageError, first_problem, one_line, os_reason
from toolgrad_dspy.files import atomic_writer, read_input, store_errors
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_sessions
from toolgrad_dspy.records import Record, Session, Tool
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.use import Use

FORMAT: Final = "toolgrad-dspy recording 1"

# Larger than that a recording is not read.
MOST_BYTES = 2**30


# What tells a session from all others: the run's seed and the session's index.
SessionKey = tuple[int, int]


class RecordingHeader(Record):
    """The first line of a recording. ``library`` is the digest of ``tools``, ``sessions`` how many lines follow.

    ``digest`` is the SHA-256, in hexadecimal, of the whole file with this field empty.
    """

    format: Literal["toolgrad-dspy recording 1"] = FORMAT
    library: str
    config: ProgramConfig
    tools: tuple[Tool, ...]
    sessions: int
    digest: str = ""

    def over(self, lines: Iterable[str]) -> str:
        """The digest of a file with this header and ``lines`` after it."""
        head = self.model_copy(update={"digest": ""}).model_dump_json()
        return sha256("\n".join((head, *lines)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Recording:
    """Sessions of one program on one library. ``tools`` are all of the library's, ``library`` is its digest.

    Made by :func:`record`, or read from a file::

        recording = record(program, [*tasks.train, *tasks.validation])
        recording.save(Path("states.jsonl"))
        evaluator = RecordedEvaluator(Recording.load(Path("states.jsonl")), Metric())
    """

    library: str
    config: ProgramConfig
    tools: tuple[Tool, ...]
    sessions: tuple[Session, ...]

    @property
    def tool_calls(self) -> int:
        """How many tool calls recording took, replayed ones included."""
        return sum(session.usage.all_tool_calls for session in self.sessions)

    @property
    def digest(self) -> str:
        """Equal for equal recordings only."""
        return self._header([session.model_dump_json() for session in self.sessions]).digest

    def check(self, program: ToolGrad, tasks: Iterable[dspy.Example], path: Path) -> None:
        """Raise UsageError about the file ``path`` unless ``program`` can be tuned on ``tasks`` with this recording.

        It can if the recording has the tools of its library, its configuration, and all of the tasks.
        """
        recorded = {(session.seed, session.index) for session in self.sessions}
        missing = [key for key in map(_session_key, tasks) if key not in recorded]
        there, now = self.config.model_dump(), program.config.model_dump()
        differing = [f"{name} {there[name]} there, {now[name]} now" for name in there if there[name] != now[name]]
        if self.library != program.library.digest:
            code = "other_tools"
            problem = f"was made with other tools ({len(self.tools)} there, {len(program.library.tools)} now)"
        elif differing:
            code = "other_configuration"
            problem = f"was made with another program configuration ({'; '.join(differing)})"
        elif missing:
            code, (seed, index) = "missing_tasks", missing[0]
            problem = f"lacks {len(missing)} of the tasks, the first one is session {index} of seed {seed}"
        else:
            return
        raise UsageError(
            f"the recording {path} {problem}; name another file, or delete this one to record again", code=code
        )

    def save(self, path: Path) -> None:
        """Write the recording to ``path``, whole or not at all. Raises StoreError."""
        lines = [session.model_dump_json() for session in self.sessions]
        header = self._header(lines)
        with store_errors(path, "write the recording there"):
            path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_writer(path) as file:
            file.writelines(f"{line}\n" for line in (header.model_dump_json(), *lines))

    def _header(self, lines: list[str]) -> RecordingHeader:
        header = RecordingHeader(library=self.library, config=self.config, tools=self.tools, sessions=len(lines))
        return header.model_copy(update={"digest": header.over(lines)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """The recording in ``path``. Raises UsageError if it cannot be read, is damaged, or is no recording."""
        try:
            # Not splitlines: JSON may contain U+2028 and other line separators in its strings.
            head, *lines = read_input(path, "utf-8", MOST_BYTES).removesuffix("\n").split("\n")
        except OSError as error:
            raise UsageError(
                f"cannot read the recording {path}: {os_reason(error)}", code="unreadable_recording"
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"{path} is not a recording: it is not UTF-8 text", code="not_a_recording") from None
        if _format(head) != FORMAT:
            raise UsageError(
                f"{path} is not a recording: its first line does not name the format {FORMAT!r}",
                code="not_a_recording",
            )
        try:
            header = RecordingHeader.model_validate_json(head)
            if len(lines) != header.sessions:
                raise ValueError(f"{len(lines)} of {header.sessions} sessions are there")
            if header.over(lines) != header.digest:
                raise ValueError("the file was changed after it was written")
            sessions = tuple(Session.model_validate_json(line) for line in lines)
        except ValidationError as error:
            raise _damaged(path, ": ".join(first_problem(error))) from None
        except ValueError as error:
            raise _damaged(path, error) from None
        return cls(header.library, header.config, header.tools, sessions)


def record(
    program: ToolGrad,
    tasks: Sequence[dspy.Example],
    *,
    progress: Callable[[int], None] = lambda done: None,
    at_once: int = 64,
    seconds: float | None = None,
    journal: Journal | None = None,
    used: Callable[[], Use] = Use,
) -> Recording:
    """Run ``program`` once on each of ``tasks``; its library has to be open on the background loop.

    ``progress`` is called with the number of sessions that have ended, ``at_once`` is how many may run together.
    ``journal`` keeps each session that ended well, with what is ``used`` by then; those it has are not run again.
    Never call this from the background loop. Raises ToolGradError as sessions do, RunError if all of them failed
    (``all_sessions_failed``), and TimeoutError after ``seconds``.
    """
    there = {} if journal is None else {(session.seed, session.index): session for session in journal.sessions()}
    count = itertools.count(len([task for task in tasks if _session_key(task) in there]) + 1)

    def ended(session: Session) -> None:
        if journal is not None and session.status != "failed":  # a failed one may do better the next time
            journal.keep_session(session, used())
        progress(next(count))

    async def run() -> list[Session]:
        missing = [task for task in tasks if _session_key(task) not in there]
        async with asyncio.timeout(seconds):
            return await run_sessions(program, missing, at_once, ended)

    ran = {(session.seed, session.index): session for session in run_on_loop_thread(run())}
    sessions = tuple((there | ran)[_session_key(task)] for task in tasks)
    if sessions and all(session.status == "failed" for session in sessions):
        raise RunError(
            f"all {len(sessions)} recorded sessions failed; the first: {sessions[0].reason}",
            code="all_sessions_failed",
        )
    library: Library = program.library
    return Recording(library.digest, program.config, library.tools, sessions)


def _session_key(task: dspy.Example) -> SessionKey:
    return task.seed, task.index


def _damaged(path: Path, reason: object) -> UsageError:
    return UsageError(f"the recording {path} is damaged: {one_line(reason, 160)}", code="damaged_recording")


def _format(line: str) -> object:
    """The format that a file's first line names, None if it names none."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return head.get("format") if isinstance(head, dict) else None
