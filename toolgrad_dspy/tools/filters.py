"""Which of a source's tools a run may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Tool


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """Keeps the tools that match ``allow``, do not match ``deny`` and, without ``writes``, only read.

    The patterns are shell patterns (``read_*``), tried on the name in the library and on the source's own name;
    an empty ``allow`` keeps all. A tool counts as reading only where its source declares it so.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    writes: bool = True

    def apply(self, tools: Sequence[Tool], source: str) -> tuple[list[Tool], list[str]]:
        """The tools that are kept, and one line per reason for which others are not.

        Raises ToolSourceError when none remains, and when a pattern of ``allow`` fits no tool at all.
        """
        self._refuse_idle_patterns(tools, source)
        named = [tool for tool in tools if self._is_named(tool)]
        kept = [tool for tool in named if self.writes or not tool.writes]
        notes = []
        if len(named) < len(tools):
            notes.append(f'{source}: {_left_out(len(tools) - len(named), len(tools))} by "allow" and "deny"')
        if len(kept) < len(named):
            notes.append(
                f"{source}: {_left_out(len(named) - len(kept), len(named))}: not declared read-only; "
                'set "allow_writes": true to use them'
            )
        if not kept:
            reason = "; ".join(note.removeprefix(f"{source}: ") for note in notes) or "it lists none"
            raise ToolSourceError(f"tool source {source!r} has no tool to offer: {reason}")
        return kept, notes

    def _is_named(self, tool: Tool) -> bool:
        return (not self.allow or _matches(tool, self.allow)) and not _matches(tool, self.deny)

    def _refuse_idle_patterns(self, tools: Sequence[Tool], source: str) -> None:
        idle = [pattern for pattern in self.allow if not any(_matches(tool, (pattern,)) for tool in tools)]
        if idle and tools:
            names = one_line(", ".join(tool.source_name for tool in tools), 150)
            raise ToolSourceError(f'tool source {source!r}: "allow" {idle[0]!r} fits none of its tools: {names}')


def _matches(tool: Tool, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (tool.name, tool.source_name))


def _left_out(count: int, total: int) -> str:
    return f"{count} of {total} tools left out"
