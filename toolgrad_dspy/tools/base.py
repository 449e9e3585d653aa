"""The contract between the program and whatever provides tools.

A **source** lists tools and opens **sessions** on them. What every implementation promises, and
``tools/conformance.py`` checks:

- ``tools()`` gives the same list, in the same order, as long as the source is open.
- Tool trouble (a failure the tool reports, bad arguments, an unknown tool, a timeout, a server that went
  away) comes back as an :class:`~toolgrad_dspy.records.Observation` with ``error`` set. ``call`` raises only
  for bugs and for a source that is gone for good (:class:`~toolgrad_dspy.errors.ToolSourceError`).
- ``call`` may be used by many tasks at once. A source whose server cannot stand that limits it itself.
- With ``isolation == "session"``, two sessions never see each other's writes, and the same seed and the same
  calls in the same order give the same results. With ``"shared"`` neither is promised.
- A source and a session may be closed by another task than the one that opened them, and closing ends every
  process, task and file it started. They belong to the event loop that opened them.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.secrets import Hidden, Secret
from toolgrad_dspy.tools.server_pool import ServerPool

Isolation = Literal["session", "shared"]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What a user should know about a source although nothing failed. ``str(note)`` is one line.

    ``code`` names it for programs and tests, as the code of an error does; ``tools`` are the names of the tools it is
    about, as the source knows them.
    """

    source: str
    code: str
    text: str
    tools: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"


class ToolSession(ABC):
    """One session's view of a source's tools, with its own state where the source isolates sessions."""

    @abstractmethod
    async def call(self, call: ToolCall) -> Observation:
        """Run ``call`` and return what came back; ``call.tool`` is a :attr:`Tool.name` of the source."""


class ToolSource(ABC):
    """Where tools come from. An async context manager: open before use, close after.

    The smallest source of one's own, with one tool and no state:

    >>> import asyncio
    >>> from collections.abc import AsyncIterator
    >>> from contextlib import asynccontextmanager
    >>> class Echo(ToolSource, ToolSession):
    ...     id = "echo"
    ...     isolation: Isolation = "session"
    ...
    ...     async def tools(self) -> list[Tool]:
    ...         schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    ...         described = {"description": "Say it again.", "parameters": schema, "category": "toys"}
    ...         return [Tool(name="echo", source_name="echo", source=self.id, **described)]
    ...
    ...     @asynccontextmanager
    ...     async def session(self, seed: int) -> AsyncIterator[ToolSession]:
    ...         yield self
    ...
    ...     async def call(self, call: ToolCall) -> Observation:
    ...         if call.tool != "echo":
    ...             return Observation.failure("unknown_tool", f"there is no tool {call.tool!r}")
    ...         return Observation(text=str(call.arguments.get("text", "")))
    >>> async def main() -> None:
    ...     async with Echo() as source, source.session(seed=0) as session:
    ...         print((await session.call(ToolCall(tool="echo", arguments={"text": "hello"}))).text)
    >>> asyncio.run(main())
    hello
    """

    id: str
    isolation: Isolation
    secrets: Sequence[Secret] = ()
    """What the source was given and must not be told: a library masks it in the tools and results of all sources."""

    def hide(self, hidden: Hidden) -> None:  # noqa: B027 - a source without words of its own has nothing to mask
        """Mask ``hidden``, which has the source's own secrets and those of others, in the errors that it raises.

        A library calls it. What tools say of themselves and give is masked by the library.
        """

    def use(self, pool: ServerPool) -> None:  # noqa: B027 - a source without processes of its own needs no place
        """Start server processes only in places of ``pool``, which is told what to expect. A library calls it."""

    async def open(self) -> None:  # noqa: B027 - a source without a server has nothing to open
        """Start what the source needs. Raises ToolSourceError when it does not start."""

    async def close(self) -> None:  # noqa: B027 - nor to close
        """End everything the source started. Safe to call twice."""

    @abstractmethod
    async def tools(self) -> list[Tool]:
        """The tools, each with ``source == self.id``, in a fixed order."""

    def notes(self) -> tuple[SourceNote, ...]:
        """What a user should know about the tools: for example which were left out, and why."""
        return ()

    @abstractmethod
    def session(self, seed: int) -> AbstractAsyncContextManager[ToolSession]:
        """Open a session. ``seed`` fixes whatever is random in the tools themselves."""

    def not_open(self) -> ToolSourceError:
        """The error for a use of the source before ``open`` or after ``close``."""
        return ToolSourceError(
            f"tool source {self.id!r} is not open; open it first, or use it in an `async with`",
            code="source_not_open",
        )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
