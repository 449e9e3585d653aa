"""Behaviour around a source."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.refusals import refused
from toolgrad_dspy.errors import StoreError, ToolSourceError
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import FunctionSource, ToolFilter, ToolSession, ToolSource
from toolgrad_dspy.tools.wrappers import (
    CallLog,
    Filtered,
    LoggedCall,
    ParallelLimit,
    Prefixed,
    Replay,
    Timeout,
    read_only,
)


def notebook(seed: int) -> list[Callable[..., Any]]:
    notes: list[str] = []

    def write_note(text: str) -> int:
        notes.append(text)
        return len(notes)

    def read_notes() -> list[str]:
        return [str(seed), *notes]

    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "waited"

    return [write_note, read_notes, wait]


def notes() -> FunctionSource:
    return FunctionSource("notes", notebook, isolation="session", writes=["write_note"])


def run(source: ToolSource, *calls: ToolCall, seed: int = 1) -> list[Observation]:
    async def main() -> list[Observation]:
        async with source, source.session(seed) as session:
            return [await session.call(call) for call in calls]

    return asyncio.run(main())


def kinds(observations: list[Observation]) -> list[str | None]:
    return [None if observation.error is None else observation.error.kind for observation in observations]


WRITE = ToolCall(tool="write_note", arguments={"text": "x"})
READ = ToolCall(tool="read_notes")


async def tools_of(source: ToolSource) -> list[Tool]:
    async with source:
        return await source.tools()


def names(source: ToolSource) -> list[str]:
    return [tool.name for tool in asyncio.run(tools_of(source))]


def test_a_timeout_ends_a_call_and_not_the_session() -> None:
    slow = ToolCall(tool="wait", arguments={"seconds": 30})
    assert kinds(run(Timeout(notes(), 0.05), slow, READ)) == ["timeout", None]


def test_a_timeout_of_the_source_itself_is_not_told_as_the_limit() -> None:
    class Failing(FunctionSource):
        @asynccontextmanager
        async def session(self, seed: int) -> AsyncIterator[ToolSession]:
            yield Session()

    class Session(ToolSession):
        async def call(self, call: ToolCall) -> Observation:
            raise TimeoutError("a bug of the source")

    with pytest.raises(TimeoutError, match="a bug of the source"):
        run(Timeout(Failing("f", notebook(1)), 60), READ)


def test_a_parallel_limit_holds_over_all_sessions() -> None:
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0.005)
        running -= 1

    async def main() -> None:
        source = ParallelLimit(FunctionSource("f", [work]), 3)
        async with source, source.session(1) as first, source.session(2) as second:
            await asyncio.gather(*(session.call(ToolCall(tool="work")) for session in (first, second) * 6))

    asyncio.run(main())
    assert most == 3


def test_a_read_only_source_refuses_to_write_and_says_what_it_left_out() -> None:
    source = read_only(notes())
    assert names(source) == ["read_notes", "wait"]
    (note,) = source.notes()
    assert (note.source, note.code, note.tools) == ("notes", "not_read_only", ("write_note",))
    refused, read = run(source, WRITE, READ)
    assert kinds([refused]) == ["not_permitted"]
    assert read.content == ["1"]


def test_a_filter_keeps_what_is_allowed_and_not_denied() -> None:
    source = Filtered(notes(), ToolFilter(allow=("*_note*",), deny=("write_*",)))
    assert names(source) == ["read_notes"]
    (note,) = source.notes()
    assert (note.source, note.code, note.tools) == ("notes", "left_out_by_name", ("write_note", "wait"))


def test_a_note_is_one_line_that_counts_the_tools() -> None:
    source = read_only(notes())
    names(source)
    (line,) = map(str, source.notes())
    assert line.startswith("notes: 1 of 3 tools")
    assert "\n" not in line


def test_a_filter_that_leaves_nothing_and_a_pattern_that_matches_nothing_are_refused() -> None:
    with pytest.raises(ToolSourceError) as nothing:
        names(Filtered(notes(), ToolFilter(deny=("*",))))
    assert nothing.value.code == "no_tools"
    assert "'notes'" in str(nothing.value)
    with pytest.raises(ToolSourceError) as misspelt:
        names(Filtered(notes(), ToolFilter(allow=("reed_*",))))
    assert misspelt.value.code == "unmatched_pattern"
    assert "'reed_*'" in str(misspelt.value)


def test_a_prefix_is_put_on_and_taken_off() -> None:
    source = Prefixed(notes(), "my_")
    assert names(source) == ["my_write_note", "my_read_notes", "my_wait"]
    mine = READ.model_copy(update={"tool": "my_read_notes"})
    assert kinds(run(source, mine, READ)) == [None, "unknown_tool"]


def test_a_wrapper_that_cannot_open_leaves_the_inner_source_closed(tmp_path: Path) -> None:
    class Listless(FunctionSource):
        async def tools(self) -> list[Tool]:
            raise ToolSourceError("the list is gone", code="gone")

    async def main() -> None:
        for wrap in (
            lambda inner: Prefixed(inner, "my_"),
            lambda inner: Filtered(inner, ToolFilter()),
            lambda inner: CallLog(inner, tmp_path / "calls.jsonl"),
        ):
            inner = Listless("f", notebook(1))
            with refused(ToolSourceError, "gone"):
                await wrap(inner).open()
            with refused(ToolSourceError, "source_not_open"):
                async with inner.session(1):
                    pass

    asyncio.run(main())


class TestCallLog:
    def test_a_log_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        path = tmp_path / "none" / "calls.jsonl"
        with refused(StoreError, "file_system", path):
            run(CallLog(notes(), path), READ)
        path.parent.mkdir()

        async def main() -> None:
            async with CallLog(notes(), path) as source, source.session(1) as session:
                path.unlink()
                path.mkdir()
                await session.call(READ)

        with refused(StoreError, "file_system", path):
            asyncio.run(main())

    def test_what_only_python_takes_for_the_end_of_a_line_is_text(self, tmp_path: Path) -> None:
        path = tmp_path / "calls.jsonl"
        write = ToolCall(tool="write_note", arguments={"text": "a\u2028b\u0085c\x0cd\re\nf"})
        original = run(CallLog(notes(), path), write, READ)
        assert run(Replay.load(path), write, READ) == original

    def test_what_was_logged_is_replayed_byte_for_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "calls.jsonl"
        calls = [READ, WRITE, READ, ToolCall(tool="write_note", arguments={}), READ]
        original = run(CallLog(notes(), path), *calls, seed=3)
        replay = Replay.load(path)
        again = run(replay, *calls, seed=3)
        assert [o.model_dump_json() for o in again] == [o.model_dump_json() for o in original]
        assert names(replay) == names(notes())
        assert (replay.id, replay.isolation) == ("notes", "session")

    def test_the_last_answer_is_repeated_and_an_unknown_call_fails(self) -> None:
        log = CallLog(notes())
        run(log, WRITE, READ)
        replay = Replay("notes", asyncio.run(tools_of(notes())), log.calls)
        other = ToolCall(tool="write_note", arguments={"text": "y"})
        unknown = ToolCall(tool="no_such_tool")
        assert kinds(run(replay, READ, READ, other, unknown)) == [None, None, "not_permitted", "unknown_tool"]
        assert kinds(run(replay, READ, seed=2)) == ["not_permitted"]

    def test_it_keeps_calls_in_memory_without_a_file(self) -> None:
        log = CallLog(notes())
        (written,) = run(log, WRITE, seed=9)
        assert log.calls == [LoggedCall(seed=9, call=WRITE, observation=written)]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (None, "unreadable_file"),
            ("nonsense\n", "not_a_call_log"),
            ("", "not_a_call_log"),
            ('{"kind": "call", "seed": 1, "call": {"tool": "x"}, "observation": {"text": ""}}', "not_a_call_log"),
        ],
    )
    def test_a_file_that_is_not_a_log_is_refused(self, tmp_path: Path, text: str | None, code: str) -> None:
        path = tmp_path / "calls.jsonl"
        if text is not None:
            path.write_text(text, encoding="utf-8")
        with pytest.raises(StoreError) as caught:
            Replay.load(path)
        assert caught.value.code == code
        assert str(path) in str(caught.value)
