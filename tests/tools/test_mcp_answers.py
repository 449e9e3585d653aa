"""Answers that are too large, or none: each is the failure of its call, says what it is, and harms no other."""

import asyncio
import gzip
import json
import re
from pathlib import Path

import pytest

from tests.support.mcp_helpers import script, speaking
from tests.support.servers.odd import odd_answer
from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools import SourceNote
from toolgrad_dspy.tools.mcp import HttpTarget, InProcessTarget, McpSource
from toolgrad_dspy.tools.mcp.config import load_mcp_config


def asked(source: McpSource, how: str, size: int = 10) -> tuple[Observation, Observation]:
    """The odd answer, and that of a call after it."""

    async def main() -> tuple[Observation, Observation]:
        async with source, source.session(1) as session:
            odd = await session.call(ToolCall(tool="ask", arguments={"how": how, "size": size}))
            return odd, await session.call(ToolCall(tool="fine"))

    odd, after = asyncio.run(asyncio.wait_for(main(), 30))
    assert after.text == "fine"
    return odd, after


def failure(observation: Observation) -> tuple[str, str]:
    assert observation.error is not None, observation.text[:200]
    return observation.error.kind, observation.error.message


class TestTooLarge:
    @pytest.mark.parametrize("how", ["text", "text, id last", "rows"])
    def test_it_is_a_failure_that_says_the_size_the_limit_and_the_key(self, how: str) -> None:
        observation, _ = asked(McpSource("odd", script("odd"), max_result_bytes=100_000), how, 300_000)
        kind, message = failure(observation)
        assert kind == "too_large"
        found = re.search(r"([\d,]+) bytes, more than the 100,000 that are taken", message)
        assert found
        assert 200_000 < int(found[1].replace(",", "")) < 400_000
        assert '"max_result_bytes"' in message

    def test_one_just_below_the_limit_is_taken(self) -> None:
        observation, _ = asked(McpSource("odd", script("odd"), max_result_bytes=300_200), "text", 300_000)
        assert observation.error is None
        assert len(observation.text) == 300_000

    @pytest.mark.parametrize("zipped", [False, True])
    def test_over_http_no_more_is_read_than_may_be(self, zipped: bool) -> None:
        body = odd_answer("text", 9_000_000, "ID").encode()
        with speaking(gzip.compress(body) if zipped else body, zipped=zipped) as url:
            observation, _ = asked(McpSource("odd", HttpTarget(url), max_result_bytes=100_000), "text")
        kind, message = failure(observation)
        assert kind == "too_large"
        assert '"max_result_bytes"' in message

    def test_over_http_as_an_event(self) -> None:
        with speaking(
            b"data: " + odd_answer("text", 12_000_000, "ID").encode() + b"\n\n", "text/event-stream"
        ) as url:
            observation, _ = asked(McpSource("odd", HttpTarget(url)), "text")
        assert failure(observation)[0] == "too_large"

    def test_an_event_of_some_megabytes_is_taken(self) -> None:
        with speaking(b"data: " + odd_answer("text", 3_000_000, "ID").encode() + b"\n\n", "text/event-stream") as url:
            observation, _ = asked(McpSource("odd", HttpTarget(url), max_result_bytes=3_000_200), "text")
        assert len(observation.text) == 3_000_000

    def test_in_this_process(self) -> None:
        from mcp.server.mcpserver import MCPServer

        server = MCPServer("odd")

        @server.tool()
        def ask(how: str, size: int) -> str:
            return how * size

        @server.tool()
        def fine() -> str:
            return "fine"

        source = McpSource("odd", InProcessTarget(server), allow_writes=True, max_result_bytes=1_000)
        assert failure(asked(source, "x", 2_000)[0])[0] == "too_large"

    def test_a_list_of_tools_may_be_longer(self) -> None:
        async def main() -> int:
            async with McpSource("pages", script("pages"), max_result_bytes=1_000) as source:
                return len(await source.tools())

        assert asyncio.run(main()) == 25

    @pytest.mark.parametrize("key", ["max_result_bytes", "maxResultBytes"])
    def test_the_limit_is_a_key_of_a_servers_file(self, key: str, tmp_path: Path) -> None:
        target = script("odd")
        entry = {"command": target.command, "args": target.args, key: 50_000}
        (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"odd": entry}}))
        (source,) = load_mcp_config(tmp_path / "servers.json").sources()
        assert failure(asked(source, "text", 60_000)[0])[0] == "too_large"


class TestNoMessage:
    @pytest.mark.parametrize("how", ["torn", "not JSON", "no result"])
    def test_an_answer_that_cannot_be_read_fails_its_call_at_once(self, how: str) -> None:
        observation, _ = asked(McpSource("odd", script("odd"), timeout=20), how)
        kind, message = failure(observation)
        assert kind == "protocol"
        assert "no message" in message or "does not follow the protocol" in message

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            ("torn, without its id", '{"result": {"content": [{"ty'),
            ("a log line", "DEBUG the token is ***"),
            ("an error for nobody", "lost"),
        ],
    )
    def test_where_nobody_knows_what_it_answers_the_timeout_says_what_was_written(self, how: str, said: str) -> None:
        target = script("odd", TOKEN="sk-very-secret-17")
        observation, _ = asked(McpSource("odd", target, timeout=0.5), how)
        kind, message = failure(observation)
        assert kind == "timeout"
        assert "the server wrote something that is no message" in message
        assert said in message

    @pytest.mark.parametrize(
        ("body", "kind_of_body"),
        [
            (b"<html>Bad gateway</html>", "application/json"),
            (b"<html>Bad gateway</html>", "text/html"),
            (b"data: {torn\n\n", "text/event-stream"),
        ],
    )
    def test_over_http(self, body: bytes, kind_of_body: str) -> None:
        with speaking(body, kind_of_body) as url:
            observation, _ = asked(McpSource("odd", HttpTarget(url)), "text")
        assert failure(observation)[0] == "protocol"


def test_malformed_tools_are_left_out_alone_with_a_note_that_names_each() -> None:
    async def main() -> tuple[list[str], tuple[SourceNote, ...]]:
        async with McpSource("odd", script("odd", "--list")) as source:
            return [tool.name for tool in await source.tools()], source.notes()

    names, notes = asyncio.run(main())
    assert names == ["ask", "fine"]
    assert {note.code for note in notes} == {"malformed_tool"}
    assert len(notes) == 5
    assert {"no_schema", "listed_schema", "odd_hints"} <= {name for note in notes for name in note.tools}
    (missing,) = (str(note) for note in notes if note.tools == ("no_schema",))
    assert "inputSchema" in missing
