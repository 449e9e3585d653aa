"""MCP servers: started, called, crashed, hung, refused, closed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.mcp_helpers import WebServer, answering, script, without_stream
from tests.support.refusals import refused
from tests.support.servers.web import READS, make_server
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools import Isolation, SourceNote, ToolSession
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


def refusal(source: McpSource) -> ToolSourceError:
    """The error with which the source refuses to open: one line that names it."""

    async def main() -> None:
        async with source:
            pass

    with pytest.raises(ToolSourceError) as caught:
        asyncio.run(main())
    assert "\n" not in str(caught.value)
    assert repr(source.id) in str(caught.value)
    return caught.value


def test_a_result_has_its_structured_content_and_its_text() -> None:
    async def main() -> Observation:
        async with (
            McpSource("notes", script("notes"), isolation="session", allow_writes=True) as source,
            source.session(1) as session,
        ):
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
            with pytest.raises(ToolSourceError) as caught:
                await ask(session, "read_notes")
        assert caught.value.code == "server_keeps_crashing"
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


def test_calls_run_at_once_up_to_the_limit() -> None:
    running, most = 0, 0
    server = make_server()

    async def work() -> str:
        """Work."""
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0.01)
        running -= 1
        return "done"

    server.add_tool(work, annotations=READS)

    async def main() -> None:
        async with McpSource("web", InProcessTarget(server), max_parallel=3) as source, source.session(1) as session:
            await asyncio.gather(*(ask(session, "work") for _ in range(12)))

    asyncio.run(main())
    assert most == 3


def test_the_calls_of_a_session_of_its_own_run_in_their_order() -> None:
    async def main() -> object:
        async with (
            McpSource("notes", script("notes"), isolation="session", allow_writes=True) as source,
            source.session(1) as session,
        ):
            await asyncio.gather(*(ask(session, "write_note", text=str(number)) for number in range(50)))
            return (await ask(session, "read_notes")).content

    assert asyncio.run(main()) == {"notes": [str(number) for number in range(50)]}


def test_every_page_of_a_tool_list_is_read() -> None:
    async def main() -> tuple[int, str]:
        async with McpSource("pages", script("pages")) as source, source.session(1) as session:
            return len(await source.tools()), (await ask(session, "tool_24")).text

    assert asyncio.run(main()) == (25, "the last")


def test_a_tool_list_may_have_hundreds_of_pages() -> None:
    async def main() -> tuple[int, str]:
        async with McpSource("pages", script("pages", "many")) as source, source.session(1) as session:
            return len(await source.tools()), (await ask(session, "tool_299")).text

    assert asyncio.run(main()) == (300, "the last")


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


def test_a_prefix_and_a_category_are_put_on_the_tools() -> None:
    async def main() -> dict[str, tuple[str, str]]:
        source = McpSource("web", InProcessTarget(make_server()), prefix="w_", category="Demo")
        async with source:
            return {tool.name: (tool.source_name, tool.category) for tool in await source.tools()}

    tools = asyncio.run(main())
    assert tools["w_add"] == ("add", "Demo")
    assert tools["w_seed_of"] == ("seed_of", "Numbers")


class TestWrites:
    def test_a_shared_server_offers_only_what_is_declared_read_only_and_says_so(self) -> None:
        async def main() -> tuple[set[str], tuple[SourceNote, ...], str | None]:
            async with McpSource("notes", script("notes")) as source, source.session(1) as session:
                names = {tool.name for tool in await source.tools()}
                return names, source.notes(), kind_of(await ask(session, "write_note", text="x"))

        names, notes, kind = asyncio.run(main())
        assert "read_notes" in names
        assert not names & {"write_note", "write_file"}
        assert [(note.code, note.tools) for note in notes] == [("not_read_only", ("write_note", "write_file"))]
        assert '"allow_writes": true' in str(notes[0])
        assert kind == "not_permitted"

    @staticmethod
    def offered(source: McpSource) -> tuple[int, tuple[SourceNote, ...]]:
        """How many tools it offers, and its notes."""

        async def main() -> tuple[int, tuple[SourceNote, ...]]:
            async with source:
                return len(await source.tools()), source.notes()

        return asyncio.run(main())

    @pytest.mark.parametrize("isolation", ["shared", "session"])
    def test_they_are_offered_when_allowed(self, isolation: Isolation) -> None:
        assert self.offered(McpSource("notes", script("notes"), isolation=isolation, allow_writes=True)) == (11, ())

    @pytest.mark.parametrize("variable", ["WORKSPACE", "SESSION"])
    def test_they_are_offered_where_the_server_is_given_a_place_or_a_name_for_each_session(
        self, variable: str, folder: Path
    ) -> None:
        assert self.offered(McpSource("notes", script("notes"), workspace=folder)) == (11, ())
        for target in (script("notes", f"${{{variable}}}"), script("notes", STATE=f"${{{variable}}}")):
            assert self.offered(McpSource("notes", target, isolation="session")) == (11, ())

    @pytest.mark.parametrize("target", [script("notes"), script("notes", "${SEED}")])
    def test_a_process_of_its_own_may_still_write_anywhere_so_they_are_left_out_with_a_note(
        self, target: StdioTarget
    ) -> None:
        count, (note,) = self.offered(McpSource("notes", target, isolation="session"))
        assert count == 9
        assert (note.code, note.tools) == ("not_read_only", ("write_note", "write_file"))
        assert all(
            word in str(note) for word in ('"workspace"', "${WORKSPACE}", "${SESSION}", '"allow_writes": true')
        )

    def test_so_are_those_of_a_url_unless_it_or_a_header_names_the_session(self, web_url: str) -> None:
        own = [HttpTarget(f"{web_url}?session=${{SESSION}}"), HttpTarget(web_url, {"X-Session": "${SESSION}"})]
        other = [HttpTarget(web_url), HttpTarget(web_url, {"X-Folder": "${WORKSPACE}"})]
        for target, written in (*((one, ()) for one in own), *((one, ("not_read_only",)) for one in other)):
            _, notes = self.offered(McpSource("web", target, isolation="session"))
            assert tuple(note.code for note in notes) == written

    def test_a_server_of_which_nothing_remains_is_refused(self) -> None:
        error = refusal(McpSource("notes", script("notes"), allow=["write_*"]))
        assert error.code == "no_tools"
        assert "9 of 11" in str(error)
        assert "2 of 2" in str(error)

    def test_a_pattern_that_matches_nothing_is_refused(self) -> None:
        error = refusal(McpSource("notes", script("notes"), allow=["reed_*"]))
        assert error.code == "unmatched_pattern"
        assert "'reed_*'" in str(error)
        assert "write_note" in str(error)


class TestRefusals:
    """A server that cannot be used is one line, which names what is wrong."""

    def test_a_server_that_exits_at_once_is_quoted(self, capfd: pytest.CaptureFixture[str]) -> None:
        error = refusal(McpSource("db", script("exits")))
        assert error.code == "server_exits"
        assert str(error).endswith('"fatal: no database for key"')
        assert capfd.readouterr() == ("", "")

    def test_secrets_are_not_quoted(self) -> None:
        error = refusal(McpSource("db", script("exits", API_KEY="sk-very-secret")))
        assert str(error).endswith('"fatal: no database for key ***"')

    def test_a_server_that_never_answers(self) -> None:
        error = refusal(McpSource("db", script("silent"), start_timeout=0.3))
        assert error.code == "start_timeout"
        assert '"start_timeout"' in str(error)

    def test_a_command_that_does_not_exist(self) -> None:
        error = refusal(McpSource("db", StdioTarget("no-such-server", ("--token", "x"))))
        assert error.code == "command_not_found"
        assert "'no-such-server'" in str(error)

    def test_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        error = refusal(McpSource("db", StdioTarget("cat", cwd=str(tmp_path / "none"))))
        assert error.code == "folder_missing"
        assert str(tmp_path / "none") in str(error)

    def test_a_file_that_is_not_a_program(self, folder: Path) -> None:
        error = refusal(McpSource("db", StdioTarget(str(folder / "a.txt"))))
        assert error.code == "not_executable"
        assert str(folder / "a.txt") in str(error)

    def test_an_invalid_schema_leaves_out_its_tool_alone_named_with_the_place(self) -> None:
        async def main() -> tuple[list[str], tuple[SourceNote, ...], list[str | None]]:
            async with McpSource("db", script("broken_schema")) as source, source.session(1) as session:
                kinds = [kind_of(await ask(session, name)) for name in ("fine", "broken")]
                return [tool.name for tool in await source.tools()], source.notes(), kinds

        names, notes, kinds = asyncio.run(main())
        assert names == ["fine"]
        assert [(note.code, note.tools) for note in notes] == [("invalid_schema", ("broken",))]
        assert all(name in str(notes[0]) for name in ("'broken'", "/properties/when/type", '"deny": ["broken"]'))
        assert kinds == [None, "not_permitted"]

    def test_the_tool_that_is_left_out_is_no_trouble_any_more(self) -> None:
        async def main() -> tuple[list[str], tuple[SourceNote, ...]]:
            async with McpSource("db", script("broken_schema"), deny=["broken"]) as source:
                return [tool.name for tool in await source.tools()], source.notes()

        names, notes = asyncio.run(main())
        assert names == ["fine"]
        assert [note.code for note in notes] == ["left_out_by_name"]

    def test_a_server_all_of_whose_schemas_are_invalid(self) -> None:
        error = refusal(McpSource("db", script("broken_schema"), allow=["broken"]))
        assert error.code == "no_tools"
        assert "/properties/when/type" in str(error)

    @pytest.mark.parametrize("list_", ["repeating", "endless"])
    def test_a_tool_list_without_an_end(self, list_: str) -> None:
        assert refusal(McpSource("db", script("pages", list_))).code == "endless_tool_list"

    def test_a_tool_list_that_lasts_longer_than_a_start_may(self) -> None:
        assert refusal(McpSource("db", script("pages", "empty"), start_timeout=1.0)).code == "start_timeout"

    def test_a_url_where_nothing_listens_is_shown_without_its_query(self, own_web_server: WebServer) -> None:
        error = refusal(McpSource("db", HttpTarget(own_web_server.url + "?key=secret")))
        assert error.code == "server_unreachable"
        assert f"({own_web_server.url})" in str(error)
        assert "secret" not in str(error)

    @pytest.mark.parametrize("sse", [False, True])
    def test_a_server_that_refuses(self, sse: bool) -> None:
        with answering(401) as url:
            error = refusal(McpSource("db", HttpTarget(url, {"Authorization": "Bearer secret"}, sse=sse)))
        assert error.code == "server_refuses"
        assert "HTTP 401 Unauthorized" in str(error)
        assert f"({url})" in str(error)
        assert "secret" not in str(error)

    def test_a_server_that_is_not_an_mcp_server(self) -> None:
        with answering(200) as url:
            assert refusal(McpSource("db", HttpTarget(url))).code == "not_an_mcp_server"

    def test_secret_arguments_are_not_shown(self) -> None:
        error = refusal(McpSource("db", StdioTarget("no-such-server", ("--api-key", "sk-secret"))))
        assert "(no-such-server --api-key ***)" in str(error)

    def test_a_workspace_for_a_url(self, folder: Path) -> None:
        with pytest.raises(ValueError, match="workspace"):
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


@pytest.mark.parametrize("call_status", [404, 500])
def test_what_a_server_answered_before_it_went_away_does_not_explain_why_it_cannot_be_reached(
    call_status: int,
) -> None:
    """Neither that it has no stream of its own (405), nor what a call was answered with."""

    async def main(url: str, stop: Callable[[], None]) -> None:
        async with McpSource("web", HttpTarget(url), max_restarts=1) as source, source.session(1) as session:
            await ask(session, "ask")
            stop()
            with refused(ToolSourceError, "server_unreachable"):
                while True:
                    await ask(session, "ask")

    with without_stream(call_status) as (url, stop):
        asyncio.run(asyncio.wait_for(main(url, stop), 20))


class TestClosing:
    """Nothing is left behind, however it ends."""

    @pytest.mark.parametrize("isolation", ["shared", "session"])
    def test_ends_the_child_process(self, isolation: Isolation) -> None:
        async def main() -> int:
            source = McpSource("notes", script("notes"), isolation=isolation)
            async with source, source.session(1) as session:
                return await pid_of(session)

        assert not is_alive(asyncio.run(main()))

    def test_ends_one_that_hangs(self) -> None:
        async def main() -> int:
            async with McpSource("notes", script("notes"), timeout=0.2) as source, source.session(1) as session:
                pid = await pid_of(session)
                await ask(session, "hang")
                return pid

        assert not is_alive(asyncio.run(asyncio.wait_for(main(), 20)))

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

        self.cancelled(work)  # within its deadline, which is shorter than the server's time to start


class TestCrashes:
    """What a crash says, and what becomes of the state that the server held."""

    def test_the_last_words_of_the_server_are_told_masked_on_one_line_without_colours(self) -> None:
        async def main() -> str:
            target = script("rooms", "--rate", "1", "--token", "sk-very-secret-17")
            async with McpSource("rooms", target) as source, source.session(1) as session:
                return (await ask(session, "find_rooms", beds=1)).text

        assert asyncio.run(main()) == (
            'the server crashed during the call; it said: "serving | fatal: find_rooms met a bad page | token ***"'
        )

    def test_a_session_that_has_the_server_to_itself_says_that_its_state_is_lost(self) -> None:
        async def main() -> list[tuple[str | None, str]]:
            target = script("rooms", "--tool", "get_room")
            source = McpSource("rooms", target, isolation="session", allow_writes=True)
            async with source, source.session(1) as session:
                await ask(session, "book_room", room_id="rm-305", guest="Ann Lee", nights=2)
                await ask(session, "get_room", room_id="rm-305")
                lost = await ask(session, "get_booking", booking_id="bk-710")
            async with source, source.session(2) as session:
                other = await ask(session, "find_rooms", beds=4)
            return [(kind_of(observation), observation.text) for observation in (lost, other)]

        (kind, text), (other, _) = asyncio.run(main())
        assert kind == "connection"
        assert "what it held for this session is lost" in text
        assert other is None
