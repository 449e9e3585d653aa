"""All sessions of a run on one event loop of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType

from toolgrad_dspy.errors import ToolGradError
from toolgrad_dspy.program import schema_notes
from toolgrad_dspy.records import Session, Tool
from toolgrad_dspy.runs.engines.admission import Admission
from toolgrad_dspy.runs.engines.base import Done, OpenRun, RunEngine, Say, Spent, silent
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
        self._opened = False

    @asynccontextmanager
    async def open(self, spec: RunSpec, say: Say = silent) -> AsyncIterator[OpenRun]:
        if self._opened:  # a stop that came before the first run is not forgotten
            self._pool.ready()
        self._opened = False
        async with spec.open(say) as opened:
            self._opened = True
            yield LocalRun(opened, spec.seed, self._pool)

    def stop(self) -> bool:
        """See :meth:`RunEngine.stop`."""
        self._pool.stop()
        return self._opened

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

    async def run(self, indices: Sequence[int], done: Done, spent: Spent | None = None) -> None:
        account = _Account(lambda: spent(self.spending()) if spent is not None else None)
        if spent is not None:
            self._opened.models.meter.listen(account.due)

        async def play(index: int) -> Session:
            session = await self._opened.play(self._seed, index)
            account.check()
            return session

        with account:
            await self._pool.run(play, indices, done, self._admission)


class _Account:
    """Has ``write`` called on this loop once after each call that was counted, or after several at the same moment.

    What it raises is raised again by :meth:`check`: a run without an account ends.
    """

    def __init__(self, write: Callable[[], None]) -> None:
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._due = False
        self._open = False
        self._error: ToolGradError | None = None

    def check(self) -> None:
        """Raise what kept the account from being written."""
        if self._error is not None:
            raise self._error

    def due(self) -> None:
        """There is something to write. From any thread."""
        if not self._due and self._open:
            self._due = True
            self._loop.call_soon_threadsafe(self._written)

    def __enter__(self) -> None:
        self._open = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False

    def _written(self) -> None:
        self._due = False
        if self._open:
            try:
                self._write()
            except ToolGradError as error:
                self._error = error


def _expected(opened: OpenSpec, tools: tuple[Tool, ...]) -> dict[str, float]:
    """What a session is expected to use, by figure, as far as that is known before the first."""
    gate = None if opened.gate is None else opened.gate.config
    typical = typical_session(opened.program.config, tools, opened.models, gate)
    return {"tokens": typical.tokens} | ({} if typical.usd is None else {"usd": typical.usd})
