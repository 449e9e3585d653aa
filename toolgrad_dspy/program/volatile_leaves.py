"""Which leaves of a tool's results vary from call to call, as replays of one sample have shown."""

from collections.abc import Iterable

from toolgrad_dspy.provenance.volatile import changes, generalised
from toolgrad_dspy.records import Observation, leaves


class VolatileLeaves:
    """The volatile leaves of a sample's tools, by path with list indexes left open.

    Kept for one sample, and not for the run: sessions run in any order and at the same time, and what one has found
    must not decide what another one stores.
    """

    def __init__(self) -> None:
        self._paths: dict[str, set[str]] = {}

    def learn(self, tool: str, pointers: Iterable[str]) -> None:
        """The leaves at ``pointers`` in a result of ``tool`` differ between two equal calls in equal states."""
        self._paths.setdefault(tool, set()).update(map(generalised, pointers))

    def of(self, tool: str, observation: Observation) -> tuple[str, ...]:
        """The pointers of the volatile leaves of a result, in document order."""
        paths = self._paths.get(tool)
        return tuple(p for p, _ in leaves(observation.value) if generalised(p) in paths) if paths else ()

    def equal(self, tool: str, observation: Observation, again: Observation) -> bool:
        """Whether ``again`` is the same result but for volatile leaves. All failures are the same."""
        if observation.error is not None or again.error is not None:
            return observation.error is not None and again.error is not None
        found = changes(observation.value, again.value)
        return found.other is None and self._paths.get(tool, set()).issuperset(map(generalised, found.volatile))
