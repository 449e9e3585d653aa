"""How the calls of a session ended, by tool."""

from collections import Counter

from toolgrad_dspy.records import Observation, ToolUsage


class ToolCounts:
    """Counts every call that was sent, repeated ones too."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._failures: dict[str, Counter[str]] = {}
        self._crashes: dict[str, str] = {}

    def add(self, tool: str, observation: Observation) -> None:
        """Count a call of ``tool`` that gave ``observation``."""
        self._calls[tool] += 1
        if observation.error is not None:
            self._failures.setdefault(tool, Counter())[observation.error.kind] += 1
            if observation.error.kind == "connection":
                self._crashes[tool] = observation.error.message

    def usage(self) -> dict[str, ToolUsage]:
        """The counts, by tool."""
        return {
            tool: ToolUsage(
                calls=calls,
                failures=dict(sorted(self._failures.get(tool, Counter()).items())),
                last_crash=self._crashes.get(tool, ""),
            )
            for tool, calls in sorted(self._calls.items())
        }
