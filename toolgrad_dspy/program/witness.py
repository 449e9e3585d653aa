"""A second tool session of a sample, on which each accepted step is repeated as it is taken.

What cannot be repeated is left out alone, while there is still something to put in its place, and before any text is
written about it.
"""

from collections.abc import Mapping, Sequence

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.program.branch import Branch, CrashError
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.provenance.volatile import changes
from toolgrad_dspy.records import Attempt, Report, Step

# Why a call is left out. One that failed may do better the next time; one that gave another result is not repeatable.
# Of one during which the server crashed, each time, nothing is known.
CRASHED = "the server crashed when it was repeated on a fresh session"
FAILED = "it failed when it was repeated on a fresh session"
ANOTHER = "it gave another result when it was repeated on a fresh session"


class Witness:
    """Repeats the steps of one sample, and notes which leaves of their results vary."""

    def __init__(self, branches: Branches) -> None:
        self._branches = branches
        self._session: Branch | None = None

    async def confirmed(self, report: Report, accepted: Sequence[Step]) -> tuple[Report, dict[str, str]]:
        """``report`` without the calls that cannot be repeated after the ``accepted`` steps; why not, by attempt.

        Left out with such a call is what takes a value from it. A call whose result differs only in volatile leaves
        is repeated. Those of sources that do not isolate their sessions are not tried. Raises BudgetSpentError.
        """
        kept: list[Attempt] = []
        problems: dict[str, str] = {}
        for attempt in report.kept:
            lost = sorted(problems.keys() & {source.step for origin in attempt.origins for source in origin.sources})
            problem = f"it uses the result of {lost[0]}" if lost else await self._problem(attempt, (*accepted, *kept))
            if problem:
                problems[attempt.id] = problem
            else:
                kept.append(attempt)
        return (without(report, problems), problems) if problems else (report, {})

    async def read_again(self, read: Step, accepted: Sequence[Step]) -> Step:
        """``read`` with what it gives, or how it fails, after all the ``accepted`` steps. Raises BudgetSpentError."""
        session = await self._replaying(accepted)
        again = await session.replay(read.call)
        return read.model_copy(update={"id": f"{read.id} again", "observation": again})

    async def _replaying(self, before: Sequence[Attempt | Step]) -> Branch:
        if self._session is None:
            self._session = await self._branches.apart(before)
        return self._session

    async def _problem(self, attempt: Attempt, before: Sequence[Attempt | Step]) -> str:
        """Why ``attempt`` cannot be repeated after the calls ``before``; "" if it can."""
        tool, observation = attempt.call.tool, attempt.observation
        assert observation is not None, "a kept attempt has run"
        if not self._branches.isolated(tool):
            return ""
        try:
            session = await self._replaying(before)
            again = await session.replay(attempt.call)
        except CrashError as error:
            return f"{CRASHED}: {one_line(error, 160)}"
        found = changes(observation.value, again.value)
        if again.error is None and found.other is None:
            self._branches.volatile.learn(tool, found.volatile)
            session.same(observation, again)
            return ""
        if self._branches.writes(tool):  # the session has what the sample will not have
            self._session = None
            await self._branches.release(session)
        return FAILED if again.error is not None else ANOTHER


def without(report: Report, problems: Mapping[str, str]) -> Report:
    """``report`` without the attempts that have ``problems``: nothing is added of them."""
    attempts = tuple(a.model_copy(update={"kept": a.kept and a.id not in problems}) for a in report.attempts)
    kept = [attempt.verdict.outcome for attempt in attempts if attempt.kept]
    tools = {attempt.id: attempt.call.tool for attempt in attempts}
    reason = "; ".join(f"{name} ({tools[name]}) is left out: {problem}" for name, problem in problems.items())
    return report.model_copy(
        update={"attempts": attempts, "outcome": kept[-1] if kept else "failed", "reason": reason}
    )
