"""What a run has used, also in sessions that were cancelled before they ended."""

from collections.abc import Callable, Mapping

from toolgrad_dspy.records import RoleUsage

# The role of the entry that counts tool calls, with those that branches and checks repeat.
TOOLS = "tools"


class Spending(RoleUsage):
    """One entry: what a role used of a model in a stage of the run."""

    stage: str
    role: str
    model: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it counts the use of."""
        return self.stage, self.role, self.model


class SpendingLog:
    """Turns the running totals of a meter into entries: each call of :meth:`entries` gives what is new.

    ``models`` gives the usage by role and model so far, ``tool_calls`` the number of tool calls so far.
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
        """Count tool calls from here. Model calls made before, those that check the models, are still entered."""
        self._tools_before = self._tool_calls()

    def entries(self) -> list[Spending]:
        """What was used since the last call; roles that made no call since then are left out."""
        now, tools = self._models(), self._tool_calls()
        entries = [self._difference(role, model, used) for (role, model), used in now.items()]
        entries.append(Spending(stage=self._stage, role=TOOLS, calls=tools - self._tools_before))
        self._before, self._tools_before = now, tools
        return [entry for entry in entries if entry.calls]

    def _difference(self, role: str, model: str, used: RoleUsage) -> Spending:
        new = used.minus(self._before.get((role, model), RoleUsage()))
        return Spending(stage=self._stage, role=role, model=model, **new.model_dump())
