"""The library a command works on: the servers of a file, or the bundled world."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

if TYPE_CHECKING:
    from toolgrad_dspy.tools.library import Library


@dataclass(frozen=True, slots=True)
class Sources:
    """A library, not yet open, and how a run's configuration and a headline name it."""

    library: "Library"
    public: JsonValue
    name: str


def sources(tools: Path | None) -> Sources:
    """The library of ``tools``, or of the bundled world. Raises UsageError."""
    from toolgrad_dspy.tools.library import Library

    if tools is None:
        from toolgrad_dspy.world.source import WorldSource

        return Sources(Library([WorldSource()]), "world", "the bundled world")
    from toolgrad_dspy.tools.mcp.config import load_mcp_config

    config = load_mcp_config(tools)
    return Sources(Library(config.sources()), config.public(), str(tools))
