"""Published MCP servers, over the same path as in a run."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools import Library, ToolSession, ToolSource
from toolgrad_dspy.tools.conformance import Case, check_source
from toolgrad_dspy.tools.mcp.config import load_mcp_config
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import StdioTarget

pytestmark = pytest.mark.slow


def call(tool: str, /, **arguments: object) -> ToolCall:
    return ToolCall.model_validate({"tool": tool, "arguments": arguments})


async def ask(session: ToolSession, tool: str, /, **arguments: object) -> Observation:
    return await session.call(call(tool, **arguments))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "original"
    (folder / "docs").mkdir(parents=True)
    (folder / "a.txt").write_text("alpha\n", encoding="utf-8")
    (folder / "docs" / "b.md").write_text("# beta\n", encoding="utf-8")
    os.utime(folder / "a.txt", (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture
def files(npm_bin: Path, folder: Path) -> McpSource:
    target = StdioTarget(str(npm_bin / "mcp-server-filesystem"), ("${WORKSPACE}",))
    return McpSource("files", target, workspace=folder)


@pytest.fixture
def memory(npm_bin: Path) -> McpSource:
    target = StdioTarget(str(npm_bin / "mcp-server-memory"), env={"MEMORY_FILE_PATH": "${WORKSPACE}/memory.jsonl"})
    return McpSource("memory", target, isolation="session")


@pytest.fixture
def git(python_bin: Path, folder: Path) -> McpSource:
    if shutil.which("git") is None:
        pytest.skip("git is needed for this server")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "First"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    target = StdioTarget(str(python_bin / "mcp-server-git"), ("--repository", "${WORKSPACE}"))
    return McpSource("git", target, workspace=folder)


@pytest.fixture
def clock(python_bin: Path) -> McpSource:
    return McpSource("time", StdioTarget(str(python_bin / "mcp-server-time"), ("--local-timezone", "UTC")))


def conforms(source: ToolSource, case: Case) -> None:
    assert asyncio.run(asyncio.wait_for(check_source(case), 300)) == [], source.id


def test_the_filesystem_server_keeps_the_contract(files: McpSource) -> None:
    conforms(
        files,
        Case(
            lambda: files,
            good=call("read_text_file", path="/workspace/a.txt"),
            failing=call("read_text_file", path="/workspace/none.txt"),
            write=call("write_file", path="/workspace/c.txt", content="gamma"),
            read=call("directory_tree", path="/workspace"),
        ),
    )


def test_the_memory_server_keeps_the_contract(memory: McpSource) -> None:
    ada = {"name": "Ada", "entityType": "person", "observations": ["wrote notes"]}
    conforms(
        memory,
        Case(
            lambda: memory,
            good=call("search_nodes", query="Ada"),
            failing=call("add_observations", observations=[{"entityName": "Nobody", "contents": ["x"]}]),
            write=call("create_entities", entities=[ada]),
            read=call("read_graph"),
        ),
    )


def test_the_git_server_keeps_the_contract(git: McpSource) -> None:
    conforms(
        git,
        Case(
            lambda: git,
            good=call("git_log", repo_path="/workspace", max_count=1),
            failing=call("git_show", repo_path="/workspace", revision="nope"),
            write=call("git_create_branch", repo_path="/workspace", branch_name="topic"),
            read=call("git_branch", repo_path="/workspace", branch_type="local"),
        ),
    )


def test_the_time_server_keeps_the_contract(clock: McpSource) -> None:
    meeting = {"source_timezone": "Europe/Paris", "time": "09:30", "target_timezone": "Asia/Tokyo"}
    failing = call("get_current_time", timezone="Nowhere/Bad")
    conforms(clock, Case(lambda: clock, good=call("convert_time", **meeting), failing=failing))


def test_writing_in_a_session_touches_neither_the_folder_nor_another_session(files: McpSource, folder: Path) -> None:
    async def main() -> list[str | None]:
        async with files, files.session(1) as writing, files.session(2) as reading:
            await ask(writing, "write_file", path="/workspace/a.txt", content="changed")
            await ask(writing, "move_file", source="/workspace/docs/b.md", destination="/workspace/moved.md")
            return [
                (await ask(writing, "read_text_file", path="/workspace/a.txt")).text,
                (await ask(reading, "read_text_file", path="/workspace/a.txt")).text,
                (await ask(reading, "read_text_file", path="/workspace/docs/b.md")).text,
            ]

    assert asyncio.run(main()) == ["changed", "alpha\n", "# beta\n"]
    assert (folder / "a.txt").read_text(encoding="utf-8") == "alpha\n"
    assert (folder / "docs" / "b.md").exists()


def test_every_path_in_a_result_is_virtual(files: McpSource, folder: Path) -> None:
    async def main() -> list[Observation]:
        async with files, files.session(1) as session:
            return [
                await ask(session, "list_allowed_directories"),
                await ask(session, "search_files", path="/workspace", pattern="**/*.md"),
                await ask(session, "read_text_file", path="/etc/passwd"),
                await ask(session, "read_text_file", path="/workspace/none.txt"),
                await ask(session, "get_file_info", path="/workspace/a.txt"),
            ]

    allowed, matches, denied, missing, info = asyncio.run(main())
    assert allowed.text == "Allowed directories:\n/workspace"
    assert matches.text == "/workspace/docs/b.md"
    assert denied.error is not None
    assert denied.error.message.endswith("not in /workspace")
    assert "'/workspace/none.txt'" in missing.text
    assert "modified: Tue Nov 14 2023" in info.text
    assert "toolgrad-" not in "".join(
        observation.model_dump_json() for observation in (allowed, matches, denied, missing)
    )


def test_a_missing_argument_is_told_from_a_tool_that_failed(files: McpSource) -> None:
    async def main() -> list[str | None]:
        async with files, files.session(1) as session:
            calls = [call("write_file", path="/workspace/x"), call("read_text_file", path="/workspace/none.txt")]
            observations = [await session.call(each) for each in calls]
            return [None if observation.error is None else observation.error.kind for observation in observations]

    assert asyncio.run(main()) == ["invalid_arguments", "tool"]


def test_parallel_writes_of_a_session_are_all_kept(memory: McpSource) -> None:
    async def main() -> object:
        async with memory, memory.session(1) as session:
            entities = [{"name": f"e{i}", "entityType": "thing", "observations": []} for i in range(60)]
            await asyncio.gather(*(ask(session, "create_entities", entities=[entity]) for entity in entities))
            return (await ask(session, "read_graph")).content

    graph = asyncio.run(main())
    assert isinstance(graph, dict)
    assert isinstance(graph["entities"], list)
    assert len(graph["entities"]) == 60


def test_a_pasted_configuration_of_several_servers_is_one_library(
    npm_bin: Path, python_bin: Path, folder: Path, tmp_path: Path
) -> None:
    servers = {
        "files": {
            "command": str(npm_bin / "mcp-server-filesystem"),
            "args": ["${WORKSPACE}"],
            "workspace": "original",
            "autoApprove": [],
        },
        "time": {"command": str(python_bin / "mcp-server-time"), "args": ["--local-timezone", "UTC"]},
        "memory": {
            "command": str(npm_bin / "mcp-server-memory"),
            "env": {"MEMORY_FILE_PATH": "${WORKSPACE}/memory.jsonl"},
            "isolation": "session",
            "allow": ["read_*", "create_*"],
        },
    }
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")

    async def main() -> None:
        async with Library(load_mcp_config(path).sources()) as library:
            assert len(library.tools) == 14 + 2 + 3
            assert library.isolation == "shared"
            assert library.isolation_of("read_graph") == "session"
            assert [(note.source, note.code) for note in library.notes] == [("memory", "left_out_by_name")]
            assert len(library.notes[0].tools) == 6
            assert library.validate(call("create_entities", entities=[{}])) is not None
            async with library.session(1) as session:
                assert (await session.call(call("read_text_file", path="/workspace/a.txt"))).text == "alpha\n"
                assert (await session.call(call("read_graph"))).error is None

    asyncio.run(main())
