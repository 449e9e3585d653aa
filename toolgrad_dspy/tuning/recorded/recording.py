"""Recordings: the sessions of a program's training and validation tasks, for tuning without tools.

A recording is one file of JSON Lines: a header, then a session per line. What tuning needs (the workflow, the reports
and the results at the beginning of every iteration) follows from a session's trace.
"""

import asyncio
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
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_session
from toolgrad_dspy.records import Record, Session, Tool
from toolgrad_dspy.tools import Library

FORMAT: Final = "toolgrad-dspy recording 1"

# Sessions that are recorded at once.
AT_ONCE = 64

# A session of a run: the run's seed and the session's index.
Task = tuple[int, int]


class Header(Record):
    """The first line of a recording. ``library`` is the digest of ``tools``, ``sessions`` how many lines follow.

    ``digest`` is the SHA-256, in hexadecimal, of the whole file with this one field empty.
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
    """Sessions of one program on one library. ``tools`` are all of the library's, ``library`` is its digest."""

    library: str
    config: ProgramConfig
    tools: tuple[Tool, ...]
    sessions: tuple[Session, ...]

    @property
    def tool_calls(self) -> int:
        """What the recording took, replayed calls included."""
        return sum(session.usage.tool_calls + session.usage.replayed_calls for session in self.sessions)

    def check(self, program: ToolGrad, tasks: Iterable[dspy.Example], path: Path) -> None:
        """Raise UsageError about the file ``path`` unless ``program`` can be tuned on ``tasks`` by this recording.

        It can if the recording has the tools of its library, its configuration, and all of the tasks.
        """
        recorded = {(session.seed, session.index) for session in self.sessions}
        missing = [task for task in map(_task, tasks) if task not in recorded]
        there, now = self.config.model_dump(), program.config.model_dump()
        differing = [f"{name} {there[name]} there, {now[name]} now" for name in there if there[name] != now[name]]
        if self.library != program.library.digest:
            problem = f"was made with other tools ({len(self.tools)} there, {len(program.library.tools)} now)"
        elif differing:
            problem = f"was made with another configuration of the program ({'; '.join(differing)})"
        elif missing:
            problem = f"lacks {len(missing)} of the tasks, session {missing[0][1]} of seed {missing[0][0]} first"
        else:
            return
        raise UsageError(f"the recording {path} {problem}; name another file, or delete this one to record anew")

    def save(self, path: Path) -> None:
        """Write the recording to ``path``, whole or not at all. Raises StoreError."""
        lines = [session.model_dump_json() for session in self.sessions]
        header = Header(library=self.library, config=self.config, tools=self.tools, sessions=len(lines))
        header = header.model_copy(update={"digest": header.over(lines)})
        with store_errors(path, "write the recording there"):
            path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_writer(path) as file:
            file.writelines(f"{line}\n" for line in (header.model_dump_json(), *lines))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The recording in ``path``. Raises UsageError when it cannot be read, is none, or is damaged."""
        try:
            # Not splitlines: JSON leaves U+2028 and its like in strings.
            head, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        except OSError as error:
            raise UsageError(f"cannot read the recording {path}: {os_reason(error)}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{path} is not a recording: it is not text in UTF-8") from None
        if _format(head) != FORMAT:
            raise UsageError(f"{path} is not a recording: it does not begin with {FORMAT!r}")
        try:
            header = Header.model_validate_json(head)
            if len(lines) != header.sessions:
                raise ValueError(f"it has {len(lines)} sessions of {header.sessions}")
            if header.over(lines) != header.digest:
                raise ValueError("it was changed after it was written")
            sessions = tuple(Session.model_validate_json(line) for line in lines)
        except ValidationError as error:
            said = one_line(": ".join(first_problem(error)), 160)
            raise UsageError(f"the recording {path} is damaged: {said}") from None
        except ValueError as error:
            raise UsageError(f"the recording {path} is damaged: {one_line(error, 160)}") from None
        return cls(header.library, header.config, header.tools, sessions)


def record(
    program: ToolGrad, tasks: Sequence[dspy.Example], *, progress: Callable[[int], None] = lambda done: None
) -> Recording:
    """Play ``tasks`` once with ``program``, whose library has to be open on the background loop.

    ``progress`` is told how many sessions have ended. Not for callers on that loop. Raises ToolGradError as sessions
    do, and RunError when not one of them gave a step.
    """
    sessions = run_on_loop_thread(_played(program, tasks, progress))
    if sessions and all(session.status == "failed" for session in sessions):
        raise RunError(f"every recorded session failed; the first one: {sessions[0].reason}")
    library: Library = program.library
    return Recording(library.digest, program.config, library.tools, sessions)


async def _played(
    program: ToolGrad, tasks: Sequence[dspy.Example], progress: Callable[[int], None]
) -> tuple[Session, ...]:
    gate = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(task: dspy.Example) -> Session:
        nonlocal done
        async with gate:
            session = await run_session(program, *_task(task))
        done += 1
        progress(done)
        return session

    return tuple(await asyncio.gather(*(one(task) for task in tasks)))


def _task(task: dspy.Example) -> Task:
    return task.seed, task.index


def _format(line: str) -> object:
    """What a first line calls its format; None for anything else."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return head.get("format") if isinstance(head, dict) else None
