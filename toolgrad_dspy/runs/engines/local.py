"""All sessions of a run on one event loop of this process."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from toolgrad_dspy.program import schema_notes
from toolgrad_dspy.records import Tool
from toolgrad_dspy.runs.engines.admission import Admission
from toolgrad_dspy.runs.engines.base import Done, OpenRun, RunEngine, Say, silent
from toolgrad_dspy.runs.engines.pool import SessionPool
from toolgrad_dspy.runs.spec import OpenSpec, RunSpec
from toolgrad_dspy.runs.spending import TOOLS, Spending, SpendingLog
from toolgrad_dspy.runs.typical import typical_session


class LocalEngine(RunEngine):
    """Plays at most ``max_concurrency`` sessions at once.

    After :meth:`stop` sessions in flight get ``grace`` seconds to end; those that do are handed over.
    """

    def __init__(self, max_concurrency: int = 64, grace: float = 5.0) -> None:
        self._pool = SessionPool(max_concurrency, grace)

    @asynccontextmanager
    async def open(self, spec: RunSpec, say: Say = silent) -> AsyncIterator[OpenRun]:
        self._pool.ready()
        async with spec.open(say) as opened:
            yield LocalRun(opened, spec.seed, self._pool)

    def stop(self) -> None:
        """See :meth:`RunEngine.stop`. Call it on the loop (a signal handler of the loop is)."""
        self._pool.stop()

    @property
    def stopped(self) -> bool:
        return self._pool.stopped


class LocalRun(OpenRun):
    """A run on the program, the library and the models of this process."""

    def __init__(self, opened: OpenSpec, seed: int, pool: SessionPool) -> None:
        self.tools = opened.program.library.tools
        schemas = schema_notes(opened.models, self.tools, opened.program.config.mini_batch)
        judges = () if opened.gate is None else opened.gate.notes
        self.notes = (*map(str, opened.program.library.notes), *schemas, *judges)
        self._opened = opened
        self._budget = opened.models.budget
        self._seed = seed
        self._pool = pool
        self._admission = Admission(self._budget, _expected(opened, self.tools))
        self._log = SpendingLog("generate", opened.models.meter.models, lambda: self._budget.tool_calls)

    def carry(self, spent: Iterable[Spending]) -> None:
        for entry in spent:
            calls = entry.calls if entry.role == TOOLS else 0
            self._budget.carry(entry.usd, entry.input_tokens + entry.output_tokens, calls)
        # The start that used it has entered it in its own log.
        self._log.start()
        self._admission.begin()

    def spending(self) -> list[Spending]:
        return self._log.entries()

    async def run(self, indices: Sequence[int], done: Done) -> None:
        await self._pool.run(lambda index: self._opened.play(self._seed, index), indices, done, self._admission)


def _expected(opened: OpenSpec, tools: tuple[Tool, ...]) -> dict[str, float]:
    """What a session is expected to use, by figure, as far as that is known before the first."""
    gate = None if opened.gate is None else opened.gate.config
    typical = typical_session(opened.program.config, tools, opened.models, gate)
    tokens = typical.input_tokens + typical.output_tokens
    return {"tokens": tokens} | ({} if typical.usd is None else {"usd": typical.usd})
