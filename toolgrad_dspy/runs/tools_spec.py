"""Which tools a run uses, as data: a spec makes the same library in any process."""

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
    """Where a run's tools come from. Can be pickled, so that an engine elsewhere can open them there."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What a headline calls them."""

    @abstractmethod
    def library(self) -> "Library":
        """A new library, not yet open. Raises UsageError."""

    @abstractmethod
    def public(self) -> JsonValue:
        """What a run's configuration stores of them, and a resumed run is compared with; without secrets."""


@dataclass(frozen=True, slots=True)
class WorldTools(ToolsSpec):
    """The bundled world: what is used when nothing else is configured."""

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

    ``make`` gives new, closed sources at every call. For an engine that runs elsewhere it has to be importable there.
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
