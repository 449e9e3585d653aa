"""Growing samples into a run folder: the one way to run, of the command line, of benchmarks and of your own code."""

from collections.abc import Callable
from pathlib import Path

from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.engines import LocalEngine, RunEngine
from toolgrad_dspy.runs.progress import QuietProgress, RunProgress
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore

SAMPLES = "samples.jsonl"
"""The file of a run folder that holds the accepted samples."""

MakeProgress = Callable[[int, int], RunProgress]
"""Makes the progress of a run, from how many sessions it has in all and how many of them are stored already."""


async def generate(
    spec: RunSpec,
    folder: Path,
    *,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Callable[[str], None] = lambda line: None,
) -> RunStatistics:
    """Play the sessions of ``spec`` that ``folder`` does not hold yet; the figures of the whole run.

    Every session is stored when it ends, so that a run that was killed resumes with the same call. ``samples.jsonl``
    is written in the end: the accepted samples. A run that ``engine.stop()`` has ended early returns, too.

        import asyncio
        from pathlib import Path
        from toolgrad_dspy import RunSpec, generate

        figures = asyncio.run(generate(RunSpec(n=3), Path("runs/three")))
        print(figures.accepted, figures.steps_per_sample)

    ``say`` gets what the tools' sources have to tell, a line each. Raises UsageError when the folder holds another
    run, and RunError for what breaks this one; what has ended by then is stored.
    """
    async with (engine or LocalEngine()).open(spec) as run:
        for note in run.notes:
            say(note)
        with RunStore.create_or_resume(folder, spec.public(), run.tools) as store:
            run.carry(store.spent())
            done = store.done()
            left = [index for index in range(spec.n) if index not in done]
            with progress(spec.n, spec.n - len(left)) as shown:

                def ended(session: Session) -> None:
                    store.save(session)
                    store.spend(run.spending())
                    shown.add(session)

                try:
                    await run.run(left, ended)
                finally:
                    # Sessions that were cut short have been paid for as well.
                    store.spend(run.spending())
            store.samples_jsonl(folder / SAMPLES)
            return statistics(store)
