"""Tool sessions for one sample: a trunk on which exactly the accepted steps have run, and branches of it.

Proposals of one iteration run in parallel, but only one is chosen. A call that may write therefore runs on a branch:
a fresh tool session with the same seed, on which the accepted writes are repeated first. A chosen branch
becomes the trunk; the others are thrown away. The sample then holds exactly the results that
its calls give on a fresh session, whatever was tried beside them.

Sources that do not isolate their sessions have no branches: their writes cannot be undone, which is why they offer
only read-only tools unless the user allows more.
"""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.program.branch import Branch
from toolgrad_dspy.program.tool_counts import ToolCounts
from toolgrad_dspy.program.volatile_leaves import VolatileLeaves
from toolgrad_dspy.records import Attempt, Observation, Step
from toolgrad_dspy.tools.library import Library

# A call that was made, with its result.
Made = Attempt | Step

BESIDE = 3
"""Sessions beside those of the proposals: the trunk, the next one, and one on which steps are repeated."""


class Branches:
    """The tool sessions of one sample. An async context manager: it opens the trunk and closes whatever is open.

    There are as many as ``proposals`` of an iteration, and :data:`BESIDE` more. ``volatile`` has the leaves of
    results that have turned out to vary, ``counts`` how all calls ended. Whatever repeats steps raises CrashError if
    a server crashes each time.
    """

    def __init__(self, library: Library, seed: int, budget: Budget, proposals: int) -> None:
        self.volatile = VolatileLeaves()
        self.counts = ToolCounts()
        self._library = library
        self._seed = seed
        self._budget = budget
        self._claim = library.claim(proposals + BESIDE)
        self._open: list[Branch] = []
        self._trunk: Branch | None = None
        self._closed_calls = 0
        self._closed_replayed = 0

    async def __aenter__(self) -> Self:
        self._claim.__enter__()
        self._trunk = await self._new()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._close(tuple(self._open))
        finally:
            self._claim.__exit__(None, None, None)

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
        # Reads change nothing, and they are most of the calls: leaving them out costs nothing and saves most.
        writes = [made for made in accepted if made.observation is not None and self.needs_branch([made.call.tool])]
        branch = await self._new()
        await branch.prepare(made.call.tool for made in writes)
        for made in writes:
            assert made.observation is not None
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
        repeated = [step for step in steps if self.isolated(step.call.tool)]
        fresh = await self.apart()
        differing: list[str] = []
        try:
            await fresh.prepare(step.call.tool for step in repeated)
            for step in repeated:
                again = await fresh.replay(step.call)
                if self.volatile.equal(step.call.tool, step.observation, again):
                    fresh.same(step.observation, again)
                else:
                    differing.append(step.id)
        finally:
            await self.release(fresh)
        return tuple(differing)

    async def again(self, steps: Iterable[Step], changed: Step) -> Observation | None:
        """The result of ``changed`` on a fresh session, after the writes of the ``steps`` before it.

        None if its source does not isolate its sessions: a call cannot be made again there.
        """
        if not self.isolated(changed.call.tool):
            return None
        branch = await self.apart(step for step in steps if step.number < changed.number)
        try:
            return await branch.replay(changed.call)
        finally:
            await self.release(branch)

    def isolated(self, tool: str) -> bool:
        """Whether the source of ``tool`` isolates its sessions, so that its calls can be repeated."""
        return self._library.isolation_of(tool) == "session"

    async def _new(self) -> Branch:
        branch = Branch(partial(self._library.session, self._seed), self._library, self._budget, self.counts)
        self._open.append(branch)
        return branch

    async def _close(self, branches: Iterable[Branch]) -> None:
        async with AsyncExitStack() as closing:  # one that fails to close does not keep the others open
            for branch in branches:
                self._open.remove(branch)
                self._closed_calls += branch.calls
                self._closed_replayed += branch.replayed
                closing.push_async_callback(branch.close)
