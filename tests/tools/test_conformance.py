"""Every source keeps the contract of ``tools/base.py``."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.mcp_helpers import script
from tests.support.servers.web import make_server
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import FunctionSource, ToolFilter, ToolSession, ToolSource
from toolgrad_dspy.tools.conformance import CHECKS, Case, Check, check_source
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import HttpTarget, InProcessTarget
from toolgrad_dspy.tools.wrappers import CallLog, Filtered, ParallelLimit, Prefixed, Replay, Timeout


def call(tool: str, /, **arguments: object) -> ToolCall:
    return ToolCall.model_validate({"tool": tool, "arguments": arguments})


def notebook(seed: int) -> list[Callable[..., object]]:
    notes: list[str] = []

    def write_note(text: str) -> int:
        """Keep a note."""
        notes.append(text)
        return len(notes)

    async def read_notes() -> list[str]:
        """All notes."""
        return notes

    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    def fail(text: str) -> None:
        """Fail."""
        raise ValueError(text)

    return [write_note, read_notes, add, fail]


NOTES = {"write": call("write_note", text="x"), "read": call("read_notes"), "failing": call("fail", text="no")}


def replayed(case: Case) -> Case:
    """``case`` with its source replayed, from the log of all calls that the suite makes."""
    logs: list[CallLog] = []
    tools: list[Tool] = []

    def logged() -> ToolSource:
        logs.append(CallLog(case.make()))
        return logs[-1]

    async def log_all() -> None:
        assert await check_source(replace(case, make=logged)) == []
        async with case.make() as source:
            tools.extend(await source.tools())

    asyncio.run(log_all())
    return replace(case, make=lambda: Replay("functions", tools, [line for log in logs for line in log.calls]))


@pytest.fixture(
    params=[
        "functions",
        "functions-session",
        "wrapped",
        "replay",
        "in-process",
        "in-process-session",
        "in-process-factory",
        "stdio",
        "stdio-session",
        "workspace",
        "http",
        "http-session",
        "sse",
    ]
)
def case(request: pytest.FixtureRequest, folder: Path) -> Case:
    add = call("add", a=1)

    def functions() -> ToolSource:
        return FunctionSource("functions", notebook, isolation="session")

    def wrapped() -> ToolSource:
        kept = Filtered(functions(), ToolFilter(deny=("no_such_*",)))
        return CallLog(Prefixed(Timeout(ParallelLimit(kept, 2), 5), "my_"))

    match request.param:
        case "functions":
            return Case(lambda: FunctionSource("functions", notebook(0)), add, NOTES["failing"])
        case "functions-session":
            return Case(functions, add, **NOTES)
        case "wrapped":
            mine = {key: note.model_copy(update={"tool": f"my_{note.tool}"}) for key, note in NOTES.items()}
            return Case(wrapped, call("my_add", a=1), **mine)
        case "replay":
            return replayed(Case(functions, add, **NOTES))
        case "in-process":
            return Case(lambda: McpSource("web", InProcessTarget(make_server())), add, NOTES["failing"])
        case "in-process-session":
            target = InProcessTarget(make_server())
            return Case(lambda: McpSource("web", target, isolation="session", allow_writes=True), add, **NOTES)
        case "in-process-factory":
            target = InProcessTarget(make_server)
            return Case(lambda: McpSource("web", target, isolation="session", allow_writes=True), add, **NOTES)
        case "stdio":
            return Case(lambda: McpSource("notes", script("notes")), call("read_notes"), NOTES["failing"])
        case "stdio-session":
            return Case(
                lambda: McpSource("notes", script("notes"), isolation="session", allow_writes=True),
                call("read_notes"),
                **NOTES,
            )
        case "workspace":
            return Case(
                lambda: McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder),
                good=call("read_file", path="/workspace/a.txt"),
                failing=call("read_file", path="/workspace/none.txt"),
                write=call("write_file", path="/workspace/c.txt", text="c"),
                read=call("list_files"),
            )
        case "http":
            url = request.getfixturevalue("web_url")
            return Case(lambda: McpSource("web", HttpTarget(url)), add, NOTES["failing"])
        case "sse":
            url = request.getfixturevalue("sse_url")
            return Case(lambda: McpSource("web", HttpTarget(url, sse=True)), add, NOTES["failing"])
    url = request.getfixturevalue("web_url")
    return Case(
        lambda: McpSource("web", HttpTarget(url), isolation="session", allow_writes=True), add, NOTES["failing"]
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_source(check: Check, case: Case) -> None:
    asyncio.run(asyncio.wait_for(check(case), 60))


def test_the_checks_name_the_promises_that_a_source_breaks() -> None:
    class Forgetful(FunctionSource):
        async def tools(self) -> list[Tool]:
            return [tool.model_copy(update={"source": "other"}) for tool in await super().tools()]

    case = Case(lambda: Forgetful("functions", notebook(0)), call("fail", text="no"))
    findings = {finding.check: finding.problem for finding in asyncio.run(check_source(case))}
    assert {"lists_usable_tools", "answers_a_good_call"} <= findings.keys()
    assert "reports_an_unknown_tool_as_data" not in findings
    assert "'write_note'" in findings["lists_usable_tools"]
    assert not any("\n" in problem for problem in findings.values())


def test_a_source_that_raises_breaks_a_promise_and_the_other_checks_still_run() -> None:
    class Raising(ToolSession):
        async def call(self, call: ToolCall) -> Observation:
            raise KeyError(call.tool)

    class Broken(FunctionSource):
        @asynccontextmanager
        async def session(self, seed: int) -> AsyncIterator[ToolSession]:
            yield Raising()

    case = Case(lambda: Broken("functions", notebook(0)), call("add", a=1))
    broken = {finding.check: finding.problem for finding in asyncio.run(check_source(case))}
    assert {"answers_a_good_call", "can_be_closed_by_another_task"} <= broken.keys()
    assert "lists_usable_tools" not in broken
    assert "KeyError" in broken["answers_a_good_call"]
