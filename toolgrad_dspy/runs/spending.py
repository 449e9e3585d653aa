"""What a run has used: a ledger that also counts sessions that were stopped before they ended."""

from collections.abc import Callable, Mapping

from toolgrad_dspy.records import RoleUsage

# The role under which tool calls stand in the ledger, repeated ones of branches and checks included.
TOOLS = "tools"


class Spending(RoleUsage):
    """One line of the ledger: what a role used of a model in a stage of the run."""

    stage: str
    role: str
    model: str = ""


class SpendingLog:
    """Turns the running totals of a meter into entries: each call of :meth:`entries` gives what is new.

    ``models`` gives usage by role and model, ``tool_calls`` the number of tool calls, both since the start.
    """

    def __init__(
        self, stage: str, models: Callable[[], Mapping[tuple[str, str], RoleUsage]], tool_calls: Callable[[], int]
    ) -> None:
        self._stage = stage
        self._models = models
        self._tool_calls = tool_calls
        self._before: Mapping[tuple[str, str], RoleUsage] = {}
        self._tools_before = 0
        self.start()

    def start(self) -> None:
        """Count from here; model calls made before are still to be entered."""
        self._tools_before = self._tool_calls()

    def entries(self) -> list[Spending]:
        """What was used since the last time."""
        now, tools = self._models(), self._tool_calls()
        found = [self._difference(role, model, used) for (role, model), used in now.items()]
        found.append(Spending(stage=self._stage, role=TOOLS, calls=tools - self._tools_before))
        self._before, self._tools_before = now, tools
        return [entry for entry in found if entry.calls]

    def _difference(self, role: str, model: str, used: RoleUsage) -> Spending:
        new = used.minus(self._before.get((role, model), RoleUsage()))
        return Spending(stage=self._stage, role=role, model=model, **new.model_dump())
