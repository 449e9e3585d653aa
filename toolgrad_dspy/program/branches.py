"""Tool sessions for one sample: a trunk on which exactly the accepted steps have run, and branches of it.

Proposals of one iteration run in parallel, but only one is chosen. A proposal that may write therefore runs on a
branch: a fresh tool session with the same seed, on which the accepted writes are repeated first. A chosen branch
becomes the trunk, so nothing runs twice; the others are thrown away. What the sample holds is then what its calls
give on a fresh session, whatever was tried beside them.

Tools of sources that do not isolate sessions run where they are: no branch can undo their writes, which is why
such sources offer none unless told to.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.records import Observation, Step, ToolCall
from toolgrad_dspy.tools.base import ToolSession
from toolgrad_dspy.tools.library import Library


class Branch:
    """A tool session that stands where the trunk stood when it was made."""

    def __init__(self, session: ToolSession, context: AbstractAsyncContextManager[ToolSession]) -> None:
        self._session = session
        self._context = context
        self.is_trunk = False

    async def call(self, call: ToolCall) -> Observation:
        return await self._session.call(call)

    async def close(self) -> None:
        await self._context.__aexit__(None, None, None)


class Branches:
    """The tool sessions of one sample. ``tool_calls`` and ``replayed_calls`` count what ran."""

    def __init__(self, library: Library, seed: int, budget: Budget) -> None:
        self.library = library
        self._budget = budget
        self.seed = seed
        self.tool_calls = 0
        self.replayed_calls = 0
        self._open: list[Branch] = []
        self._trunk: Branch | None = None

    async def __aenter__(self) -> Self:
        self._trunk = await self._new()
        self._trunk.is_trunk = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for branch in self._open:
            await branch.close()
        self._open.clear()

    @property
    def trunk(self) -> Branch:
        assert self._trunk is not None, "the environment is not open"
        return self._trunk

    async def call(self, branch: Branch, call: ToolCall) -> Observation:
        """Run a call that somebody proposed."""
        self._budget.charge_tool_call()
        self.tool_calls += 1
        return await branch.call(call)

    def needs_branch(self, tools: Iterable[str]) -> bool:
        """Whether calls of these tools could change what later calls on the trunk see."""
        return any(self._repeats(name) for name in tools)

    async def branch(self, accepted: Iterable[Step]) -> Branch:
        """A fresh session with the accepted writes repeated on it."""
        branch = await self._new()
        for step in accepted:
            if self._repeats(step.call.tool):
                self._budget.charge_tool_call()
                self.replayed_calls += 1
                await branch.call(step.call)
        return branch

    async def adopt(self, branch: Branch) -> None:
        """Make ``branch`` the trunk and close all others."""
        for other in self._open:
            if other is not branch:
                await other.close()
        self._open = [branch]
        branch.is_trunk = True
        self._trunk = branch

    async def prune(self) -> None:
        """Close all branches but the trunk."""
        await self.adopt(self.trunk)

    async def replay(self, steps: Iterable[Step]) -> str | None:
        """Run ``steps`` again on a fresh session; None if every result is the same, else what differs.

        Steps of tools whose source does not isolate sessions are left out: they promise no repetition.
        """
        fresh = await self._new()
        for step in steps:
            if self.library.isolation_of(step.call.tool) != "session":
                continue
            self._budget.charge_tool_call()
            self.replayed_calls += 1
            again = await fresh.call(step.call)
            if again.error is not None or again.value != step.observation.value:
                return f"{step.id} ({step.call.tool}) gave another result when it was replayed on a fresh session"
        return None

    def _repeats(self, name: str) -> bool:
        return self.library.isolation_of(name) == "session" and self.library.tool(name).writes

    async def _new(self) -> Branch:
        context = self.library.session(self.seed)
        branch = Branch(await context.__aenter__(), context)
        self._open.append(branch)
        return branch
