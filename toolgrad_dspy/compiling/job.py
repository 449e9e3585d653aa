"""Compiling from a specification: open the tools, tune, and save the program with how it came about."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import dspy
from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.compiling.describe import describe
from toolgrad_dspy.compiling.outputs import check_output, journal_of, only_writer
from toolgrad_dspy.compiling.spec import CompileSpec, check_roles, check_tasks
from toolgrad_dspy.compiling.stages import Compiled, Watch, compile_program
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import check_writable, is_there
from toolgrad_dspy.lm import LOOP_ROLES, BudgetSpentError, Models, Role
from toolgrad_dspy.metrics import Metric, build_metric
from toolgrad_dspy.optimizers import Optimizer
from toolgrad_dspy.optimizers import optimizer as find_optimizer
from toolgrad_dspy.program import Tasks, ToolGrad, draw, load_program, read_program, save_program, schema_notes
from toolgrad_dspy.runs import SessionEstimate, typical_session
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import (
    Journal,
    Ledger,
    LiveEvaluator,
    Prompts,
    RecordedEvaluator,
    Recording,
    TuningUsage,
    Use,
    record,
    session_use,
)
from toolgrad_dspy.tuning.finalists import following, fresh_number

_log = logging.getLogger(__name__)

Stage = Callable[[str], None]
Progress = Callable[[TuningUsage], None]
Ended = Callable[[int, int], None]
Say = Callable[[str], None]


# After so many sessions of a tuning the estimate is told once more, from what they used.
FIRST_SESSIONS = 8


def _silent(*news: object) -> None:
    """Ignore the news."""


def compile(
    spec: CompileSpec,
    path: Path,
    *,
    resume: bool = False,
    force: bool = False,
    stage: Stage = _silent,
    progress: Progress = _silent,
    ended: Ended = _silent,
    say: Say = _silent,
) -> Compiled:
    """Tune the program of ``spec``, compare it with its base on tasks that tuning never saw, and save it to ``path``.

    While it is tuned, every session and answer is kept in a journal beside ``path``, which is removed at the
    end. ``resume`` continues such an interrupted tuning; ``force`` overwrites ``path`` and an old journal. ``stage``,
    ``progress`` and ``ended`` are as for :func:`compile_program`; a recording is a stage before the tuning, with
    sessions that end. ``say`` gets lines about the tools, the tasks, the
    recording, and what the compile is expected to use. Not for callers on the background loop.

    Raises UsageError for a wrong specification or place (see :func:`check_output`), and RunError for what breaks
    tuning: the journal is kept then, as after KeyboardInterrupt.

        from pathlib import Path
        from toolgrad_dspy.compiling import CompileSpec, TaskCounts, compile
        from toolgrad_dspy.tuning import TuningBudget

        spec = CompileSpec(
            optimizer="bootstrap",
            tasks=TaskCounts(train=4, validation=4, test=8),
            budget=TuningBudget(metric_calls=40),
        )
        compiled = compile(spec, Path("programs/first.json"), say=print)
        print(compiled.conclusion)
    """

    def staged(name: str) -> None:
        _log.info("stage: %s", name)
        stage(name)

    check_tasks(spec.tasks)
    check_roles(spec.tuned)
    job = Job.of(spec, say)
    with only_writer(path):
        return _compiled(job, path, resume, force, _News(staged, progress, ended))


@contextmanager
def opened_job(spec: CompileSpec, say: Say) -> Iterator["Job"]:
    """What ``spec`` comes to, with its library open and its models checked; nothing is written."""
    check_tasks(spec.tasks)
    check_roles(spec.tuned)
    job = Job.of(spec, say)
    with job.opened():
        yield job


def _compiled(job: "Job", path: Path, resume: bool, force: bool, news: "_News") -> Compiled:
    spec = job.spec
    check_output(path, resume=resume, force=force)
    if spec.record is not None and spec.record.resolve() in (path.resolve(), journal_of(path).resolve()):
        raise UsageError(
            f"{spec.record} is where the program or its journal goes; choose another file for the recording",
            code="record_is_output",
        )
    return job.run(path, resume, news)


@contextmanager
def _counted(journal: Journal, ledger: Ledger) -> Iterator[None]:
    """All starts of a compile share one budget: what this one has used is kept however it ends."""
    ledger.carry(journal.use())
    try:
        yield
    finally:
        journal.keep_use(ledger.used())


@dataclass(frozen=True, slots=True)
class _News:
    """Who is told how far it has come: see :func:`compile`."""

    stage: Stage
    progress: Progress
    ended: Ended


@dataclass(frozen=True, slots=True)
class Job:
    """What a specification comes to."""

    spec: CompileSpec
    optimizer: Optimizer
    models: Models
    library: Library
    metric: Metric
    program: ToolGrad
    tasks: Tasks
    say: Say

    @classmethod
    def of(cls, spec: CompileSpec, say: Say) -> Self:
        """Nothing is opened or written yet. Raises UsageError for what is wrong with the specification."""
        optimizer = find_optimizer(spec.optimizer, spec.strategy)
        models, library = spec.models.build(), spec.tools.library()
        models.listen(say)
        library.listen(say)
        metric = build_metric(spec.metric, models, lambda: library.tools, spec.program.written_chars)
        program = ToolGrad(library, models, spec.program, tuned=spec.tuned)
        if spec.parent is not None:
            load_program(spec.parent, program)
        tasks = draw(spec.seed, spec.tasks.train, spec.tasks.validation, spec.tasks.test)
        return cls(spec, optimizer, models, library, metric, program, tasks, say)

    def run(self, path: Path, resume: bool, news: _News) -> Compiled:
        """Compile, and write the program to ``path``."""
        spec = self.spec
        with self.opened():
            typical = typical_session(spec.program, self.library.tools, self.models)
            self._say_estimate(typical)
            ledger = Ledger(spec.budget, self.models, typical=Use(typical.lm_calls, typical.usd or 0.0))
            # Before the journal: a recording that is refused leaves nothing to resume.
            recording = self._loaded()
            with self._journal(journal_of(path), resume) as journal, _counted(journal, ledger):
                news = replace(news, progress=self._corrected(typical, ledger, news.progress))
                compiled = self._stages(recording, journal, ledger, news)
                self._save(path, compiled)
                # What a limit ended can be resumed with a larger one.
                if not compiled.tuning.stopped and not compiled.comparison.unpaid:
                    journal.done()
        return compiled

    def _stages(self, recording: Recording | None, journal: Journal, ledger: Ledger, news: _News) -> Compiled:
        """Record if that is asked for and not done, tune, and compare."""
        spec, watch = self.spec, Watch(self.models)
        if recording is None and spec.record is not None:
            recording = self._recorded(spec.record, journal, ledger, watch, news)
        if recording is not None:
            journal.pin("recorded", recording.digest)
            for session in recording.sessions:
                ledger.seen(session_use(session))
        compiled = compile_program(
            self.program,
            self.tasks,
            self.metric,
            self.models,
            self.optimizer,
            budget=spec.budget,
            seed=spec.seed,
            evaluator=RecordedEvaluator(recording, self.metric) if recording else LiveEvaluator(self.metric),
            stage=news.stage,
            progress=news.progress,
            ended=news.ended,
            journal=journal,
            ledger=ledger,
        )
        return replace(compiled, costs=watch.costs | compiled.costs)

    def _say_estimate(self, typical: SessionEstimate) -> None:
        """What the compile will use, where it costs something; a model without a price cannot be held to dollars."""
        if self.models.all_rehearsal:
            return
        self.say(f"expected: {typical.times(self.sessions).line}, for {self.sessions} sessions")
        limit = self.spec.budget.usd
        if typical.usd is None:
            self.say("no price is known for every model: --budget-usd counts the others only; see TOOLGRAD_PRICES")
        elif limit is not None and typical.usd * self.sessions > limit:
            self.say(f"more than the budget of {limit:g} US dollars: it ends early; --budget-usd raises it")

    @property
    def sessions(self) -> int:
        """How many whole sessions the compile plays at most; asking about a recorded one is half of it."""
        spec, tests = self.spec, 2 * self.spec.tasks.test
        if spec.record is None:
            return spec.budget.metric_calls + tests
        return spec.budget.metric_calls // 2 + tests + self.recorded_sessions

    @property
    def recorded_sessions(self) -> int:
        """How many sessions a recording is still to be made of."""
        is_made = self.spec.record is None or is_there(self.spec.record)
        return 0 if is_made else len(self._recorded_tasks)

    def _corrected(self, typical: SessionEstimate, ledger: Ledger, progress: Progress) -> Progress:
        """``progress``, which also tells the estimate again when the first sessions of the tuning have ended."""
        left = [FIRST_SESSIONS]

        def shown(usage: TuningUsage) -> None:
            progress(usage)
            if left and usage.metric_calls >= left[0] and not self.models.all_rehearsal:
                left.clear()
                mean = ledger.session_mean()
                corrected = replace(typical.scaled_to(mean.lm_calls), usd=None if typical.usd is None else mean.usd)
                self.say(f"expected by the first sessions: {corrected.times(self.sessions).line}")

        return shown

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The library open on the background loop, and the models that will be asked checked."""
        library, counts = self.library, self.spec.tasks
        judge: tuple[Role, ...] = ("judge",) if self.metric.judge else ()
        with ExitStack() as closing:  # what fails to close does not keep the other open
            closing.callback(lambda: run_on_loop_thread(self.models.aclose()))
            closing.callback(lambda: run_on_loop_thread(library.close()))
            run_on_loop_thread(library.open())
            self.say(f"tools: {self.spec.tools.name}, {len(library.tools)} tools")
            self.say(f"tasks: {counts.train} to train, {counts.validation} to validate, {counts.test} to test")
            notes = schema_notes(self.models, library.tools, self.spec.program.mini_batch)
            for note in (*map(str, library.notes), *notes):
                self.say(note)
            run_on_loop_thread(self.models.check((*LOOP_ROLES, "reflection", *judge)))
            yield

    @property
    def _recorded_tasks(self) -> list[dspy.Example]:
        """Those to train and validate, and those that only the finalists run."""
        fresh = following(self.tasks, fresh_number(self.tasks, self.spec.budget))
        return [*self.tasks.train, *self.tasks.validation, *fresh]

    def _loaded(self) -> Recording | None:
        """The recording to tune on instead of live tools, if there is one already."""
        path = self.spec.record
        if path is None:
            return None
        if not is_there(path):
            check_writable(path)
            return None
        recording = Recording.load(path)
        # Not the fresh ones: a recording of another budget, or an earlier version, has others or none.
        recording.check(self.program, [*self.tasks.train, *self.tasks.validation], path)
        return recording

    def _recorded(self, path: Path, journal: Journal, ledger: Ledger, watch: Watch, news: _News) -> Recording:
        """A new recording, saved to ``path``; the sessions that an earlier start has recorded are in the journal."""
        news.stage("recording")
        there = journal.sessions()
        if there:
            self.say(f"going on with the recording: {len(there)} sessions are there")
        recording = self._record(journal, ledger, news)
        recording.save(path)
        watch.stop("recording")
        self.say(f"recorded {len(recording.sessions)} sessions to {path}, {recording.tool_calls} tool calls")
        return recording

    def _record(self, journal: Journal, ledger: Ledger, news: _News) -> Recording:
        """The recording, within the budget. Raises BudgetSpentError."""
        tasks, budget = self._recorded_tasks, self.spec.budget
        try:
            with ledger.enforced():
                return record(
                    self.program,
                    tasks,
                    progress=lambda done: news.ended(done, len(tasks)),
                    at_once=budget.threads,
                    seconds=ledger.seconds_left(),
                    journal=journal,
                    used=ledger.used,
                )
        except (BudgetSpentError, TimeoutError):
            stop = ledger.spent()
            why = stop.reason if stop else "a limit of the run was reached"
            raise BudgetSpentError(
                f"the budget ends before the {len(tasks)} sessions to tune on are recorded: {why}; raise "
                "--lm-calls, --budget-usd or --minutes, or give fewer tasks",
                code="budget_spent",
            ) from None

    def _journal(self, path: Path, resume: bool) -> Journal:
        """The journal in ``path``, with what has to be equal in a tuning that resumes it."""
        spec = self.spec
        header: dict[str, JsonValue] = {
            "optimizer": self.optimizer.label,
            "sessions": spec.budget.metric_calls,
            "seed": spec.seed,
            "tasks": [spec.tasks.train, spec.tasks.validation],
            "tuned": list(self.program.tuned),
            "program": spec.program.model_dump(mode="json"),
            "metric": self.metric.public(),
            "recorded": spec.record is not None,
            "models": self.models.public(),
            "tools": self.library.digest,
            "parent": Prompts.of(self.program).digest,
            "version": __version__,
        }
        return (Journal.resume if resume else Journal.begin)(path, header)

    def _save(self, path: Path, compiled: Compiled) -> None:
        """Write the tuned program, and how it came about, to ``path``."""
        spec = self.spec
        description = describe(
            compiled,
            self.program,
            self.metric,
            self.models,
            optimizer=self.optimizer.name,
            budget=spec.budget,
            seed=spec.seed,
            tasks=spec.tasks,
            tools=spec.tools.public(),
            parent=spec.parent,
            recorded=spec.record,
        )
        # What the parent was tuned in stays so, whether it was tuned further or not.
        held = () if spec.parent is None else read_program(spec.parent).state
        save_program(path, compiled.tuning.program, description.stored(), also=held)
