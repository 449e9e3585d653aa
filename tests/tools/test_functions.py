"""Python functions as tools."""

import asyncio
import contextvars
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import FunctionSource, Library


class Item(BaseModel):
    name: str
    quantity: int = 1


def google(items: list[Item], mode: Literal["fast", "slow"] = "fast", note: str | None = None) -> dict[str, int]:
    """Order things.

    All of them at once.

    Args:
        items: What to order.
        mode: How fast.
    """
    return {item.name: item.quantity for item in items}


def numpy(limit: Annotated[int, Field(ge=1, description="The author's own.")], json: float = 0.5) -> float:
    """Count.

    Parameters
    ----------
    limit : int
        The docstring's.
    json
        A number.
    """
    return limit * json


def sphinx(_name: str) -> str:
    """Greet.

    :param _name: Whom.
    """
    return f"Hello {_name}"


async def waits(seconds: float = 0) -> Item:
    await asyncio.sleep(seconds)
    return Item(name="waited")


def fails(text: str) -> None:
    raise ValueError(text)


def tools_of(*functions: Callable[..., Any], **options: Any) -> dict[str, Tool]:
    async def main() -> dict[str, Tool]:
        async with FunctionSource("f", functions, **options) as source:
            return {tool.name: tool for tool in await source.tools()}

    return asyncio.run(main())


def ask(function: Callable[..., Any], /, **arguments: Any) -> Observation:
    async def main() -> Observation:
        async with FunctionSource("f", [function]) as source, source.session(1) as session:
            return await session.call(ToolCall(tool=function.__name__, arguments=arguments))

    return asyncio.run(main())


def test_hints_and_docstrings_become_the_schema() -> None:
    tool = tools_of(google)["google"]
    assert tool.description == "Order things.\n\nAll of them at once."
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "description": "What to order."},
            "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast", "description": "How fast."},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["items"],
        "additionalProperties": False,
        "$defs": {
            "Item": {
                "type": "object",
                "title": "Item",
                "properties": {"name": {"type": "string"}, "quantity": {"type": "integer", "default": 1}},
                "required": ["name"],
            }
        },
    }
    assert tool.returns == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_the_three_docstring_styles_are_read_and_annotated_has_the_last_word() -> None:
    tools = tools_of(numpy, sphinx)
    assert tools["numpy"].parameters["properties"] == {
        "limit": {"type": "integer", "minimum": 1, "description": "The author's own."},
        "json": {"type": "number", "default": 0.5, "description": "A number."},
    }
    assert tools["sphinx"].parameters["properties"] == {"_name": {"type": "string", "description": "Whom."}}


def test_arguments_arrive_as_what_the_hints_say() -> None:
    assert ask(google, items=[{"name": "a"}, {"name": "b", "quantity": 2}]).content == {"a": 1, "b": 2}
    assert ask(sphinx, _name="Ada").text == "Hello Ada"
    assert ask(numpy, limit=4).content == 2.0


def test_wrong_arguments_are_named_one_per_line_and_nothing_runs() -> None:
    error = ask(google, items=[{"quantity": "x"}], speed=1).error
    assert error is not None
    assert error.kind == "invalid_arguments"
    paths = [line.partition(": ")[0] for line in error.message.splitlines()]
    assert paths == ["items.0.name", "items.0.quantity", "speed"]


def test_results_become_content_and_text() -> None:
    item = ask(waits)
    assert (item.content, item.text) == ({"name": "waited", "quantity": 1}, '{"name": "waited", "quantity": 1}')
    greeting = ask(sphinx, _name="é")
    assert (greeting.content, greeting.text) == (None, "Hello é")


def test_what_a_function_raises_is_an_observation() -> None:
    error = ask(fails, text="no").error
    assert error is not None
    assert (error.kind, error.message) == ("tool", "ValueError: no")


def exits() -> None:
    raise SystemExit(2)


async def exits_later() -> None:
    raise SystemExit(2)


def stops() -> None:
    next(iter([]))


@pytest.mark.parametrize("function", [exits, exits_later, stops])
def test_what_would_end_a_program_or_an_iteration_is_an_observation_too(function: Callable[..., Any]) -> None:
    error = ask(function).error
    assert error is not None
    assert error.kind == "tool"


def test_sync_functions_run_in_threads_of_the_source_with_the_callers_context() -> None:
    seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")

    def where() -> str:
        return f"{threading.current_thread().name} {seen.get()}"

    async def main() -> str:
        seen.set("the context")
        async with FunctionSource("f", [where]) as source, source.session(1) as session:
            return (await session.call(ToolCall(tool="where"))).text

    assert asyncio.run(main()).startswith("toolgrad-f_0 the context")


def test_blocking_functions_run_at_once() -> None:
    meeting = threading.Barrier(4, timeout=5)

    def meet() -> int:
        return meeting.wait()

    async def main() -> list[Observation]:
        async with FunctionSource("f", [meet]) as source, source.session(1) as session:
            return await asyncio.gather(*(session.call(ToolCall(tool="meet")) for _ in range(4)))

    assert {observation.content for observation in asyncio.run(main())} == {0, 1, 2, 3}


def test_after_a_cancelled_call_the_next_one_of_the_session_waits_until_its_thread_is_done() -> None:
    entered, leave = threading.Event(), threading.Event()
    order: list[str] = []

    def slow() -> None:
        entered.set()
        leave.wait(10)
        order.append("slow")

    async def fast() -> None:
        order.append("fast")

    async def main() -> None:
        source = FunctionSource("f", lambda seed: [slow, fast], isolation="session")
        async with source, source.session(1) as session:
            cancelled = asyncio.create_task(session.call(ToolCall(tool="slow")))
            await asyncio.to_thread(entered.wait, 10)
            cancelled.cancel()
            await asyncio.wait((cancelled,))  # at once, though the thread runs on
            after = asyncio.create_task(session.call(ToolCall(tool="fast")))
            for _ in range(10):  # so that it would run now, if nothing kept it waiting
                await asyncio.sleep(0)
            leave.set()
            await after

    asyncio.run(main())
    assert order == ["slow", "fast"]


def hanging(isolation: str) -> tuple[FunctionSource, list[threading.Event], threading.Event]:
    """A source with a function that hangs, and one that does not; who has entered the first, and what ends it."""
    entered: list[threading.Event] = [threading.Event() for _ in range(40)]
    leave = threading.Event()

    def hang(number: int) -> str:
        entered[number].set()
        leave.wait(30)
        return "came back"

    def quick() -> str:
        return "here"

    if isolation == "session":
        return FunctionSource("f", lambda seed: [hang, quick], isolation="session"), entered, leave
    return FunctionSource("f", [hang, quick]), entered, leave


@pytest.mark.parametrize("isolation", ["shared", "session"])
def test_a_function_that_outlasts_its_call_keeps_its_own_session_waiting_and_no_other(isolation: str) -> None:
    source, entered, leave = hanging(isolation)

    async def main() -> list[str]:
        async with source, source.session(1) as session, source.session(2) as other:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await session.call(ToolCall(tool="hang", arguments={"number": 0}))
            assert entered[0].is_set()
            own = asyncio.create_task(session.call(ToolCall(tool="quick")))
            elsewhere = await other.call(ToolCall(tool="quick"))
            waited = not own.done()
            leave.set()
            return [elsewhere.text, (await own).text, str(waited)]

    assert asyncio.run(main()) == ["here", "here", "True"]


def test_functions_that_hang_take_no_place_of_others() -> None:
    source, entered, leave = hanging("shared")

    async def give_up(number: int) -> None:
        async with source.session(number) as session:
            call = asyncio.create_task(session.call(ToolCall(tool="hang", arguments={"number": number})))
            await asyncio.to_thread(entered[number].wait, 10)
            call.cancel()
            await asyncio.wait((call,))

    async def main() -> str:
        async with source:
            for number in range(len(entered)):  # more than there are threads
                await give_up(number)
            async with source.session(99) as session:
                return (await session.call(ToolCall(tool="quick"))).text

    assert asyncio.run(main()) == "here"
    leave.set()


NEVER = """
import asyncio, threading
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.tools import FunctionSource
from toolgrad_dspy.tools.wrappers import Timeout

def hang() -> None:
    threading.Event().wait()

async def main() -> None:
    async with Timeout(FunctionSource("f", [hang]), 0.05) as source, source.session(1) as session:
        print((await session.call(ToolCall(tool="hang"))).error.kind)

asyncio.run(main())
"""


def test_a_function_that_never_comes_back_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", NEVER], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "timeout", "")


def test_what_writes_is_declared_and_all_else_then_reads() -> None:
    declared = tools_of(google, numpy, writes=["google"])
    assert {name: tool.writes for name, tool in declared.items()} == {"google": True, "numpy": False}
    assert tools_of(google)["google"].annotations.read_only is None


def positional(a: int, /) -> None: ...


def starred(**rest: int) -> None: ...


def unknown(a: threading.Lock) -> None: ...


def refusal(*functions: Callable[..., Any], **options: Any) -> ToolSourceError:
    """The error with which a source of these functions refuses to open."""
    with pytest.raises(ToolSourceError) as caught:
        tools_of(*functions, **options)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("function", [positional, starred, unknown])
def test_a_function_whose_arguments_cannot_be_described_is_refused(function: Callable[..., Any]) -> None:
    error = refusal(function)
    assert error.code == "not_a_tool_function"
    assert repr(function.__name__) in str(error)


def test_a_function_without_a_name_is_refused() -> None:
    assert refusal(lambda: None).code == "unnamed_function"


def test_two_functions_of_one_name_are_refused() -> None:
    error = refusal(fails, fails)
    assert error.code == "duplicate_tool"
    assert "'fails'" in str(error)


def test_an_unknown_name_among_those_that_write_is_refused() -> None:
    error = refusal(fails, writes=["fail"])
    assert error.code == "unknown_function"
    assert "'fail'" in str(error)
    assert "'fails'" in str(error)


def test_a_source_is_opened_before_use() -> None:
    async def main() -> None:
        async with FunctionSource("f", [fails]).session(1):
            pass

    with pytest.raises(ToolSourceError) as caught:
        asyncio.run(main())
    assert caught.value.code == "source_not_open"


def test_isolated_sessions_need_a_factory() -> None:
    with pytest.raises(TypeError):
        FunctionSource("f", [fails], isolation="session")


def test_a_factory_gets_the_sessions_seed() -> None:
    def functions(seed: int) -> list[Callable[..., Any]]:
        def seed_of() -> int:
            return seed

        return [seed_of]

    async def main() -> object:
        async with FunctionSource("f", functions, isolation="session") as source, source.session(41) as session:
            return (await session.call(ToolCall(tool="seed_of"))).content

    assert asyncio.run(main()) == 41


class Coin:
    """A result that no JSON Schema describes."""


def flip() -> Coin:
    """Flip a coin."""
    return Coin()


def flips() -> list[str]:
    """Flip two coins."""
    return ["heads", "tails"]


def test_a_result_type_without_a_schema_is_told_with_the_reason() -> None:
    async def main() -> None:
        async with Library([FunctionSource("coins", [flip, flips], writes=[])]) as library:
            (note,) = library.notes
            assert (note.code, note.tools) == ("result_not_described", ("flip",))
            assert "Coin" in str(note)
            assert "\n" not in str(note)
            assert [tool.returns is None for tool in library.tools] == [True, False]

    asyncio.run(main())


def test_a_result_that_is_too_large_is_a_failure_that_says_the_limit() -> None:
    def many(count: int) -> list[int]:
        return list(range(count))

    async def main() -> tuple[Observation, Observation]:
        async with FunctionSource("f", [many], max_result_bytes=5_000) as source, source.session(0) as session:
            few = await session.call(ToolCall(tool="many", arguments={"count": 100}))
            return few, await session.call(ToolCall(tool="many", arguments={"count": 10_000}))

    few, lots = asyncio.run(main())
    assert few.error is None
    assert lots.error is not None
    assert lots.error.kind == "too_large"
    assert "more than the 5,000 that are taken" in lots.text
