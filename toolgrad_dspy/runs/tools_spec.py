"""Which tools a run uses, as data: any process can make the same library from it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

if TYPE_CHECKING:
    from toolgrad_dspy.tools import Library, ToolSource
    from toolgrad_dspy.tools.mcp import McpConfig


class ToolsSpec(ABC):
    """Where a run's tools come from. It can be pickled, for engines that open the tools in other processes."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What to call the tools in a headline."""

    @abstractmethod
    def library(self) -> "Library":
        """A new library, not yet open. Raises UsageError."""

    @abstractmethod
    def public(self) -> JsonValue:
        """What a run's configuration stores of the tools and compares on resume; without secrets."""


@dataclass(frozen=True, slots=True)
class WorldTools(ToolsSpec):
    """The bundled world: the default."""

    @property
    def name(self) -> str:
        return "the bundled world"

    def library(self) -> "Library":
        from toolgrad_dspy.tools import Library
        from toolgrad_dspy.world import WorldSource

        return Library([WorldSource()])

    def public(self) -> JsonValue:
        return "world"


@dataclass(frozen=True, slots=True)
class McpTools(ToolsSpec):
    """The MCP servers of a file: ``McpTools(load_mcp_config(Path("servers.json")))``."""

    config: "McpConfig"

    @property
    def name(self) -> str:
        return str(self.config.path)

    def library(self) -> "Library":
        from toolgrad_dspy.tools import Library

        return Library(self.config.sources())

    def public(self) -> JsonValue:
        return self.config.public()


@dataclass(frozen=True, slots=True)
class SourceTools(ToolsSpec):
    """Sources made by a function of your own: ``SourceTools("geography", make_sources)``.

    ``make`` returns new, closed sources at every call. An engine in other processes has to be able to import it.
    """

    label: str
    make: Callable[[], Sequence["ToolSource"]]

    @property
    def name(self) -> str:
        return self.label

    def library(self) -> "Library":
        from toolgrad_dspy.tools import Library

        return Library(self.make())

    def public(self) -> JsonValue:
        return self.label


def tools_spec(path: Path | None) -> ToolsSpec:
    """The servers of the file ``path``, or the bundled world without one. Raises UsageError."""
    if path is None:
        return WorldTools()
    from toolgrad_dspy.tools.mcp import load_mcp_config

    return McpTools(load_mcp_config(path))
