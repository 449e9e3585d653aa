"""Growing samples into a run folder: the command line, the benchmarks and your own code all run this way."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from toolgrad_dspy.errors import StoreError
from toolgrad_dspy.records import Session, SessionStatus, Trace
from toolgrad_dspy.runs.duplicates import refuse_duplicates
from toolgrad_dspy.runs.engines import LocalEngine, RunEngine
from toolgrad_dspy.runs.futility import Futility
from toolgrad_dspy.runs.missing import Missing
from toolgrad_dspy.runs.progress import QuietProgress, RunProgress
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.spending import Spending
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore
from toolgrad_dspy.runs.typical import typical_session

SAMPLES = "samples.jsonl"
"""The file of a run folder that holds the accepted samples."""

MakeProgress = Callable[[int, int], RunProgress]
"""Makes the progress of a run from the number of its sessions and the number of those that are stored already."""

_NUMBER = re.compile(r"\d+")


async def generate(
    spec: RunSpec,
    folder: Path,
    *,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Callable[[str], None] = lambda line: None,
    again: Sequence[SessionStatus] = (),
) -> RunStatistics:
    """Play the sessions of ``spec`` that ``folder`` does not hold yet; the figures of the whole run.

    Every session is stored when it ends: the same call resumes a run that was killed. At the end samples that are too
    much alike are refused, where ``spec.unique`` asks for it, and the accepted ones are written to ``samples.jsonl``,
    also when ``engine.stop()`` has ended the run early.

        import asyncio
        from pathlib import Path
        from toolgrad_dspy import RunSpec, generate

        figures = asyncio.run(generate(RunSpec(n=3), Path("runs/three")))
        print(figures.accepted, figures.steps_per_sample)

    ``say`` gets the messages of the tool sources, and when the run waits for a model, a line each. Sessions that are
    stored with a status in ``again`` are played again. Raises UsageError when the folder holds another run, and
    RunError for what breaks this one; the sessions that have ended by then are stored, and the accepted samples
    written.
    """
    async with (engine or LocalEngine()).open(spec, say) as run:
        for note in run.notes:
            say(note)
        typical = typical_session(spec.program, run.tools, spec.models.build(), spec.gate)
        if typical.usd:
            say(f"expected: {typical.times(spec.n).line}")
        with RunStore.create_or_resume(folder, spec.public(), run.tools) as store:
            for note in store.notes:
                say(note)
            run.carry(store.spent())
            if again and (count := store.forget(again)):
                say(f"{count} sessions that were {' or '.join(again)} are played again")
            done = store.done()
            left = Missing(spec.n, done)
            if len(done) + len(left) > spec.n:
                say(f"{folder} holds {len(done)} sessions already, and keeps those beyond the {spec.n} asked for")
            with progress(spec.n, spec.n - len(left)) as shown:
                shown.expect(typical)
                told: set[str] = set()
                futility = Futility(spec.max_failures)

                def spent(entries: Sequence[Spending]) -> None:
                    store.spend(entries)
                    shown.spend(entries)

                def ended(session: Session) -> None:
                    for note in news(session.trace):
                        kind = _NUMBER.sub("", note)
                        if kind not in told:  # said once, however many sessions find it out
                            told.add(kind)
                            say(note)
                    store.save(session)
                    spent(run.spending())
                    shown.add(session)
                    futility.mind(session)

                try:
                    await run.run(left, ended, spent)
                except BaseException:  # boundary of the run: what there is by then is written, whatever ended it
                    store.spend(run.spending())
                    with suppress(StoreError):  # the error that ended the run may be one
                        store.samples_jsonl(folder / SAMPLES)
                    raise
                # Sessions that were cancelled have cost something, too.
                store.spend(run.spending())
            if spec.unique is not None:
                refuse_duplicates(store, spec.unique)
            store.samples_jsonl(folder / SAMPLES)
            return statistics(store)


def news(trace: Trace) -> Iterator[str]:
    """What a user should know of a session while the run goes on, a line each."""
    yield from trace.notes
    for fault in trace.faults:
        if fault.kind == "schema_refused":
            yield f"{fault.role}: {fault.text}; its answers are not held to one any more"
