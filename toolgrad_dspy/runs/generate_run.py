"""Growing samples into a run folder: the command, ``toolgrad_dspy.generate()`` and benchmarks run this way."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from toolgrad_dspy.errors import StoreError
from toolgrad_dspy.lm.calls.exchanges import overheard
from toolgrad_dspy.records import Session, SessionStatus, Trace
from toolgrad_dspy.runs.duplicates import refuse_duplicates
from toolgrad_dspy.runs.engines import LocalEngine, OpenRun, RunEngine
from toolgrad_dspy.runs.futility import Futility
from toolgrad_dspy.runs.missing import Missing
from toolgrad_dspy.runs.progress import QuietProgress, RunProgress
from toolgrad_dspy.runs.prompt_log import PromptLog
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.spending import Spending
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore
from toolgrad_dspy.runs.troubled import troubled
from toolgrad_dspy.runs.typical import typical_session

SAMPLES = "samples.jsonl"
"""The file of a run folder that holds the accepted samples."""

MakeProgress = Callable[[int, int], RunProgress]
"""Makes the progress of a run from the number of its sessions and the number of those that are stored already."""

Say = Callable[[str], None]

_NUMBER = re.compile(r"\d+")


async def generate_run(
    spec: RunSpec,
    folder: Path,
    *,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Say = lambda line: None,
    again: Sequence[SessionStatus] = (),
) -> RunStatistics:
    """Play the sessions of ``spec`` that ``folder`` does not hold yet; the figures of the whole run.

    Every session is stored when it ends: the same call resumes a run that was killed. At the end samples that are too
    much alike are refused, where ``spec.unique`` asks for it, and the accepted ones are written to ``samples.jsonl``,
    also when ``engine.stop()`` has ended the run early.

        import asyncio
        from pathlib import Path
        from toolgrad_dspy import RunSpec
        from toolgrad_dspy.runs import generate_run

        figures = asyncio.run(generate_run(RunSpec(n=3), Path("runs/three")))
        print(figures.accepted, figures.steps_per_sample)

    ``say`` gets the messages of the tool sources, when the run waits for a model, and at the end which servers have
    crashed and which tools kept failing, a line each. Sessions that are stored with a status in ``again`` are played
    again. Raises UsageError when the folder holds another run, and RunError for what breaks this one; the sessions
    that have ended by then are stored, and the accepted samples written.
    """
    async with (engine or LocalEngine()).open(spec, say) as run:
        for note in run.notes:
            say(note)
        typical = typical_session(spec.program, run.tools, spec.models.build(), spec.gate)
        if typical.usd:
            say(f"expected: {typical.times(spec.n).line}")
        with RunStore.create_or_resume(folder, spec.public(), run.tools) as store:
            run.carry(store.spent())
            left = _left(store, spec.n, again, say)
            with progress(spec.n, spec.n - len(left)) as shown:
                shown.expect(typical)
                kept = _Kept(store, run, shown, say, Futility(spec.max_failures))
                with _samples_written_on_error(store, folder), _prompts_logged(spec, folder, say):
                    try:
                        await run.run(left, kept.ended, kept.spent)
                    finally:
                        # Sessions that were cancelled have cost something, too.
                        kept.spent(run.spending())
            if spec.unique is not None:
                refuse_duplicates(store, spec.unique)
            store.samples_jsonl(folder / SAMPLES)
            figures = statistics(store)
            for line in troubled(figures):
                say(line)
            return figures


def _left(store: RunStore, n: int, again: Sequence[SessionStatus], say: Say) -> Missing:
    """The sessions of ``n`` that are to be played; ``say`` gets what there is to tell of those that are stored."""
    for note in store.notes:
        say(note)
    if again and (count := store.forget(again)):
        say(f"{count} sessions that were {' or '.join(again)} are played again")
    done = store.done()
    left = Missing(n, done)
    if len(done) + len(left) > n:
        say(f"{store.path} holds {len(done)} sessions already, and keeps those beyond the {n} asked for")
    return left


@contextmanager
def _samples_written_on_error(store: RunStore, folder: Path) -> Iterator[None]:
    """Whatever ends the block early, what has been accepted by then is written."""
    try:
        yield
    except BaseException:  # boundary of the run
        with suppress(StoreError):  # the error that ends it may be one
            store.samples_jsonl(folder / SAMPLES)
        raise


@contextmanager
def _prompts_logged(spec: RunSpec, folder: Path, say: Say) -> Iterator[None]:
    """The LM calls of the sessions that are played inside are logged, if ``spec`` asks for it."""
    if not spec.log_prompts:
        yield
        return
    with PromptLog(folder, say) as log, overheard(log.hear):
        yield


class _Kept:
    """What is done with sessions when they end: they are stored, counted, shown, and what is new is said once."""

    def __init__(self, store: RunStore, run: OpenRun, shown: RunProgress, say: Say, futility: Futility) -> None:
        self._store = store
        self._run = run
        self._shown = shown
        self._say = say
        self._futility = futility
        self._told: set[str] = set()

    def spent(self, entries: Sequence[Spending]) -> None:
        """Something was used."""
        self._store.spend(entries)
        self._shown.spend(entries)

    def ended(self, session: Session) -> None:
        """A session has ended. Raises StoreError, and RunError when it is futile to go on."""
        for note in news(session.trace):
            kind = _NUMBER.sub("", note)
            if kind not in self._told:  # said once, however many sessions find it out
                self._told.add(kind)
                self._say(note)
        self._store.save(session)
        self.spent(self._run.spending())
        self._shown.add(session)
        self._futility.mind(session)


def news(trace: Trace) -> Iterator[str]:
    """What a user should know of a session while the run goes on, a line each."""
    yield from trace.notes
    for fault in trace.faults:
        if fault.kind == "schema_refused":
            yield f"{fault.role}: {fault.text}; its answers are not held to one any more"
