"""MCP servers: started, called, crashed, hung, refused, closed."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.mcp_helpers import WebServer, answering, script
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools import ToolSession
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import ErrorLog, HttpTarget, InProcessTarget, StdioTarget


async def ask(session: ToolSession, tool: str, /, **arguments: object) -> Observation:
    return await session.call(ToolCall.model_validate({"tool": tool, "arguments": arguments}))


async def pid_of(session: ToolSession) -> int:
    content = (await ask(session, "process")).content
    assert isinstance(content, dict)
    assert isinstance(content["pid"], int)
    return content["pid"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kind_of(observation: Observation) -> str | None:
    return None if observation.error is None else observation.error.kind


def opening(source: McpSource) -> str:
    """The line with which the source refuses to open."""

    async def main() -> None:
        async with source:
            pass

    with pytest.raises(ToolSourceError) as error:
        asyncio.run(main())
    line = str(error.value)
    assert "\n" not in line
    return line


def test_a_result_has_its_structured_content_and_its_text() -> None:
    async def main() -> Observation:
        async with McpSource("notes", script("notes"), isolation="session") as source, source.session(1) as session:
            return await ask(session, "write_note", text="hello")

    observation = asyncio.run(main())
    assert observation.content == {"count": 1}
    assert observation.text == "written"
    assert observation.error is None
    assert observation.latency > 0


def test_in_flight_calls_of_a_server_that_crashes_fail_and_later_ones_work() -> None:
    async def main() -> tuple[list[str | None], str | None, bool]:
        async with McpSource("notes", script("notes")) as source, source.session(1) as session:
            before = await pid_of(session)
            calls = asyncio.gather(*(ask(session, "sleep", seconds=0.3) for _ in range(3)), ask(session, "crash"))
            kinds = [kind_of(observation) for observation in await calls]
            after = await ask(session, "process")
            return kinds, kind_of(after), await pid_of(session) != before

    kinds, after, restarted = asyncio.run(main())
    assert kinds[-1] == "connection"
    assert after is None
    assert restarted


def test_a_server_that_died_unnoticed_is_there_again_for_the_next_call() -> None:
    async def main() -> str | None:
        async with McpSource("notes", script("notes")) as source, source.session(1) as session:
            os.kill(await pid_of(session), 9)
            while True:  # until the owner has seen it; every call meanwhile is answered one way or the other
                observation = await ask(session, "process")
                if observation.error is None:
                    return observation.text

    assert asyncio.run(asyncio.wait_for(main(), 20))


def test_a_server_that_keeps_crashing_is_gone_for_good() -> None:
    async def main() -> list[str | None]:
        async with McpSource("notes", script("notes"), max_restarts=2) as source, source.session(1) as session:
            kinds = [kind_of(await ask(session, "crash")) for _ in range(3)]
            with pytest.raises(ToolSourceError, match="goes away again after every start"):
                await ask(session, "read_notes")
        return kinds

    assert asyncio.run(main()) == ["connection"] * 3


def test_a_call_that_takes_too_long_ends_with_a_timeout_and_the_server_stays() -> None:
    async def main() -> tuple[str | None, bool]:
        source = McpSource("web", script("notes"), timeout=0.2)
        async with source, source.session(1) as session:
            pid = await pid_of(session)
            kind = kind_of(await ask(session, "sleep", seconds=0.4))
            while kind_of(await ask(session, "read_notes")) is not None:
                pass
            return kind, await pid_of(session) == pid

    assert asyncio.run(main()) == ("timeout", True)


def test_a_server_that_hangs_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolgrad_dspy.tools.mcp.connection.PROBE_TIMEOUT", 0.3)

    async def main() -> tuple[str | None, bool]:
        async with McpSource("notes", script("notes"), timeout=0.2) as source, source.session(1) as session:
            pid = await pid_of(session)
            kind = kind_of(await ask(session, "hang"))
            while kind_of(await ask(session, "read_notes")) is not None:
                pass
            return kind, await pid_of(session) == pid

    assert asyncio.run(asyncio.wait_for(main(), 30)) == ("timeout", False)


def test_a_session_whose_server_is_gone_for_good_reports_it_and_the_source_goes_on() -> None:
    async def main() -> tuple[str | None, str | None]:
        source = McpSource("notes", script("notes"), isolation="session", max_restarts=0)
        async with source:
            async with source.session(1) as session:
                await ask(session, "crash")
                gone = kind_of(await ask(session, "process"))
            async with source.session(2) as session:
                return gone, kind_of(await ask(session, "process"))

    assert asyncio.run(main()) == ("connection", None)


def test_calls_run_at_once_up_to_the_limit(web: ModuleType) -> None:
    running, most = 0, 0
    server = web.make_server()

    @server.tool(annotations=web.READS)
    async def work() -> str:
        """Work."""
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0.01)
        running -= 1
        return "done"

    async def main() -> None:
        async with McpSource("web", InProcessTarget(server), max_parallel=3) as source, source.session(1) as session:
            await asyncio.gather(*(ask(session, "work") for _ in range(12)))

    asyncio.run(main())
    assert most == 3


def test_the_calls_of_a_session_of_its_own_run_in_their_order() -> None:
    async def main() -> object:
        async with McpSource("notes", script("notes"), isolation="session") as source, source.session(1) as session:
            await asyncio.gather(*(ask(session, "write_note", text=str(number)) for number in range(50)))
            return (await ask(session, "read_notes")).content

    assert asyncio.run(main()) == {"notes": [str(number) for number in range(50)]}


def test_every_page_of_a_tool_list_is_read() -> None:
    async def main() -> tuple[int, str]:
        async with McpSource("pages", script("pages")) as source, source.session(1) as session:
            return len(await source.tools()), (await ask(session, "tool_24")).text

    assert asyncio.run(main()) == (25, "the last")


def test_a_seed_reaches_the_server() -> None:
    async def main() -> object:
        target = script("notes", "${WORKSPACE}", "${SEED}")
        async with McpSource("notes", target, isolation="session") as source, source.session(41) as session:
            content = (await ask(session, "process")).content
            return content["seed"] if isinstance(content, dict) else None

    assert asyncio.run(main()) == "41"


def test_a_chatty_servers_standard_error_stays_small(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toolgrad_dspy.tools.mcp.targets.ErrorLog._LIMIT", 10)
    log = ErrorLog()
    log.file.write("one\ntwo\n\n")
    log.file.flush()
    assert log.last_line() == "two"
    log.file.write("three and more\n")
    log.file.flush()
    log.trim()
    assert log.last_line() == ""
    log.close()
    log.close()
    assert capfd.readouterr() == ("", "")


def test_a_prefix_and_a_category_are_put_on_the_tools(web: ModuleType) -> None:
    async def main() -> dict[str, tuple[str, str]]:
        source = McpSource("web", InProcessTarget(web.make_server()), prefix="w_", category="Demo")
        async with source:
            return {tool.name: (tool.source_name, tool.category) for tool in await source.tools()}

    tools = asyncio.run(main())
    assert tools["w_add"] == ("add", "Demo")
    assert tools["w_seed_of"] == ("seed_of", "Numbers")


class TestWrites:
    def test_a_shared_server_offers_only_what_is_declared_read_only_and_says_so(self) -> None:
        async def main() -> tuple[set[str], tuple[str, ...], str | None]:
            async with McpSource("notes", script("notes")) as source, source.session(1) as session:
                names = {tool.name for tool in await source.tools()}
                return names, source.notes(), kind_of(await ask(session, "write_note", text="x"))

        names, notes, kind = asyncio.run(main())
        assert "read_notes" in names
        assert not names & {"write_note", "write_file"}
        assert notes == (
            'notes: 2 of 11 tools left out: not declared read-only; set "allow_writes": true to use them',
        )
        assert kind == "not_permitted"

    @pytest.mark.parametrize(("isolation", "allow_writes"), [("shared", True), ("session", None)])
    def test_they_are_offered_when_allowed_and_in_a_session_of_its_own(
        self, isolation: str, allow_writes: bool | None
    ) -> None:
        async def main() -> tuple[int, tuple[str, ...]]:
            own = "session" if isolation == "session" else None
            source = McpSource("notes", script("notes"), isolation=own, allow_writes=allow_writes)
            async with source:
                return len(await source.tools()), source.notes()

        assert asyncio.run(main()) == (11, ())

    def test_a_server_of_which_nothing_remains_is_refused(self) -> None:
        line = opening(McpSource("notes", script("notes"), allow=["write_*"]))
        assert line == (
            'tool source \'notes\' has no tool to offer: 9 of 11 tools left out by "allow" and "deny"; '
            '2 of 2 tools left out: not declared read-only; set "allow_writes": true to use them'
        )

    def test_a_pattern_that_fits_nothing_is_refused(self) -> None:
        assert "\"allow\" 'reed_*' fits none of its tools: write_note" in opening(
            McpSource("notes", script("notes"), allow=["reed_*"])
        )


class TestRefusals:
    """A server that cannot be used is one line, which says what to do."""

    def test_a_server_that_exits_at_once_is_quoted(self, capfd: pytest.CaptureFixture[str]) -> None:
        line = opening(McpSource("db", script("exits")))
        assert "exits before it answers; run the command by hand to see why" in line
        assert line.endswith('it said: "fatal: no database for key"')
        assert capfd.readouterr() == ("", "")

    def test_secrets_are_not(self) -> None:
        line = opening(McpSource("db", script("exits", API_KEY="sk-very-secret")))
        assert line.endswith('it said: "fatal: no database for key ***"')

    def test_a_server_that_never_answers(self) -> None:
        line = opening(McpSource("db", script("silent"), start_timeout=0.3))
        assert line.endswith('did not answer within 0.3 s; if it only needs longer, raise "start_timeout"')

    def test_a_command_that_does_not_exist(self) -> None:
        line = opening(McpSource("db", StdioTarget("no-such-server", ("--token", "x"))))
        assert line.endswith("command 'no-such-server' is not found; install it, or correct \"command\"")

    def test_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        target = StdioTarget("cat", cwd=str(tmp_path / "none"))
        assert 'does not exist; correct "cwd"' in opening(McpSource("db", target))

    def test_a_file_that_is_no_program(self, folder: Path) -> None:
        target = StdioTarget(str(folder / "a.txt"))
        assert 'is not an executable program; correct "command"' in opening(McpSource("db", target))

    def test_a_schema_that_is_none(self) -> None:
        line = opening(McpSource("db", script("broken_schema")))
        assert "tool 'broken' of source 'db' has an invalid JSON Schema: /properties/when/type: 'datetime'" in line
        assert line.endswith('set "deny": ["broken"] to do without it')

    def test_and_what_it_says_to_do_works(self) -> None:
        async def main() -> list[str]:
            async with McpSource("db", script("broken_schema"), deny=["broken"]) as source:
                return [tool.name for tool in await source.tools()]

        assert asyncio.run(main()) == ["fine"]

    def test_a_tool_list_without_an_end(self) -> None:
        assert "it never ends" in opening(McpSource("db", script("pages", "endless")))

    def test_a_url_where_nothing_listens_is_shown_without_its_query(self, own_web_server: WebServer) -> None:
        line = opening(McpSource("db", HttpTarget(own_web_server.url + "?key=secret")))
        assert f"({own_web_server.url}) cannot be reached" in line
        assert "secret" not in line

    @pytest.mark.parametrize("sse", [False, True])
    def test_a_server_that_refuses(self, sse: bool) -> None:
        with answering(401) as url:
            line = opening(McpSource("db", HttpTarget(url, {"Authorization": "Bearer secret"}, sse=sse)))
        assert line == (
            f'tool source \'db\' ({url}) refuses the connection: HTTP 401 Unauthorized; check "url" and "headers"'
        )

    def test_a_server_that_is_none(self) -> None:
        with answering(200) as url:
            assert 'not as an MCP server (Unexpected content type:); check "url"' in opening(
                McpSource("db", HttpTarget(url))
            )

    def test_secret_arguments_are_not_shown(self) -> None:
        line = opening(McpSource("db", StdioTarget("no-such-server", ("--api-key", "sk-secret"))))
        assert "(no-such-server --api-key ***)" in line

    def test_a_workspace_for_a_url(self, folder: Path) -> None:
        with pytest.raises(ValueError, match="child process"):
            McpSource("db", HttpTarget("http://127.0.0.1/mcp"), workspace=folder)


def test_an_http_server_that_comes_back_is_used_again(own_web_server: WebServer) -> None:
    async def main() -> list[str | None]:
        kinds = []
        async with McpSource("web", HttpTarget(own_web_server.url)) as source, source.session(1) as session:
            kinds.append(kind_of(await ask(session, "add", a=1)))
            own_web_server.stop()
            kinds.append(kind_of(await ask(session, "add", a=1)))
            own_web_server.start()
            kinds.append(kind_of(await ask(session, "add", a=1)))
        return kinds

    own_web_server.start()
    assert asyncio.run(asyncio.wait_for(main(), 30)) == [None, "connection", None]


class TestClosing:
    """Nothing is left behind, however it ends."""

    @pytest.mark.parametrize("isolation", ["shared", "session"])
    def test_ends_the_child_process(self, isolation: str) -> None:
        async def main() -> int:
            own = "session" if isolation == "session" else None
            async with McpSource("notes", script("notes"), isolation=own) as source, source.session(1) as session:
                return await pid_of(session)

        assert not is_alive(asyncio.run(main()))

    def test_ends_one_that_hangs(self) -> None:
        async def main() -> int:
            async with McpSource("notes", script("notes"), timeout=0.2) as source, source.session(1) as session:
                pid = await pid_of(session)
                await ask(session, "hang")
                return pid

        start = time.monotonic()
        assert not is_alive(asyncio.run(main()))
        assert time.monotonic() - start < 5

    @staticmethod
    def cancelled(start: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        """Run ``start`` and cancel it once it sets the event."""

        async def main() -> None:
            ready = asyncio.Event()
            task = asyncio.ensure_future(start(ready))
            await ready.wait()
            task.cancel()
            await asyncio.wait((task,))

        asyncio.run(asyncio.wait_for(main(), 20))

    def test_ends_the_process_and_removes_the_folder_when_the_run_is_cancelled(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pids = []
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))

        async def work(ready: asyncio.Event) -> None:
            async with McpSource("notes", script("notes"), workspace=folder) as source, source.session(1) as session:
                pids.append(await pid_of(session))
                ready.set()
                await ask(session, "sleep", seconds=30)

        self.cancelled(work)
        assert not is_alive(pids[0])
        assert list(scratch.iterdir()) == []

    def test_ends_a_server_that_was_still_starting(self) -> None:
        async def work(ready: asyncio.Event) -> None:
            asyncio.get_running_loop().call_later(0.2, ready.set)
            await McpSource("silent", script("silent")).open()

        start = time.monotonic()
        self.cancelled(work)
        assert time.monotonic() - start < 10
