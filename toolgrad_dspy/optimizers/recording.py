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
from typing import Literal, Self

import dspy
from pydantic import ValidationError

from toolgrad_dspy.errors import RunError, UsageError, one_line
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_on_loop_thread, run_session
from toolgrad_dspy.records import Record, Session, Tool
from toolgrad_dspy.tools import Library

FORMAT = "toolgrad-dspy recording 1"

# A session of a run: the run's seed and the session's index.
Task = tuple[int, int]


class Header(Record):
    """The first line of a recording. ``library`` is the digest of ``tools``, ``sessions`` how many lines follow.

    ``digest`` is the SHA-256 of those lines, in hexadecimal.
    """

    format: Literal["toolgrad-dspy recording 1"] = FORMAT
    library: str
    config: ProgramConfig
    tools: tuple[Tool, ...]
    sessions: int
    digest: str


@dataclass(frozen=True, slots=True)
class Recording:
    """Sessions of one program on one library. ``library`` is the digest of the library, ``tools`` are all of its."""

    library: str
    config: ProgramConfig
    tools: tuple[Tool, ...]
    sessions: tuple[Session, ...]

    @property
    def tool_calls(self) -> int:
        """What the recording took, replayed calls included."""
        return sum(session.usage.tool_calls + session.usage.replayed_calls for session in self.sessions)

    def check(self, program: ToolGrad, tasks: Iterable[dspy.Example], path: Path) -> None:
        """Raises UsageError, about the file ``path``, unless the recording is of the library, of the configuration
        and of all ``tasks`` that ``program`` is to be tuned with. The library need not be open for calls, but known.
        """
        differing = [
            name
            for name, there in self.config.model_dump().items()
            if there != getattr(program.config, name)
        ]
        recorded = {(session.seed, session.index) for session in self.sessions}
        missing = [task for task in tasks if _task(task) not in recorded]
        problem = ""
        if self.library != program.library.digest:
            problem = "was made with other tools"
        elif differing:
            problem = "was made with another configuration of the program: " + ", ".join(
                f"{name} {getattr(self.config, name)} there, {getattr(program.config, name)} now" for name in differing
            )
        elif missing:
            seed, index = _task(missing[0])
            problem = f"lacks {len(missing)} of the tasks: session {index} of seed {seed} is the first"
        if problem:
            raise UsageError(f"the recording {path} {problem}; name another file, or delete it to record anew")

    def save(self, path: Path) -> None:
        """Write the recording to ``path``, whole or not at all. Raises StoreError."""
        lines = [session.model_dump_json() for session in self.sessions]
        header = Header(
            library=self.library, config=self.config, tools=self.tools, sessions=len(lines), digest=_digest(lines)
        )
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
            raise UsageError(f"cannot read the recording {path}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{path} is not a recording: it is not text in UTF-8") from None
        if _format(head) != FORMAT:
            raise UsageError(f"{path} is not a recording: it does not begin with {FORMAT!r}")
        try:
            header = Header.model_validate_json(head)
            if (len(lines), _digest(lines)) != (header.sessions, header.digest):
                raise ValueError(f"{len(lines)} of {header.sessions} sessions are there, or they were changed")
            sessions = tuple(Session.model_validate_json(line) for line in lines)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            said = one_line(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 160)
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
    gate = asyncio.Semaphore(64)
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


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


def _format(line: str) -> object:
    """What a first line calls its format; None for anything else."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return head.get("format") if isinstance(head, dict) else None
