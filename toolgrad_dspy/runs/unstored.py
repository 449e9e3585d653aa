"""Sessions of a run that are played and not stored: nothing is left of them on disk."""

from collections.abc import Callable
from dataclasses import dataclass

from toolgrad_dspy.errors import RunError
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.duplicates import without_duplicates
from toolgrad_dspy.runs.engines import LocalEngine, RunEngine
from toolgrad_dspy.runs.futility import Futility
from toolgrad_dspy.runs.generate_run import MakeProgress
from toolgrad_dspy.runs.progress import QuietProgress
from toolgrad_dspy.runs.spec import RunSpec

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Preview:
    """The ``sessions`` that have ended, in the order of their index, and the ``problem`` that ended it early."""

    sessions: tuple[Session, ...]
    problem: RunError | None = None


async def preview(
    spec: RunSpec,
    *,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Say = lambda line: None,
) -> Preview:
    """The sessions of the run ``spec``, as :func:`generate_run` would have them, without storing anything.

    The other arguments are those of :func:`generate_run`. Raises UsageError for what is wrong with ``spec``.

        samples = [session.sample for session in asyncio.run(preview(RunSpec(n=3))).sessions]
    """
    ended: list[Session] = []
    problem = None
    try:
        await play_unstored(spec, spec.n, ended.append, engine=engine, progress=progress, say=say)
    except RunError as error:
        problem = error
    sessions = sorted(ended, key=lambda session: session.index)
    return Preview(tuple(sessions if spec.unique is None else without_duplicates(sessions, spec.unique)), problem)


async def play_unstored(
    spec: RunSpec,
    count: int,
    ended: Callable[[Session], None],
    *,
    engine: RunEngine | None = None,
    progress: MakeProgress = QuietProgress,
    say: Say = lambda line: None,
) -> None:
    """Play the first ``count`` sessions of ``spec``; ``ended`` gets each. Raises what ends a run."""
    futility = Futility(spec.max_failures)
    async with (engine or LocalEngine()).open(spec, say) as run:
        for note in run.notes:
            say(note)
        with progress(count, 0) as shown:

            def done(session: Session) -> None:
                ended(session)
                shown.add(session)
                futility.mind(session)

            await run.run(range(count), done)
