"""Growing samples into a run folder: the command line, the benchmarks and your own code all run this way."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from toolgrad_dspy.records import Session, Trace
from toolgrad_dspy.runs.duplicates import refuse_duplicates
from toolgrad_dspy.runs.engines import LocalEngine, RunEngine
from toolgrad_dspy.runs.missing import Missing
from toolgrad_dspy.runs.progress import QuietProgress, RunProgress
from toolgrad_dspy.runs.spec import RunSpec
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

    ``say`` gets the messages of the tool sources, a line each. Raises UsageError when the folder holds another run,
    and RunError for what breaks this one; the sessions that have ended by then are stored.
    """
    async with (engine or LocalEngine()).open(spec) as run:
        for note in run.notes:
            say(note)
        expected = typical_session(spec.program, run.tools, spec.models.build(), spec.gate).times(spec.n)
        if expected.usd:
            say(f"expected: {expected.line}")
        with RunStore.create_or_resume(folder, spec.public(), run.tools) as store:
            for note in store.notes:
                say(note)
            run.carry(store.spent())
            done = store.done()
            left = Missing(spec.n, done)
            if len(done) + len(left) > spec.n:
                say(f"{folder} holds {len(done)} sessions already, and keeps those beyond the {spec.n} asked for")
            with progress(spec.n, spec.n - len(left)) as shown:
                told: set[str] = set()

                def ended(session: Session) -> None:
                    for note in news(session.trace):
                        kind = _NUMBER.sub("", note)
                        if kind not in told:  # said once, however many sessions find it out
                            told.add(kind)
                            say(note)
                    store.save(session)
                    store.spend(run.spending())
                    shown.add(session)

                try:
                    await run.run(left, ended)
                finally:
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
