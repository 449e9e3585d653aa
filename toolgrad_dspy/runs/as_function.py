"""The main job as a function: ``generate()`` for scripts and notebooks, ``agenerate()`` for asynchronous code."""

import asyncio
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Unpack

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import RunError, one_line
from toolgrad_dspy.records import SessionStatus
from toolgrad_dspy.runs.engines import LocalEngine
from toolgrad_dspy.runs.event_loop import execute
from toolgrad_dspy.runs.generate_run import generate_run
from toolgrad_dspy.runs.progress import run_progress
from toolgrad_dspy.runs.run import Run
from toolgrad_dspy.runs.settings import Settings, check_call, run_spec
from toolgrad_dspy.runs.spec import REHEARSAL_NOTE
from toolgrad_dspy.runs.tools_given import ToolsGiven, tools_given
from toolgrad_dspy.streams import tell


def generate(
    tools: ToolsGiven = None,
    model: str | None = None,
    n: int = 10,
    output: str | Path | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """Grow ``n`` samples on ``tools`` with ``model``, into the folder ``output``, as ``toolgrad-dspy generate`` does.

        from toolgrad_dspy import generate

        run = generate("servers.json", "openai/gpt-4.1-mini", n=20, output="runs/first")
        for sample in run:
            print(sample.query)

    - ``tools``: a tools file, what a servers file holds, Python functions, a source, or a list of those; None: the
      bundled world.
    - ``model``: litellm's name of the model for all roles; None: what the environment says, else rehearsal, which is
      scripted and no language model.
    - ``n``: sessions, one sample each at most.
    - ``output``: the run folder; None: a new one under ``runs/``. The same call on the same folder resumes it.
    - ``settings``: see :class:`~toolgrad_dspy.runs.Settings`.

    It works in a notebook, too, where an event loop runs already. After Ctrl-C or SIGTERM running sessions get
    ``grace`` seconds to end, and KeyboardInterrupt is raised; the folder holds what has ended. Raises UsageError for
    what is wrong with the arguments and settings, and RunError for what breaks the run, a budget that is used up
    among it; ``Run(folder)`` has the sessions that had ended.
    """
    job = _Job(tools, model, n, output, settings)
    if _in_event_loop():
        return run_on_loop_thread(job.run())
    if threading.current_thread() is not threading.main_thread():
        return execute(job.run())
    run = execute(job.run(), job.engine.stop)
    if job.engine.stopped and run.figures.sessions < n:
        raise KeyboardInterrupt(f"{run.folder} holds {run.figures.sessions} of {n} sessions; the same call resumes")
    return run


async def agenerate(
    tools: ToolsGiven = None,
    model: str | None = None,
    n: int = 10,
    output: str | Path | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """:func:`generate` for asynchronous code. When it is cancelled, the same call on its folder resumes the run."""
    return await _Job(tools, model, n, output, settings).run()


def new_folder() -> Path:
    """A run folder for a run that was given none: named by the time, to the second."""
    return Path("runs") / datetime.now().strftime("%Y-%m-%d-%H%M%S")


class _Job:
    """One call of :func:`generate`: the run that it asks for, and the engine that plays it."""

    def __init__(
        self,
        tools: ToolsGiven,
        model: str | None,
        n: int,
        output: str | Path | None,
        settings: Settings,
    ) -> None:
        check_call(model=model, n=n, output=output, **settings)
        self._spec = run_spec(tools_given(tools), n, model, settings)
        self._folder = new_folder() if output is None else Path(output)
        self._again: tuple[SessionStatus, ...] = ("failed",) if settings.get("retry_failed") else ()
        self._quiet = not settings.get("progress", True)
        self._notes: list[str] = []
        self.engine = LocalEngine(settings.get("max_concurrency", 64), settings.get("grace", 5.0))

    async def run(self) -> Run:
        """Play it."""
        if self._spec.models.all_rehearsal:
            self._say(REHEARSAL_NOTE)
        try:
            await generate_run(
                self._spec,
                self._folder,
                engine=self.engine,
                progress=lambda total, before: run_progress(total, before, self._quiet),
                say=self._say,
                again=self._again,
            )
        except RunError as error:
            if not (self._folder / "run.db").exists():  # the tools or the models were refused
                raise
            folder = str(self._folder)
            there = f"finished sessions are in {folder}; the same call with output={folder!r} resumes"
            raise type(error)(f"{error} ({there})", code=error.code) from error
        return Run(self._folder, tuple(self._notes))

    def _say(self, line: str) -> None:
        self._notes.append(line)
        if not self._quiet:
            tell(f"{one_line(line, 2000)}\n", sys.stderr)


def _in_event_loop() -> bool:
    """Whether this thread runs an event loop already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
