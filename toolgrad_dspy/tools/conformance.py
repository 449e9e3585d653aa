"""What every tool source promises, as checks that run against any source.

>>> from toolgrad_dspy.tools import FunctionSource
>>> def add(a: int, b: int) -> int:
...     return a + b
>>> def divide(a: int, b: int) -> float:
...     return a / b
>>> case = Case(
...     make=lambda: FunctionSource("sums", [add, divide]),
...     good=ToolCall(tool="add", arguments={"a": 1, "b": 2}),
...     failing=ToolCall(tool="divide", arguments={"a": 1, "b": 0}),
... )
>>> asyncio.run(check_source(case))
[]

With pytest, parametrise over :data:`CHECKS` and run ``asyncio.run(check(case))``: a check raises AssertionError with
a sentence that says which promise is broken.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.conformance import BrokenPromise, broken_promises_async, expect
from toolgrad_dspy.json_schema import schema_problem
from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools.base import ToolSession, ToolSource

PARALLEL = 8
"""Calls, and half as many sessions, that are tried at the same time."""


@dataclass(frozen=True, slots=True)
class Case:
    """A source to check. ``make`` gives a new, closed one every time.

    ``good`` is a call that succeeds, also in a fresh session; ``failing`` one whose tool reports a failure.
    ``write`` changes what ``read`` gives back: without them, nothing is checked of how the source keeps sessions
    apart, which is right for one that isolates them and has no state at all.
    """

    make: Callable[[], ToolSource]
    good: ToolCall
    failing: ToolCall | None = None
    write: ToolCall | None = None
    read: ToolCall | None = None


Check = Callable[[Case], Coroutine[Any, Any, None]]


async def check_source(case: Case) -> list[BrokenPromise]:
    """Run all checks; an empty list means that the source keeps the contract."""
    return await broken_promises_async(CHECKS, case)


async def lists_usable_tools(case: Case) -> None:
    async with case.make() as source:
        tools = await source.tools()
        expect(bool(tools), "an open source has at least one tool")
        expect(len({tool.name for tool in tools}) == len(tools), "tool names are unique within a source")
        for tool in tools:
            expect(
                tool.source == source.id, f"tool {tool.name!r} names its source {source.id!r}, not {tool.source!r}"
            )
            problem = schema_problem(tool.parameters)
            expect(problem is None, f"the parameters of {tool.name!r} are a JSON Schema: {problem}")
        expect(await source.tools() == tools, "tools() gives the same list in the same order every time")


async def answers_a_good_call(case: Case) -> None:
    async with case.make() as source, source.session(1) as session:
        _succeeds(await session.call(case.good))


async def reports_a_failure_as_data(case: Case) -> None:
    if case.failing is None:
        return
    async with case.make() as source, source.session(1) as session:
        observation = await session.call(case.failing)
        expect(observation.error is not None, f"the failure of {case.failing.tool!r} is an observation with an error")
        _succeeds(await session.call(case.good))


async def reports_an_unknown_tool_as_data(case: Case) -> None:
    async with case.make() as source, source.session(1) as session:
        error = (await session.call(ToolCall(tool="no_such_tool"))).error
        kind = None if error is None else error.kind
        expect(
            kind == "unknown_tool", f"a call of an unknown tool gives an error of kind 'unknown_tool', not {kind!r}"
        )


async def survives_wrong_arguments(case: Case) -> None:
    async with case.make() as source, source.session(1) as session:
        # Whether they are refused is the tool's business; but neither the session nor the server may break.
        await session.call(ToolCall(tool=case.good.tool, arguments={"no such argument": [{"": None}]}))
        _succeeds(await session.call(case.good))


async def answers_many_calls_at_once(case: Case) -> None:
    async with case.make() as source, source.session(1) as session:
        for observation in await asyncio.gather(*(session.call(case.good) for _ in range(PARALLEL))):
            _succeeds(observation)


async def holds_many_sessions_at_once(case: Case) -> None:
    async def visit(source: ToolSource, seed: int) -> None:
        async with source.session(seed) as session:
            _succeeds(await session.call(case.good))

    async with case.make() as source:
        await asyncio.gather(*(visit(source, seed) for seed in range(PARALLEL // 2)))


async def keeps_sessions_apart(case: Case) -> None:
    async with case.make() as source:
        if source.isolation == "shared" or case.write is None or case.read is None:
            return
        async with source.session(1) as writing, source.session(2) as reading:
            before = _stored(await reading.call(case.read))
            _succeeds(await writing.call(case.write))
            own = _stored(await writing.call(case.read))
            expect(own != before, f"a session sees its own write ({case.write.tool!r}) in {case.read.tool!r}")
            after = _stored(await reading.call(case.read))
            expect(after == before, "a session never sees what another one wrote")
        async with source.session(3) as later:
            expect(_stored(await later.call(case.read)) == before, "a session never sees what an earlier one wrote")


async def repeats_itself(case: Case) -> None:
    async def story(source: ToolSource) -> list[str]:
        calls = [call for call in (case.good, case.write, case.read, case.failing) if call is not None]
        async with source.session(7) as session:
            return [_stored(await session.call(call)) for call in calls]

    async with case.make() as source:
        if source.isolation == "session":
            first = await story(source)
            expect(await story(source) == first, "the same seed and the same calls give the same results")


async def goes_on_after_a_cancelled_call(case: Case) -> None:
    async with case.make() as source, source.session(1) as session:
        call = asyncio.ensure_future(session.call(case.good))
        await asyncio.sleep(0)  # so that it is under way, and not cancelled before its first step
        call.cancel()
        await asyncio.wait((call,))
        _succeeds(await session.call(case.good))


async def can_be_closed_by_another_task(case: Case) -> None:
    before = asyncio.all_tasks()
    source = case.make()
    context: list[AbstractAsyncContextManager[ToolSession]] = []

    async def enter() -> ToolSession:
        await source.open()
        context.append(source.session(1))
        return await context[0].__aenter__()

    async def leave() -> None:
        for session in context:
            await session.__aexit__(None, None, None)
        await source.close()

    try:
        session = await asyncio.create_task(enter())
        _succeeds(await session.call(case.good))
    finally:
        await asyncio.create_task(leave())
    await source.close()  # a second time
    left = [task.get_name() for task in asyncio.all_tasks() - before if not task.done()]
    expect(not left, f"closing ends every task that the source started, but {left} run on")


CHECKS: tuple[Check, ...] = (
    lists_usable_tools,
    answers_a_good_call,
    reports_a_failure_as_data,
    reports_an_unknown_tool_as_data,
    survives_wrong_arguments,
    answers_many_calls_at_once,
    holds_many_sessions_at_once,
    keeps_sessions_apart,
    repeats_itself,
    goes_on_after_a_cancelled_call,
    can_be_closed_by_another_task,
)


def _succeeds(observation: Observation) -> None:
    expect(observation.error is None, f"the good call succeeds, but: {observation.error}")


def _stored(observation: Observation) -> str:
    """What two equal observations have in common: all but the latency."""
    return observation.model_dump_json()
