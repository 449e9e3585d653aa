"""Which of a source's tools a run may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Tool
from toolgrad_dspy.tools.base import SourceNote

ALLOW_WRITES = 'set "allow_writes": true to use them'


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """Keeps the tools that match ``allow``, do not match ``deny`` and, without ``writes``, only read.

    The patterns are shell patterns (``read_*``), tried on the name in the library and on the source's own name;
    an empty ``allow`` keeps all. A tool counts as reading only where its source declares it so. ``advice`` says what
    to do about those that are left out for that.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    writes: bool = True
    advice: str = ALLOW_WRITES

    def apply(self, tools: Sequence[Tool], source: str) -> tuple[list[Tool], list[SourceNote]]:
        """The tools that are kept, and one note per reason why others are not.

        The notes' codes are ``left_out_by_name`` and ``not_read_only``. Raises ToolSourceError when no tool remains
        (``no_tools``), and when a pattern of ``allow`` matches no tool at all (``unmatched_pattern``).
        """
        self._refuse_unmatched_patterns(tools, source)
        named = [tool for tool in tools if self._is_named(tool)]
        denied = [tool for tool in tools if not self._is_named(tool)]
        kept = [tool for tool in named if self.writes or not tool.writes]
        writing = [tool for tool in named if tool.writes and not self.writes]
        notes = []
        if denied:
            notes.append(_note(source, "left_out_by_name", denied, len(tools), ' by "allow" and "deny"'))
        if writing:
            # Counted among those that "allow" and "deny" left, which the note before this one speaks of.
            reason = f": not declared read-only; {self.advice}"
            notes.append(_note(source, "not_read_only", writing, len(named), reason))
        if not kept:
            reason = "; ".join(note.text for note in notes) or "it lists none"
            raise ToolSourceError(f"tool source {source!r} has no tool to offer: {reason}", code="no_tools")
        return kept, notes

    def _is_named(self, tool: Tool) -> bool:
        return (not self.allow or _matches(tool, self.allow)) and not _matches(tool, self.deny)

    def _refuse_unmatched_patterns(self, tools: Sequence[Tool], source: str) -> None:
        # A misspelt "allow" would quietly offer less than was meant. A "deny" that matches nothing does no harm: it
        # may be there for another version of the server.
        unmatched = [pattern for pattern in self.allow if not any(_matches(tool, (pattern,)) for tool in tools)]
        if unmatched and tools:
            names = one_line(", ".join(tool.source_name for tool in tools), 150)
            raise ToolSourceError(
                f'tool source {source!r}: the pattern {unmatched[0]!r} in "allow" matches none of its tools: {names}',
                code="unmatched_pattern",
            )


def _matches(tool: Tool, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (tool.name, tool.source_name))


def _note(source: str, code: str, tools: Sequence[Tool], total: int, reason: str) -> SourceNote:
    text = f"{len(tools)} of {total} tools left out{reason}"
    return SourceNote(source, code, text, tuple(tool.source_name for tool in tools))
