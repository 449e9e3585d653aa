"""All tools of a run, over any number of sources."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

from toolgrad_dspy.concurrency import beside, gather_or_cancel, run_on_loop_thread
from toolgrad_dspy.errors import ToolSourceError, nearest, one_line
from toolgrad_dspy.json_schema import Schema, Validator, adapt, argument_problem, compile_schema, unknown_argument
from toolgrad_dspy.logs import hide_in_logs
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.secrets import Hidden, Secret
from toolgrad_dspy.tools.base import Isolation, SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.checks import usable
from toolgrad_dspy.tools.claims import Claim, claiming, current_claim
from toolgrad_dspy.tools.opening import open_together
from toolgrad_dspy.tools.rewriting import rewritten_observation, rewritten_tool
from toolgrad_dspy.tools.server_pool import ServerPool
from toolgrad_dspy.tools.together import all_ended


class Library:
    """The tools of ``sources`` under unique names, checked. An async context manager, like a source.

    It owns its sources: it opens them, all at once, and closes them. At most ``max_servers`` processes of MCP servers
    run at once, over all sources; None: as many as the machine can bear
    (:func:`~toolgrad_dspy.tools.server_pool.default_limit`). ``with`` instead of ``async with`` opens it on
    the background loop that ``ToolGrad.forward`` uses: for callers without an event loop, such as DSPy's optimizers.

    >>> import asyncio
    >>> from toolgrad_dspy.tools import FunctionSource
    >>> def add(a: int, b: int) -> int:
    ...     return a + b
    >>> def shout(text: str) -> str:
    ...     return text.upper()
    >>> async def main() -> None:
    ...     async with Library([FunctionSource("sums", [add]), FunctionSource("texts", [shout])]) as library:
    ...         print([tool.name for tool in library.tools])
    ...         print(library.validate(ToolCall(tool="add", arguments={"a": 1, "b": "two"})))
    ...         async with library.session(seed=0) as session:
    ...             print((await session.call(ToolCall(tool="add", arguments={"a": 1, "b": 2}))).value)
    >>> asyncio.run(main())
    ['add', 'shout']
    /b: 'two' is not of type 'integer'
    3
    """

    def __init__(self, sources: Sequence[ToolSource], max_servers: int | None = None) -> None:
        self._sources = tuple(sources)
        self._pool = ServerPool(max_servers)
        ids = Counter(source.id for source in self._sources)
        for source_id, times in ids.items():
            if times > 1:
                raise ToolSourceError(
                    f"{times} tool sources have the id {source_id!r}; rename all but one", code="duplicate_source"
                )
        self._say: Callable[[str], None] = _nobody_listens
        self._hidden = Hidden()
        self._tools: dict[str, Tool] = {}
        self._source_of: dict[str, ToolSource] = {}
        self._checks: dict[str, tuple[Validator, Schema]] = {}  # compiled when first needed
        self._notes: list[SourceNote] = []
        self.hide(secret for source in self._sources for secret in source.secrets)
        for source in self._sources:
            source.use(self._pool)

    async def open(self) -> None:
        """Open all sources and take their tools.

        A tool whose schema cannot be used is left out, with a note (``invalid_schema``). Raises ToolSourceError when
        a source does not open, a tool name occurs twice (``duplicate_tool``), there is no tool at all (``no_tools``),
        or there may not be as many server processes as one session needs (``too_few_servers``).
        """
        self._pool.claim()
        self._tools, self._source_of, self._checks, self._notes = {}, {}, {}, []  # it may have been open before
        async with AsyncExitStack() as opened:  # no server is left running, whatever goes wrong
            opened.push_async_callback(self.close)
            await open_together(self._sources, self._say)
            for source in self._sources:
                tools, notes = usable(await source.tools(), source.id)
                self._take(source, tools)
                self._notes += notes
            if not self._tools:
                why = "; ".join(map(str, self._notes)) or "give the library a source that offers one"
                raise ToolSourceError(f"there is no tool: {one_line(why, 600)}", code="no_tools")
            opened.pop_all()
        # By name: a server may list its tools in another order at its next start.
        self._tools = dict(sorted(self._tools.items()))

    async def close(self) -> None:
        """Close all sources. Safe to call twice."""
        await all_ended(source.close() for source in self._sources)

    def listen(self, say: Callable[[str], None]) -> None:
        """Have ``say`` told what a user should know while servers start and sessions wait for them, a line each."""
        self._say = say
        self._pool.listen(say)

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Mask ``secrets``, such as the keys of models, in what tools say and give, beside those of the sources.

        They are masked in the log of this process, too.
        """
        self._hidden = Hidden((*self._hidden.secrets, *secrets))
        hide_in_logs(self._hidden.secrets)
        for source in self._sources:
            source.hide(self._hidden)
        self._tools = {name: self._public(tool) for name, tool in self._tools.items()}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All tools, ordered by name."""
        return tuple(self._tools.values())

    @property
    def notes(self) -> tuple[SourceNote, ...]:
        """What a user should know about the sources: for example which tools were left out, and why."""
        return (*(note for source in self._sources for note in source.notes()), *self._notes)

    @property
    def digest(self) -> str:
        """SHA-256 over all tool definitions, in hexadecimal: equal for equal tools."""
        tools = [tool.model_dump(mode="json") for tool in self._tools.values()]
        return hashlib.sha256(json.dumps(tools, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def isolation(self) -> Isolation:
        """``"session"`` when every source isolates its sessions."""
        isolated = all(source.isolation == "session" for source in self._sources)
        return "session" if isolated else "shared"

    def isolation_of(self, name: str) -> Isolation:
        """What the source of the tool ``name`` promises. Raises KeyError when there is no such tool."""
        return self._source_of[name].isolation

    def tool(self, name: str) -> Tool:
        """The tool ``name``. Raises KeyError when there is none."""
        return self._tools[name]

    def validate(self, call: ToolCall) -> str | None:
        """What is wrong with the call's tool name or arguments, in one line, or None.

        Arguments are checked against the tool's JSON Schema: ``/items/0/quantity: 'x' is not of type 'integer'``.
        One that it does not name is refused as well, unless it leaves them free
        (:func:`~toolgrad_dspy.json_schema.unknown_argument`): ``arguments: there is no 'ctiy'; did you mean 'city'?``
        """
        tool = self._tools.get(call.tool)
        if tool is None:
            return _unknown(call.tool, self._tools)
        if call.tool not in self._checks:
            self._checks[call.tool] = compile_schema(tool.parameters), Schema.of(adapt(tool.parameters))
        validator, schema = self._checks[call.tool]
        # The made-up name first: that "city" is missing says less than that "ctiy" was written for it.
        return unknown_argument(schema, call.arguments) or argument_problem(validator, call.arguments)

    def claim(self, sessions: int) -> AbstractContextManager[None]:
        """In the block, so many sessions at once may be opened whatever is open elsewhere.

        Whoever holds a session while opening others says so: else all could end up waiting for each other's servers.
        Raises ToolSourceError (``too_few_servers``).
        """
        return claiming(self._pool.claim(sessions))

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator["LibrarySession"]:
        """Open a session on all sources; each source's own session is opened when it is first needed."""
        claim = current_claim() or self._pool.claim()
        async with AsyncExitStack() as stack:
            yield LibrarySession(self._source_of, stack, seed, self._hidden, claim)

    def _take(self, source: ToolSource, tools: Sequence[Tool]) -> None:
        for tool in tools:
            first = self._tools.get(tool.name)
            if first is not None:
                raise ToolSourceError(_named_twice(tool, first), code="duplicate_tool")
            self._tools[tool.name] = self._public(tool)
            self._source_of[tool.name] = source

    def _public(self, tool: Tool) -> Tool:
        return rewritten_tool(tool, self._hidden.results.json)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # DSPy's optimizers copy programs deeply. Open connections cannot be copied, and need not be.
        return self

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __enter__(self) -> Self:
        run_on_loop_thread(self.open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run_on_loop_thread(self.close())


class LibrarySession(ToolSession):
    """One session over all sources of a library. For many tasks at once."""

    def __init__(
        self, source_of: dict[str, ToolSource], stack: AsyncExitStack, seed: int, hidden: Hidden, claim: Claim
    ) -> None:
        self._source_of = source_of
        self._hidden = hidden
        self._stack = stack
        self._seed = seed
        self._claim = claim
        self._sessions: dict[str, ToolSession] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def call(self, call: ToolCall) -> Observation:
        """Run ``call`` on its source. Arguments are not checked here: see :meth:`Library.validate`.

        The secrets that the library knows of are masked in the result.
        """
        source = self._source_of.get(call.tool)
        if source is None:
            return Observation.failure("unknown_tool", _unknown(call.tool, self._source_of))
        session = self._sessions.get(source.id) or await self._opened(source)
        observation, hide = await session.call(call), self._hidden.results.json
        return await beside(observation.is_large, partial(rewritten_observation, observation, hide))

    async def prepare(self, tools: Iterable[str]) -> None:
        """Open the sessions on the sources of ``tools``, all at once, as far as they are not."""
        sources = {source.id: source for name in tools if (source := self._source_of.get(name)) is not None}
        await gather_or_cancel(self._opened(source) for source in sources.values())

    async def _opened(self, source: ToolSource) -> ToolSession:
        # A lock per source: calls that arrive together open one session, and a slow source keeps no other waiting.
        async with self._opening.setdefault(source.id, asyncio.Lock()):
            if source.id not in self._sessions:
                # The session may be called where another claim is current, or none.
                with claiming(self._claim):
                    self._sessions[source.id] = await self._stack.enter_async_context(source.session(self._seed))
        return self._sessions[source.id]


def _nobody_listens(line: str) -> None:
    pass


def _unknown(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"there is no tool {name!r}" + (f"; did you mean {near!r}?" if near else "")


def _named_twice(tool: Tool, first: Tool) -> str:
    if tool.source != first.source:
        return (
            f"tool name {tool.name!r} is offered by source {first.source!r} and by source {tool.source!r}; "
            'set "prefix" on one of them, "deny" the tool there, or rename it where it is a function'
        )
    # Two names of a server may become one when what providers refuse is replaced: "x.y" and "x_y".
    names = "" if tool.source_name == first.source_name else f" (for {first.source_name!r} and {tool.source_name!r})"
    return (
        f"source {tool.source!r} lists the tool name {tool.name!r} twice{names}; "
        f'set "deny": ["{tool.source_name}"] to do without it'
    )
