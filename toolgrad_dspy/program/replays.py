"""The steps of one source of a sample, replayed in other orders: what is known already is not run again."""

from collections.abc import Iterable, Sequence

from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.records import Step


class Replays:
    """Replays of ``steps``, which one source gives, in their order in the sample.

    Reads change nothing, so what a step gives depends on the writes before it, in their order. Each step is run once
    after the same writes; the sample has its results after those that came before it there. Where results have ids
    that vary, a read may be needed to know one: then every step is run.
    """

    def __init__(self, steps: Sequence[Step], branches: Branches) -> None:
        self._branches = branches
        self._differs: dict[tuple[tuple[str, ...], str], bool] = dict.fromkeys(self._keys(steps), False)
        self._remembers = not any(branches.volatile.of(step.call.tool, step.observation) for step in steps)

    async def differing(self, order: Iterable[Step]) -> tuple[str, ...]:
        """The ids of the steps that give another result in this ``order``, or fail. Raises BudgetSpentError."""
        steps = list(order)
        if not self._remembers:
            return await self._branches.differing(steps)
        keys = self._keys(steps)
        unknown = [number for number, key in enumerate(keys) if key not in self._differs]
        if unknown:
            # The writes up to the last of them are needed for the state that it meets.
            run = [
                step
                for number, step in enumerate(steps[: unknown[-1] + 1])
                if number in unknown or self._branches.writes(step.call.tool)
            ]
            found = await self._branches.differing(run)
            self._differs |= {keys[number]: steps[number].id in found for number in unknown}
        return tuple(step.id for step, key in zip(steps, keys, strict=True) if self._differs[key])

    def _keys(self, steps: Iterable[Step]) -> list[tuple[tuple[str, ...], str]]:
        """For each step the writes before it, and itself."""
        written: tuple[str, ...] = ()
        keys = []
        for step in steps:
            keys.append((written, step.id))
            if self._branches.writes(step.call.tool):
                written = (*written, step.id)
        return keys
