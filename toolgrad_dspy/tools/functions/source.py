"""Plain Python functions as tools."""

import asyncio
import copy
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import to_jsonable_python

from toolgrad_dspy.errors import ToolSourceError, hint
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools.base import Isolation, SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.functions.schema import FunctionSpec
from toolgrad_dspy.tools.functions.threads import Threads
from toolgrad_dspy.tools.result_size import RESULT_BYTES, bounded

Function = Callable[..., Any]
Functions = Iterable[Function]

THREADS = 16
"""Sync functions of one source that run at the same time."""


class FunctionSource(ToolSource):
    """A source over Python functions, sync or async. A function's name is its tool's name.

    Type hints become the JSON Schema (pydantic: nested models, ``Literal``, ``Annotated[..., Field(...)]``,
    defaults), and the docstring (Google, NumPy or Sphinx style) its descriptions. Arguments are validated, and
    converted to what the hints say, before the call. Sync functions run in threads of the source's own; one that
    still runs when its call was given up keeps the next calls of that session waiting, and of no other. What a
    function raises, ``SystemExit`` included, is an observation.

    ``isolation="session"``: ``functions`` is a factory ``(seed) -> functions``, called for every session, and for
    every session gives the same functions over a state of its own; the calls of one session run one at a time.

    ``writes`` names the functions that change state; all others are then declared read-only. None declares nothing.
    A result of more than ``max_result_bytes`` as JSON is a failure of its call (``too_large``).

    >>> import asyncio
    >>> from typing import Annotated
    >>> from pydantic import Field
    >>> def repeat(word: str, times: Annotated[int, Field(ge=1, le=9)] = 2) -> list[str]:
    ...     '''Repeat a word.
    ...
    ...     Args:
    ...         word: What to repeat.
    ...     '''
    ...     return [word] * times
    >>> async def main() -> None:
    ...     async with FunctionSource("words", [repeat]) as source, source.session(seed=0) as session:
    ...         (tool,) = await source.tools()
    ...         print(tool.parameters["properties"]["word"])
    ...         print((await session.call(ToolCall(tool="repeat", arguments={"word": "tool"}))).value)
    ...         refused = await session.call(ToolCall(tool="repeat", arguments={"word": "tool", "times": 10}))
    ...         print(refused.error.kind)
    >>> asyncio.run(main())
    {'description': 'What to repeat.', 'type': 'string'}
    ['tool', 'tool']
    invalid_arguments
    """

    def __init__(
        self,
        id: str,
        functions: Functions | Callable[[int], Functions],
        *,
        isolation: Isolation = "shared",
        category: str | None = None,
        writes: Collection[str] | None = None,
        max_result_bytes: int = RESULT_BYTES,
    ) -> None:
        if (isolation == "session") != callable(functions):
            raise TypeError('isolation="session" takes a factory (seed) -> functions; "shared" takes the functions')
        self.id = id
        self.isolation = isolation
        self._make: Callable[[int], Functions] = functions if callable(functions) else _constant(list(functions))
        self._category = category or id
        self._writes = writes
        self._max_result_bytes = max_result_bytes
        self._specs: dict[str, FunctionSpec] = {}
        self._shared: dict[str, Function] | None = None
        self._threads: Threads | None = None

    async def open(self) -> None:
        functions = _by_name(self.id, self._make(0))  # any seed will do: all sessions have the same functions
        self._specs = {
            name: FunctionSpec(function, self.id, self._category, self._reads(name))
            for name, function in functions.items()
        }
        unknown = set(self._writes or ()) - set(functions)
        if unknown:
            raise ToolSourceError(
                f"tool source {self.id!r}: {min(unknown)!r} in `writes` is not one of its functions; "
                f"{hint(min(unknown), functions)}",
                code="unknown_function",
            )
        # Threads of its own: asyncio's default ones are few, and tools that block would starve whatever needs those.
        self._threads = Threads(f"toolgrad-{self.id}", THREADS)
        self._shared = functions if self.isolation == "shared" else None

    async def close(self) -> None:
        # Threads are not waited for: a function that never returns must not hold up the run's end.
        self._shared = self._threads = None

    async def tools(self) -> list[Tool]:
        return [spec.tool for spec in self._specs.values()]

    def notes(self) -> tuple[SourceNote, ...]:
        """What of the functions' results is not known before they are called."""
        return tuple(
            SourceNote(
                self.id,
                "result_not_described",
                f"the result of {name} has a type that cannot be described, so prompts do not show what it gives: "
                f"{spec.undescribed}",
                (name,),
            )
            for name, spec in self._specs.items()
            if spec.undescribed
        )

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        if self._threads is None:
            raise self.not_open()
        if self._shared is not None:
            yield FunctionSession(self._specs, self._shared, self._threads, AsyncExitStack, self._max_result_bytes)
        else:
            functions, lock = _by_name(self.id, self._make(seed)), asyncio.Lock()
            yield FunctionSession(self._specs, functions, self._threads, lambda: lock, self._max_result_bytes)

    def _reads(self, name: str) -> bool | None:
        return None if self._writes is None else name not in self._writes


class FunctionSession(ToolSession):
    """Calls of one set of functions, each in a ``turn`` of its own."""

    def __init__(
        self,
        specs: dict[str, FunctionSpec],
        functions: dict[str, Function],
        threads: Threads,
        turn: Callable[[], AbstractAsyncContextManager[object]],
        max_result_bytes: int,
    ) -> None:
        self._specs = specs
        self._functions = functions
        self._threads = threads
        self._turn = turn
        self._max_result_bytes = max_result_bytes
        self._given_up: set[asyncio.Future[Any]] = set()  # threads that run on although their calls were cancelled

    async def call(self, call: ToolCall) -> Observation:
        spec = self._specs.get(call.tool)
        if spec is None:
            return Observation.failure("unknown_tool", f"there is no tool {call.tool!r}")
        try:
            # Copied: a function may change what it is given, and the call on record must not change with it.
            arguments = spec.arguments(copy.deepcopy(call.arguments))
        except ValidationError as error:
            return Observation.failure("invalid_arguments", _explain(error))
        async with self._turn():
            while self._given_up:
                await asyncio.wait(self._given_up)
            return await self._run(self._functions[call.tool], arguments)

    async def _run(self, function: Function, arguments: dict[str, Any]) -> Observation:
        start = time.perf_counter()
        try:
            result = await self._result(function, arguments)
            return bounded(_observation(result, time.perf_counter() - start), self._max_result_bytes)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a tool may raise anything
            latency = time.perf_counter() - start
            return Observation.failure("tool", f"{type(error).__name__}: {error}", latency=latency)

    async def _result(self, function: Function, arguments: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(**arguments)
        begun: list[asyncio.Future[Any]] = []
        try:
            result = await self._threads.run(partial(_result_of, function, arguments), begun.append)
        except asyncio.CancelledError:
            for thread in begun:  # nothing can stop it
                self._given_up.add(thread)
                thread.add_done_callback(self._given_up.discard)
            raise
        # A partial of a coroutine function, or a callable object, is not recognised above.
        return await result if inspect.isawaitable(result) else result


def _result_of(function: Function, arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except StopIteration as error:  # asyncio cannot carry it from a thread: who waits would wait for ever
        raise RuntimeError("the function raised StopIteration") from error


def _observation(result: object, latency: float) -> Observation:
    if isinstance(result, str):
        return Observation(text=result, latency=latency)
    # What JSON cannot say is shown rather than refused: a NaN as null, an unknown object as its text.
    content: JsonValue = to_jsonable_python(result, inf_nan_mode="null", fallback=str)
    return Observation(content=content, text=json.dumps(content, ensure_ascii=False), latency=latency)


def _explain(error: ValidationError) -> str:
    """One line per argument that does not fit."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "\n".join(f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}" for problem in problems)


def _constant(functions: list[Function]) -> Callable[[int], Functions]:
    return lambda seed: functions


def _by_name(source: str, functions: Functions) -> dict[str, Function]:
    named: dict[str, Function] = {}
    for function in functions:
        name = getattr(function, "__name__", "")
        if not name.isidentifier():
            raise ToolSourceError(
                f"tool source {source!r}: {function!r} has no name to call it by; define it with def",
                code="unnamed_function",
            )
        if name in named:
            raise ToolSourceError(
                f"tool source {source!r} has two functions named {name!r}; rename one", code="duplicate_tool"
            )
        named[name] = function
    return named
