"""Tool sessions for one sample: a trunk on which exactly the accepted steps have run, and branches of it.

Proposals of one iteration run in parallel, but only one is chosen. A call that may write therefore runs on a branch:
a fresh tool session with the same seed, on which the accepted writes are repeated first. A chosen branch
becomes the trunk; the others are thrown away. The sample then holds exactly the results that
its calls give on a fresh session, whatever was tried beside them.

Sources that do not isolate their sessions have no branches: their writes cannot be undone, which is why they offer
only read-only tools unless the user allows more.
"""

import logging
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Self

from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.program.aliases import Aliases
from toolgrad_dspy.program.volatile_leaves import VolatileLeaves
from toolgrad_dspy.provenance.volatile import changes
from toolgrad_dspy.records import Attempt, Observation, Step, ToolCall
from toolgrad_dspy.tools.base import ToolSession
from toolgrad_dspy.tools.library import Library

_log = logging.getLogger(__name__)

# A call that was made, with its result.
Made = Attempt | Step


class Branch(ToolSession):
    """A tool session in the state that the trunk had when the branch was made.

    Every call is charged to the budget before it runs. ``calls`` counts the proposed calls, ``replayed`` those that
    only repeat accepted steps. Ids that it draws at random where the sample has others are not seen: see
    :class:`~toolgrad_dspy.program.aliases.Aliases`. One that stands ``apart`` never becomes the trunk.
    """

    def __init__(
        self, session: ToolSession, context: AbstractAsyncContextManager[ToolSession], budget: Budget
    ) -> None:
        self._session = session
        self._context = context
        self._budget = budget
        self._aliases = Aliases()
        self.apart = False
        self.calls = 0
        self.replayed = 0

    async def call(self, call: ToolCall) -> Observation:
        """Run a proposed call. Raises BudgetSpentError."""
        self._budget.charge_tool_call()
        self.calls += 1
        return await self._translated(call)

    async def replay(self, call: ToolCall) -> Observation:
        """Repeat a call of an accepted step: what it gives here. Raises BudgetSpentError."""
        self._budget.charge_tool_call()
        self.replayed += 1
        observation = await self._translated(call)
        _log.debug("tool call of %s: repeated, %.3f s", call.tool, observation.latency)
        return observation

    def same(self, observation: Observation, again: Observation) -> None:
        """``again`` is here what ``observation`` is in the sample: the ids in it mean the same."""
        found = changes(observation.value, again.value)
        if found.other is None:
            self._aliases.learn(found.values)

    async def _translated(self, call: ToolCall) -> Observation:
        return self._aliases.incoming(await self._session.call(self._aliases.outgoing(call)))

    async def close(self) -> None:
        # Without the error that may have ended the sample: a tool session has no part in it and closes as usual.
        await self._context.__aexit__(None, None, None)


class Branches:
    """The tool sessions of one sample. An async context manager: it opens the trunk and closes whatever is open.

    ``volatile`` has the leaves of results that have turned out to vary.
    """

    def __init__(self, library: Library, seed: int, budget: Budget) -> None:
        self.volatile = VolatileLeaves()
        self._library = library
        self._seed = seed
        self._budget = budget
        self._open: list[Branch] = []
        self._trunk: Branch | None = None
        self._closed_calls = 0
        self._closed_replayed = 0

    async def __aenter__(self) -> Self:
        self._trunk = await self._new()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close(tuple(self._open))

    @property
    def trunk(self) -> Branch:
        assert self._trunk is not None, "the branches are not open"
        return self._trunk

    @property
    def tool_calls(self) -> int:
        """Proposed calls that ran on any branch, closed ones included."""
        return self._closed_calls + sum(branch.calls for branch in self._open)

    @property
    def replayed_calls(self) -> int:
        """Calls that repeated accepted steps on any branch, closed ones included."""
        return self._closed_replayed + sum(branch.replayed for branch in self._open)

    def needs_branch(self, tools: Iterable[str]) -> bool:
        """Whether calls of these tools could change what later calls on the trunk see."""
        return any(self.isolated(name) and self.writes(name) for name in tools)

    def writes(self, tool: str) -> bool:
        """Whether ``tool`` may change state, on any source."""
        return self._library.tool(tool).writes

    async def branch(self, accepted: Iterable[Made]) -> Branch:
        """A fresh session with the accepted writes repeated on it."""
        branch = await self._new()
        for made in accepted:
            # Reads change nothing, and they are most of the calls: leaving them out costs nothing and saves most.
            if made.observation is not None and self.needs_branch([made.call.tool]):
                branch.same(made.observation, await branch.replay(made.call))
        return branch

    async def apart(self, accepted: Iterable[Made] = ()) -> Branch:
        """As :meth:`branch`: a session to repeat steps on, which stays open until :meth:`release`."""
        branch = await self.branch(accepted)
        branch.apart = True
        return branch

    async def release(self, branch: Branch) -> None:
        """Close ``branch``, one that stands apart."""
        await self._close([branch])

    async def adopt(self, branch: Branch) -> None:
        """Make ``branch`` the trunk and close all others, but those that stand apart."""
        await self._close([opened for opened in self._open if opened is not branch and not opened.apart])
        self._trunk = branch

    async def prune(self) -> None:
        """Close all branches but the trunk and those that stand apart."""
        await self.adopt(self.trunk)

    async def differing(self, steps: Iterable[Step]) -> tuple[str, ...]:
        """Replay ``steps`` in this order on a fresh session: the ids of those that give another result, or fail.

        Steps of sources that do not isolate their sessions are left out: those do not promise equal results. Leaves
        that are known to be volatile may differ.
        """
        fresh = await self.apart()
        differing: list[str] = []
        for step in steps:
            if self.isolated(step.call.tool):
                again = await fresh.replay(step.call)
                if self.volatile.equal(step.call.tool, step.observation, again):
                    fresh.same(step.observation, again)
                else:
                    differing.append(step.id)
        await self.release(fresh)
        return tuple(differing)

    async def again(self, steps: Iterable[Step], changed: Step) -> Observation | None:
        """The result of ``changed`` on a fresh session, after the writes of the ``steps`` before it.

        None if its source does not isolate its sessions: a call cannot be made again there.
        """
        if not self.isolated(changed.call.tool):
            return None
        branch = await self.branch(step for step in steps if step.number < changed.number)
        return await branch.replay(changed.call)

    def isolated(self, tool: str) -> bool:
        """Whether the source of ``tool`` isolates its sessions, so that its calls can be repeated."""
        return self._library.isolation_of(tool) == "session"

    async def _new(self) -> Branch:
        context = self._library.session(self._seed)
        branch = Branch(await context.__aenter__(), context, self._budget)
        self._open.append(branch)
        return branch

    async def _close(self, branches: Iterable[Branch]) -> None:
        async with AsyncExitStack() as closing:  # one that fails to close does not keep the others open
            for branch in branches:
                self._open.remove(branch)
                self._closed_calls += branch.calls
                self._closed_replayed += branch.replayed
                closing.push_async_callback(branch.close)
