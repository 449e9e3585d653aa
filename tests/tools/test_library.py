"""All tools of a run."""

import asyncio
import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue

from tests.support.refusals import refused
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import FunctionSource, Library, ToolSource
from toolgrad_dspy.tools import library as library_module
from toolgrad_dspy.tools.wrappers import Prefixed, WrappedSource


def function(name: str, result: Any = 1) -> Callable[..., Any]:
    def call(number: int = 0, items: list[dict[str, int]] | None = None) -> Any:
        return result

    call.__name__ = name
    return call


def source(id: str, *names: str) -> FunctionSource:
    return FunctionSource(id, [function(name, id) for name in names])


class Counting(WrappedSource):
    """Counts what is opened and closed."""

    def __init__(self, inner: FunctionSource, error: str = "") -> None:
        super().__init__(inner)
        self.events: Counter[str] = Counter()
        self._error = error

    async def open(self) -> None:
        self.events["open"] += 1
        if self._error:
            raise ToolSourceError(self._error)
        await super().open()

    async def close(self) -> None:
        self.events["close"] += 1
        await super().close()

    def _wrap(self, session: Any, seed: int) -> Any:
        self.events[f"session {seed}"] += 1
        return session


def refusal(*sources: Any) -> ToolSourceError:
    """The error with which a library of these sources refuses to open."""

    async def main() -> None:
        async with Library(sources):
            pass

    with pytest.raises(ToolSourceError) as caught:
        asyncio.run(main())
    assert "\n" not in str(caught.value)
    return caught.value


def names(tools: tuple[Tool, ...]) -> list[str]:
    return [tool.name for tool in tools]


def test_tools_of_all_sources_are_in_one_fixed_order() -> None:
    async def main() -> list[str]:
        async with Library([source("b", "d", "a"), source("a", "c", "b")]) as library:
            assert library.tool("c").source == "a"
            return names(library.tools)

    assert asyncio.run(main()) == ["a", "b", "c", "d"]


def test_a_name_in_two_sources_is_refused_and_a_prefix_helps() -> None:
    error = refusal(source("one", "x"), source("two", "x"))
    assert error.code == "duplicate_tool"
    assert all(name in str(error) for name in ("'x'", "'one'", "'two'", '"prefix"', '"deny"'))

    async def main() -> list[str]:
        async with Library([source("one", "x"), Prefixed(source("two", "x"), "two_")]) as library:
            return names(library.tools)

    assert asyncio.run(main()) == ["two_x", "x"]


def test_a_name_twice_in_one_source_is_refused() -> None:
    class Twice(WrappedSource):
        async def tools(self) -> list[Tool]:
            (tool,) = await super().tools()
            return [tool, tool.model_copy(update={"source_name": "x.y"})]

    error = refusal(Twice(source("one", "x_y")))
    assert error.code == "duplicate_tool"
    assert all(name in str(error) for name in ("'one'", "'x_y'", "'x.y'", '"deny": ["x.y"]'))


def test_two_sources_of_one_id_are_refused() -> None:
    with pytest.raises(ToolSourceError) as caught:
        Library([source("one", "x"), source("one", "y")])
    assert caught.value.code == "duplicate_source"
    assert "'one'" in str(caught.value)


class Broken(WrappedSource):
    """A source whose first tools have the parameters given, one each; the others stay as they are."""

    def __init__(self, inner: ToolSource, *parameters: dict[str, Any]) -> None:
        super().__init__(inner)
        self._parameters = parameters

    async def tools(self) -> list[Tool]:
        tools = await super().tools()
        changed = [
            tool.model_copy(update={"parameters": schema})
            for tool, schema in zip(tools, self._parameters, strict=False)
        ]
        return [*changed, *tools[len(changed) :]]


def test_a_tool_with_an_invalid_schema_is_left_out_and_named_with_the_place() -> None:
    async def main() -> tuple[list[str], list[tuple[str, str, tuple[str, ...]]], str, str | None, Observation]:
        broken = Broken(source("one", "x", "y", "z"), {"properties": {"a": {"pattern": "(("}}}, {"type": "array"})
        async with Library([broken, source("two", "v")]) as library, library.session(1) as session:
            observation = await session.call(ToolCall(tool="x"))
            return (
                names(library.tools),
                [(note.source, note.code, note.tools) for note in library.notes],
                " ".join(map(str, library.notes)),
                library.validate(ToolCall(tool="x")),
                observation,
            )

    offered, notes, lines, problem, observation = asyncio.run(main())
    assert offered == ["v", "z"]
    assert notes == [("one", "invalid_schema", ("x",)), ("one", "invalid_schema", ("y",))]
    assert all(name in lines for name in ("'x'", "one", "/properties/a/pattern", "object"))
    assert problem is not None
    assert observation.error is not None
    assert observation.error.kind == "unknown_tool"


def test_many_tools_with_invalid_schemas_are_told_in_few_lines() -> None:
    async def main() -> tuple[int, list[str]]:
        many = [f"t{number}" for number in range(100)]
        async with Library([Broken(source("one", *many, "z"), *[{"type": "thing"}] * 100)]) as library:
            return len(library.notes), [name for note in library.notes for name in note.tools]

    lines, left_out = asyncio.run(main())
    assert lines < 30
    assert sorted(left_out) == sorted(f"t{number}" for number in range(100))


def test_a_library_all_of_whose_schemas_are_invalid_is_refused() -> None:
    error = refusal(Broken(source("one", "x"), {"type": "thing"}))
    assert error.code == "no_tools"
    assert all(name in str(error) for name in ("'x'", "one", "/type"))


def test_a_library_without_a_tool_is_refused_when_it_opens() -> None:
    with pytest.raises(ToolSourceError) as caught:
        asyncio.run(Library([]).open())
    assert caught.value.code == "no_tools"


def test_when_a_source_does_not_open_the_others_are_closed() -> None:
    good, bad = Counting(source("good", "x")), Counting(source("bad", "y"), error="it is broken")
    assert str(refusal(good, bad)) == "it is broken"
    assert good.events == bad.events == {"open": 1, "close": 1}


def test_a_library_can_be_opened_again_and_has_the_tools_of_then() -> None:
    class Changing(WrappedSource):
        gone = False

        async def tools(self) -> list[Tool]:
            return [tool for tool in await super().tools() if not (self.gone and tool.name == "y")]

    async def main() -> list[list[str]]:
        changing = Changing(source("one", "x", "y"))
        library = Library([changing])
        offered = []
        for changing.gone in (False, True):
            async with library:
                offered.append(names(library.tools))
        return offered

    assert asyncio.run(main()) == [["x", "y"], ["x"]]


def test_a_source_that_cannot_be_closed_keeps_no_other_open() -> None:
    class Stuck(Counting):
        async def close(self) -> None:
            await super().close()
            raise ToolSourceError(f"{self.id} is stuck", code="stuck")

    class Slow(Counting):
        async def close(self) -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            await super().close()

    async def main() -> None:
        slow = Slow(source("slow", "z"))
        library = Library([Stuck(source("first", "x")), slow, Stuck(source("second", "y"))])
        await library.open()
        with refused(ToolSourceError, "stuck", "first"):
            await library.close()
        assert slow.events["close"] == 1

    asyncio.run(main())


class TestValidation:
    @pytest.mark.parametrize(
        ("arguments", "place"),
        [
            ({"number": "x"}, "/number"),
            ({"items": [{"a": 1}, {"b~/": 1.5}]}, "/items/1/b~0~1"),
            ({"other": 1}, "arguments"),
        ],
    )
    def test_what_does_not_fit_the_schema_is_named_by_its_place(self, arguments: dict[str, Any], place: str) -> None:
        async def main() -> str | None:
            async with Library([source("s", "call")]) as library:
                return library.validate(ToolCall(tool="call", arguments=arguments))

        problem = asyncio.run(main())
        assert problem is not None
        assert problem.partition(": ")[0] == place
        assert "\n" not in problem

    def test_for_an_unknown_tool_the_nearest_one_is_named(self) -> None:
        async def main() -> str | None:
            async with Library([source("s", "search_flights")]) as library:
                return library.validate(ToolCall(tool="search_flight"))

        problem = asyncio.run(main())
        assert problem is not None
        assert "'search_flights'" in problem

    def test_a_tools_schema_is_compiled_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It takes some hundred times as long as checking the arguments of one call."""
        compile_schema = vars(library_module)["compile_schema"]
        compiled: list[object] = []

        def counting(schema: dict[str, JsonValue]) -> object:
            compiled.append(schema)
            return compile_schema(schema)

        monkeypatch.setattr(library_module, "compile_schema", counting)

        async def main() -> set[str | None]:
            async with Library([source("s", "call")]) as library:
                call = ToolCall(tool="call", arguments={"number": 1, "items": [{"a": 1}]})
                return {library.validate(call) for _ in range(50)}

        assert asyncio.run(main()) == {None}
        assert len(compiled) == 1


class TestSessions:
    def test_a_sources_session_is_opened_once_and_only_when_needed(self) -> None:
        used, unused = Counting(source("used", "x")), Counting(source("unused", "y"))

        async def main() -> list[Observation]:
            async with Library([used, unused]) as library, library.session(5) as session:
                return await asyncio.gather(*(session.call(ToolCall(tool="x")) for _ in range(10)))

        assert [observation.text for observation in asyncio.run(main())] == ["used"] * 10
        assert used.events == {"open": 1, "session 5": 1, "close": 1}
        assert unused.events == {"open": 1, "close": 1}

    def test_a_call_of_an_unknown_tool_is_an_observation(self) -> None:
        async def main() -> Observation:
            async with Library([source("s", "x")]) as library, library.session(1) as session:
                return await session.call(ToolCall(tool="nope"))

        error = asyncio.run(main()).error
        assert error is not None
        assert error.kind == "unknown_tool"

    def test_it_isolates_only_when_all_sources_do(self) -> None:
        own = FunctionSource("own", lambda seed: [function("x")], isolation="session")

        async def main(*sources: FunctionSource) -> tuple[str, str]:
            async with Library(sources) as library:
                return library.isolation, library.isolation_of("x")

        assert asyncio.run(main(own)) == ("session", "session")
        assert asyncio.run(main(own, source("s", "y"))) == ("shared", "session")


def test_the_digest_changes_with_the_tools_only() -> None:
    async def digest(*sources: Any) -> str:
        async with Library(sources) as library:
            return library.digest

    first = asyncio.run(digest(source("s", "x", "y")))
    assert len(first) == 64
    assert asyncio.run(digest(source("s", "y", "x"))) == first
    assert asyncio.run(digest(source("s", "x"))) != first


def test_a_deep_copy_is_the_library_itself() -> None:
    library = Library([source("s", "x")])
    assert copy.deepcopy({"library": library})["library"] is library
