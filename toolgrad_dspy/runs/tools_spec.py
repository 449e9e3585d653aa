"""Which tools a run uses, as data: any process can make the same library from it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError

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
    def sources(self) -> "Sequence[ToolSource]":
        """The sources of the tools, not yet open. Raises UsageError."""

    @property
    def max_servers(self) -> int | None:
        """How many server processes may run at once; None: as many as the machine can bear."""
        return None

    def limited(self, max_servers: int | None) -> "ToolsSpec":
        """The same tools with another limit; None changes nothing."""
        return self if max_servers is None else LimitedTools(self, max_servers)

    def library(self) -> "Library":
        """A new library, not yet open. Raises UsageError."""
        from toolgrad_dspy.tools import Library

        return Library(self.sources(), self.max_servers)

    @abstractmethod
    def public(self) -> JsonValue:
        """What a run's configuration stores of the tools and compares on resume; without secrets."""


@dataclass(frozen=True, slots=True)
class WorldTools(ToolsSpec):
    """The bundled world: the default."""

    @property
    def name(self) -> str:
        return "the bundled world"

    def sources(self) -> "Sequence[ToolSource]":
        from toolgrad_dspy.world import WorldSource

        return [WorldSource()]

    def public(self) -> JsonValue:
        return "world"


@dataclass(frozen=True, slots=True)
class McpTools(ToolsSpec):
    """The MCP servers of a file: ``McpTools(load_mcp_config(Path("servers.json")))``."""

    config: "McpConfig"

    @property
    def name(self) -> str:
        return str(self.config.path)

    @property
    def max_servers(self) -> int | None:
        return self.config.max_servers

    def sources(self) -> "Sequence[ToolSource]":
        return self.config.sources()

    def public(self) -> JsonValue:
        return self.config.public()


@dataclass(frozen=True, slots=True)
class PythonTools(ToolsSpec):
    """The tools of a Python file, or of ``attribute`` in it: ``PythonTools.of(Path("tools.py"))``.

    ``digest`` is the file's SHA-256: a run is not gone on with when the file has changed.
    """

    path: Path
    attribute: str | None
    digest: str

    @classmethod
    def of(cls, path: Path, attribute: str | None = None) -> "PythonTools":
        """The file as it is now. Raises UsageError where it cannot be run, or has no tools."""
        from toolgrad_dspy.tools.functions import python_sources, source_digest

        python_sources(path, attribute)
        return cls(path.absolute(), attribute, source_digest(path))

    @property
    def name(self) -> str:
        return f"{self.path}:{self.attribute}" if self.attribute else str(self.path)

    def sources(self) -> "Sequence[ToolSource]":
        from toolgrad_dspy.tools.functions import python_sources, source_digest

        if source_digest(self.path) != self.digest:
            raise UsageError(f"{self.path} has changed since the run was begun", code="tools_file_changed")
        return python_sources(self.path, self.attribute)

    def public(self) -> JsonValue:
        return {"python": self.path.name, "name": self.attribute, "sha256": self.digest}


@dataclass(frozen=True, slots=True)
class JoinedTools(ToolsSpec):
    """The tools of several specs together."""

    parts: tuple[ToolsSpec, ...]

    @property
    def name(self) -> str:
        return ", ".join(part.name for part in self.parts)

    @property
    def max_servers(self) -> int | None:
        """The least that a part allows: it is for all of them together."""
        return min((part.max_servers for part in self.parts if part.max_servers is not None), default=None)

    def sources(self) -> "Sequence[ToolSource]":
        """Raises UsageError (``duplicate_source``) for two sources of one name: they could not be told apart."""
        found: dict[str, tuple[str, ToolSource]] = {}
        for part in self.parts:
            for source in part.sources():
                if source.id in found:
                    first = found[source.id][0]
                    raise UsageError(
                        f"{first} and {part.name} both have tools of the name {source.id!r}; rename them in one file",
                        code="duplicate_source",
                    )
                found[source.id] = part.name, source
        return [source for _, source in found.values()]

    def public(self) -> JsonValue:
        return [part.public() for part in self.parts]


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

    def sources(self) -> "Sequence[ToolSource]":
        return self.make()

    def public(self) -> JsonValue:
        return self.label


@dataclass(frozen=True, slots=True)
class LimitedTools(ToolsSpec):
    """The tools of ``inner`` with a limit of its own. It changes no sample, and is not stored."""

    inner: ToolsSpec
    limit: int

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def max_servers(self) -> int | None:
        return self.limit

    def sources(self) -> "Sequence[ToolSource]":
        return self.inner.sources()

    def public(self) -> JsonValue:
        return self.inner.public()


def joined_tools(parts: Sequence[ToolsSpec]) -> ToolsSpec:
    """``parts`` as one: the bundled world for none. Raises UsageError (``duplicate_source``)."""
    if not parts:
        return WorldTools()
    if len(parts) == 1:
        return parts[0]
    joined = JoinedTools(tuple(parts))
    joined.sources()  # raises for two of one name, here and not in the middle of a run
    return joined
