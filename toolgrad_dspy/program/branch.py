"""One tool session of a sample, which outlives crashes of the servers behind it.

A crash says nothing of the call that it hit. What can be sent again without harm is: on the server that was started
again if it only reads, and where the session has the server to itself on a fresh session, on which all that was
written before is written again first.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.program.aliases import Aliases
from toolgrad_dspy.program.tool_counts import ToolCounts
from toolgrad_dspy.provenance.volatile import changes
from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools.base import ToolSession
from toolgrad_dspy.tools.library import Library, LibrarySession

_log = logging.getLogger(__name__)

# How often a call that a crash hit is sent again: a new one, which may be the reason, and one that has worked before
# or is likely not to be.
NEW, WORKED = 1, 3

OpenSession = Callable[[], AbstractAsyncContextManager[LibrarySession]]


class CrashError(Exception):
    """A server crashed again and again while calls were repeated that had worked before."""


def crashed(observation: Observation | None) -> bool:
    """Whether a server went away during the call.

    >>> crashed(Observation.failure("connection", "the server crashed"))
    True
    """
    return observation is not None and observation.error is not None and observation.error.kind == "connection"


class Branch(ToolSession):
    """A tool session in the state that the trunk had when the branch was made.

    Every call is charged to the budget before it is sent, and counted in ``counts``. ``calls`` counts the proposed
    calls, ``replayed`` those that only repeat others. Ids that it draws at random where the sample has others are not
    seen: see :class:`~toolgrad_dspy.program.aliases.Aliases`. One that stands ``apart`` never becomes the trunk.
    """

    def __init__(self, open_session: OpenSession, library: Library, budget: Budget, counts: ToolCounts) -> None:
        self._open_session = open_session
        self._library = library
        self._budget = budget
        self._counts = counts
        self._contexts = AsyncExitStack()
        self._session: LibrarySession | None = None  # None: it has crashed, or was not opened yet
        self._renewing = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._aliases = Aliases()
        self._written: list[tuple[ToolCall, Observation]] = []
        self._lost = ""  # why there will be no session any more
        self.apart = False
        self.calls = 0
        self.replayed = 0

    async def call(self, call: ToolCall) -> Observation:
        """Run a proposed call. Raises BudgetSpentError."""
        self.calls += 1
        try:
            return await self._sent(call, NEW)
        except CrashError as error:
            return Observation.failure("connection", str(error))

    async def replay(self, call: ToolCall) -> Observation:
        """Repeat a call that has worked before: what it gives here.

        Raises BudgetSpentError, and CrashError if a crash hits it each time.
        """
        self.replayed += 1
        observation = await self._sent(call, WORKED)
        _log.debug("tool call of %s: repeated, %.3f s", call.tool, observation.latency)
        if crashed(observation):
            raise CrashError(observation.text)
        return observation

    async def prepare(self, tools: Iterable[str]) -> None:
        """Open what calls of ``tools`` need, all at once. Raises CrashError."""
        await (await self._whole()).prepare(tools)

    def same(self, observation: Observation, again: Observation) -> None:
        """``again`` is here what ``observation`` is in the sample: the ids in it mean the same."""
        found = changes(observation.value, again.value)
        if found.other is None:
            self._aliases.learn(found.values)
            self._written = [(call, observation if gave is again else gave) for call, gave in self._written]

    async def close(self) -> None:
        # Without the error that may have ended the sample: a tool session has no part in it and closes as usual.
        await self._contexts.aclose()

    async def _sent(self, call: ToolCall, again: int) -> Observation:
        """Send ``call``, after a crash up to ``again`` times more if that is safe. Raises CrashError."""
        own = self._own(call.tool)
        if not own:  # it may have been another session's call that the server crashed in
            again = 0 if self._library.tool(call.tool).writes else WORKED
        for _ in range(again):
            observation = await self._sent_once(call)
            if not crashed(observation):
                break
            self.replayed += 1
        else:
            observation = await self._sent_once(call)
        if own and self._library.tool(call.tool).writes and not crashed(observation):
            self._written.append((call, observation))
        return observation

    def _own(self, tool: str) -> bool:
        """Whether the session has the server of ``tool`` to itself."""
        return self._library.isolation_of(tool) == "session"

    async def _sent_once(self, call: ToolCall) -> Observation:
        session, aliases = await self._whole(), self._aliases
        self._under_way += 1
        try:
            observation = aliases.incoming(await self._on(session, aliases.outgoing(call)))
        finally:
            self._under_way -= 1
            self._idle.set()
        # Others may have been hit by the same crash: the first of them has a fresh session opened. Where nothing was
        # written, the server that is started again is as good as one.
        holds_state = self._written or self._library.tool(call.tool).writes
        if crashed(observation) and self._session is session and self._own(call.tool) and holds_state:
            self._session = None
        return observation

    async def _on(self, session: LibrarySession, call: ToolCall) -> Observation:
        self._budget.charge_tool_call()
        observation = await session.call(call)
        self._counts.add(call.tool, observation)
        return observation

    async def _whole(self) -> LibrarySession:
        """The session, or a fresh one in the same state if a server of it has crashed. Raises CrashError."""
        async with self._renewing:
            for _ in range(WORKED + 1):
                if self._session is None and not self._lost:
                    self._session = await self._renewed()
        if self._session is None:
            raise CrashError(self._lost or "it crashed again, whenever what was done before was repeated")
        return self._session

    async def _renewed(self) -> LibrarySession | None:
        """A fresh session on which all that was written is written again; None if that crashed it, or is lost."""
        # Not before its last call has ended, which may be one to another source; and before the next one is opened,
        # since a sample may have no more servers than it has said.
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()
        await self._contexts.aclose()
        session = await self._contexts.enter_async_context(self._open_session())
        aliases = Aliases()
        for call, gave in self._written:
            self.replayed += 1
            again = aliases.incoming(await self._on(session, aliases.outgoing(call)))
            if crashed(again):
                return None
            found = changes(gave.value, again.value)
            if found.other is not None or (gave.error is None) != (again.error is None):
                self._lost = (
                    "the server crashed, and what it held is lost: when what was done before was repeated, "
                    f"{call.tool} gave another result ({one_line(again.text, 80)})"
                )
                return None
            aliases.learn(found.values)
        self._aliases = aliases
        return session
