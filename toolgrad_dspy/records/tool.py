"""A tool as its source declares it."""

from pydantic import Field

from toolgrad_dspy.records.base import OutsideObject, OutsideText, Record


class ToolAnnotations(Record):
    """What a source says about a tool's effects; None where it says nothing.

    The four hints of the Model Context Protocol, 2025-06-18, "ToolAnnotations".
    """

    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None


class Tool(Record):
    """A tool: what a model may call.

    ``name`` is unique in a library and valid for every model provider; ``source_name`` is the name its own
    source knows it by. ``parameters`` is the source's JSON Schema, unchanged and lossless; ``returns`` is the
    JSON Schema of the structured result where the source declares one.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    source_name: str
    description: OutsideText
    parameters: OutsideObject
    returns: OutsideObject | None = None
    source: str
    category: str
    annotations: ToolAnnotations = ToolAnnotations()

    @property
    def writes(self) -> bool:
        """Whether a call may change state: everything that is not declared read-only."""
        return self.annotations.read_only is not True
