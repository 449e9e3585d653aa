"""Where one proposal runs: on the trunk while it only reads, and on a branch of its own once it writes."""

from toolgrad_dspy.program.branch import Branch, CrashError
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.program.memory import Memory, passing
from toolgrad_dspy.records import Observation, Report, Step, ToolCall
from toolgrad_dspy.tools.base import ToolSession


class Place(ToolSession):
    """A tool session for a proposal that goes on from the ``accepted`` steps.

    What is read before the first write is read on the trunk. From then on the proposal has a branch to itself, which
    is opened when something has to be sent: proposals that begin with equal writes share their results, since equal
    calls in equal states give equal ones. A branch then first catches up with the writes that were not sent on it.
    """

    def __init__(self, branches: Branches, accepted: tuple[Step, ...], memory: Memory) -> None:
        self._branches = branches
        self._accepted = accepted
        self._memory = memory
        self._branch: Branch | None = None
        self._written: tuple[tuple[ToolCall, Observation], ...] = ()
        self._caught_up = 0  # how many of these the branch has
        self._shared = True

    async def call(self, call: ToolCall) -> Observation:
        """Run ``call``, or take its result over from an equal call. Raises BudgetSpentError."""
        repeats = self._branches.needs_branch([call.tool])
        # A write on a source that all sessions share happens where it is sent: it cannot be undone.
        lasting = self._branches.writes(call.tool) and not repeats
        if lasting or not (repeats or self._written):
            return await self._memory.once(call, self._branches.trunk.call, lasting=lasting)
        if self._shared:
            observation = await self._memory.once(call, self._send, after=[write for write, _ in self._written])
        else:
            observation = await self._send(call)
        if repeats:
            self._written += ((call, observation),)
            # Nobody knows whether it has written: what comes after it is this proposal's alone.
            self._shared = self._shared and not passing(observation)
        return observation

    async def trunk_after(self, report: Report, steps: tuple[Step, ...]) -> Branch:
        """The trunk when the ``report`` of this proposal was taken: ``steps`` are all that are accepted by now.

        It is the branch of the proposal, or a new one if that has not the writes that were taken over, or others. A
        failed call counts as one that ran: it may have written before it failed.
        """
        if not self._written:
            return self._branches.trunk
        discarded = [a.call.tool for a in report.attempts if not a.kept and a.observation is not None]
        if self._branch is None or self._behind or self._branches.needs_branch(discarded):
            return await self._branches.branch(steps)
        return self._branch

    @property
    def _behind(self) -> tuple[tuple[ToolCall, Observation], ...]:
        return self._written[self._caught_up :]

    async def _send(self, call: ToolCall) -> Observation:
        """Run ``call`` on the branch."""
        try:
            branch = await self._up_to_date()
        except CrashError as error:
            return Observation.failure("connection", str(error))
        observation = await branch.call(call)
        if self._branches.needs_branch([call.tool]):
            self._caught_up += 1
        return observation

    async def _up_to_date(self) -> Branch:
        """The branch with all that the proposal has written so far. Raises CrashError."""
        if self._branch is None:
            self._branch = await self._branches.branch(self._accepted)
        for write, gave in self._behind:
            self._branch.same(gave, await self._branch.replay(write))
            self._caught_up += 1
        return self._branch
