"""A session's folder: copied, seen under one path, removed."""

import asyncio
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.support.mcp_helpers import script
from tests.support.refusals import refused
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.tools.mcp.server import McpServer
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.workspace import Workspace


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return Workspace(folder)


def test_files_are_copied_with_their_times_and_removed(folder: Path) -> None:
    os.utime(folder / "a.txt", (1_700_000_000, 1_700_000_000))
    workspace = Workspace(folder)
    copy = workspace.path / "a.txt"
    assert (copy.read_text(encoding="utf-8"), copy.stat().st_mtime) == ("alpha\n", 1_700_000_000)
    workspace.remove()
    workspace.remove()
    assert not workspace.path.parent.exists()


def test_without_a_folder_it_is_empty() -> None:
    workspace = Workspace()
    assert list(workspace.path.iterdir()) == []
    workspace.remove()


def test_a_folder_that_cannot_be_copied_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ToolSourceError) as caught:
        Workspace(tmp_path / "none")
    assert caught.value.code == "workspace_not_copied"
    assert str(tmp_path / "none") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_disk_without_room_for_a_folder_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    for original in (folder, None):
        with refused(ToolSourceError, "workspace_not_copied"):
            Workspace(original)


def test_links_never_lead_out_of_the_copy(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (folder / "relative").symlink_to("a.txt")
    (folder / "absolute").symlink_to(folder / "docs" / "b.md")
    (folder / "folder").symlink_to(folder / "docs", target_is_directory=True)
    (folder / "outside").symlink_to("../outside.txt")
    (folder / "system").symlink_to("/etc", target_is_directory=True)
    workspace = Workspace(folder)
    try:
        assert os.readlink(workspace.path / "relative") == "a.txt"
        assert (workspace.path / "absolute").resolve() == (workspace.path / "docs" / "b.md").resolve()
        assert (workspace.path / "folder").resolve() == (workspace.path / "docs").resolve()
        assert not (workspace.path / "outside").is_symlink()
        assert not (workspace.path / "system").is_symlink()
    finally:
        workspace.remove()


def left(workspace: Workspace) -> set[str]:
    """The paths in the copy."""
    return {path.relative_to(workspace.path).as_posix() for path in workspace.path.rglob("*")}


def test_a_link_is_left_out_when_any_way_through_it_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "relative").symlink_to("../outside/secret.txt")
    (folder / "absolute").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "chain").symlink_to("docs/link")
    (folder / "docs" / "link").symlink_to("../relative")
    (folder / "through").symlink_to("absolute/secret.txt")
    (folder / "up").symlink_to("..", target_is_directory=True)
    (folder / "dangling_out").symlink_to("../nothing")
    (folder / "here").symlink_to(".", target_is_directory=True)
    (folder / "up_through").symlink_to("here/../outside/secret.txt")
    workspace = Workspace(folder)
    try:
        out = ["absolute", "chain", "dangling_out", "docs/link", "relative", "through", "up", "up_through"]
        assert workspace.left_out == {"links_left_out": out, "special_files_left_out": []}
        assert left(workspace) == {"a.txt", "docs", "docs/b.md", "here"}
    finally:
        workspace.remove()


def test_a_link_within_the_folder_leads_to_the_copy_whatever_name_it_uses(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(folder, target_is_directory=True)
    (folder / "by_alias").symlink_to(tmp_path / "alias" / "a.txt")
    (folder / "out_and_back").symlink_to("../original/a.txt")
    (folder / "docs" / "far_out_and_back").symlink_to("../" * 20 + f"{folder}/a.txt".lstrip("/"))
    (folder / "docs" / "through").symlink_to("../by_alias")
    (folder / "dangling").symlink_to("docs/none.md")
    (folder / "loop").symlink_to("loop")
    for original in (folder, tmp_path / "alias"):
        workspace = Workspace(original)
        try:
            root = workspace.path.resolve()
            for name in ("by_alias", "out_and_back", "docs/far_out_and_back", "docs/through"):
                assert (workspace.path / name).resolve() == root / "a.txt"
            assert os.readlink(workspace.path / "docs/through") == "../by_alias"
            assert os.readlink(workspace.path / "dangling") == "docs/none.md"
            assert not (workspace.path / "loop").exists()
            (workspace.path / "out_and_back").write_text("changed", encoding="utf-8")
            assert workspace.left_out["links_left_out"] == []
        finally:
            workspace.remove()
    assert (folder / "a.txt").read_text(encoding="utf-8") == "alpha\n"


def test_a_relative_link_that_leaves_the_folder_and_comes_back_does_not_find_another_file_of_that_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from the copy, ``../original/a.txt`` is a file of somebody else."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    (folder / "docs" / "link").symlink_to("../../original/a.txt")
    workspace = Workspace(folder)
    (workspace.path.parent / "original").mkdir()
    (workspace.path.parent / "original" / "a.txt").write_text("foreign", encoding="utf-8")
    assert (workspace.path / "docs" / "link").read_text(encoding="utf-8") == "alpha\n"
    workspace.remove()


def test_pipes_sockets_and_devices_are_left_out_and_a_note_says_so(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "docs" / "inner pipe")
    (folder / "to_pipe").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        # A path of a socket has 107 bytes at most.
        here = os.getcwd()
        os.chdir(folder)
        listening.bind("socket")
        os.chdir(here)

        async def main() -> tuple[list[tuple[str, str]], str]:
            source = McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder)
            async with source, source.session(1) as session:
                notes = [(note.code, str(note)) for note in source.notes()]
                return notes, (await session.call(ToolCall(tool="list_files"))).text

        notes, listing = asyncio.run(asyncio.wait_for(main(), 20))
    assert [code for code, _ in notes] == ["special_files_left_out"]
    assert "3 (docs/inner pipe, pipe, socket)" in notes[0][1]
    assert listing.split() == ["/workspace/a.txt", "/workspace/docs", "/workspace/docs/b.md", "/workspace/to_pipe"]


def test_a_note_says_how_many_links_are_left_out(folder: Path) -> None:
    for number in range(5):
        (folder / f"link{number}").symlink_to("/etc/hostname")

    async def main() -> list[tuple[str, str]]:
        async with McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder) as source:
            return [(note.code, str(note)) for note in source.notes()]

    ((code, note),) = asyncio.run(main())
    assert code == "links_left_out"
    assert "5 (link0, link1, link2, ...)" in note


@pytest.mark.parametrize(
    ("virtual", "suffix"),
    [
        ("/workspace", ""),
        ("/workspace/a.txt", "/a.txt"),
        ("file:///workspace/a.txt", "/a.txt"),
        ("cat '/workspace/a.txt'", "/a.txt'"),
        ("--path=/workspace", ""),
    ],
)
def test_virtual_paths_become_real_ones_and_back(workspace: Workspace, virtual: str, suffix: str) -> None:
    real = workspace.to_real(virtual)
    assert isinstance(real, str)
    assert real.endswith(str(workspace.path) + suffix)
    assert workspace.to_virtual(real) == virtual
    workspace.remove()


@pytest.mark.parametrize("text", ["/home/workspace/a", "/workspaces", "my/workspace", "/workspace-2", "workspace"])
def test_what_only_looks_like_one_is_left_alone(workspace: Workspace, text: str) -> None:
    assert workspace.to_real(text) == text
    workspace.remove()


def test_paths_are_found_at_any_depth_in_keys_and_above_the_folder(workspace: Workspace) -> None:
    root = str(workspace.path.parent)
    value: JsonValue = {
        f"{root}/workspace/a": [{"p": f"{root}/workspace"}, 3, None],
        "up": f"{root}/b",
        "root": f"in {root}",
    }
    assert workspace.to_virtual(value) == {"/workspace/a": [{"p": "/workspace"}, 3, None], "up": "/b", "root": "in /"}
    workspace.remove()


def test_the_resolved_form_of_a_path_is_found_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "link"))
    workspace = Workspace(folder)
    resolved = (workspace.path / "a.txt").resolve()
    assert str(resolved) != str(workspace.path / "a.txt")
    real: JsonValue = [str(resolved), str(workspace.path)]
    assert workspace.to_virtual(real) == ["/workspace/a.txt", "/workspace"]
    workspace.remove()


def test_a_servers_results_hold_virtual_paths_only(folder: Path) -> None:
    async def main() -> list[str]:
        source = McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder)
        calls = [
            ToolCall(tool="list_files"),
            ToolCall(tool="read_file", arguments={"path": "/workspace/none.txt"}),
            ToolCall(tool="file_age", arguments={"path": "/workspace/a.txt"}),
        ]
        async with source, source.session(1) as session:
            return [(await session.call(call)).model_dump_json() for call in calls]

    listing, missing, age = asyncio.run(main())
    assert "/workspace/docs/b.md" in listing
    assert "No such file or directory: '/workspace/none.txt'" in missing
    assert str((folder / "a.txt").stat().st_mtime_ns) in age
    assert "toolgrad-" not in listing + missing


def test_a_servers_descriptions_hold_virtual_paths_only(folder: Path) -> None:
    async def main() -> list[str]:
        async with McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder) as source:
            return [tool.description for tool in await source.tools() if tool.name == "list_files"]

    assert asyncio.run(main()) == ["List the files in /workspace"]


def test_sessions_that_are_cancelled_leave_no_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    async def visit(source: McpSource, seed: int, first: asyncio.Event) -> None:
        async with source.session(seed) as session:
            first.set()
            await session.call(ToolCall(tool="list_files"))

    async def main() -> None:
        first = asyncio.Event()
        async with McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder) as source:
            visits = [asyncio.create_task(visit(source, seed, first)) for seed in range(12)]
            await first.wait()
            for task in visits:
                task.cancel()
            await asyncio.wait(visits)

    asyncio.run(main())
    assert wait_until_empty(scratch)


def test_a_server_that_is_closed_while_its_folder_is_copied_leaves_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    copying, go_on = threading.Event(), threading.Event()

    def slow_copy() -> Workspace:
        copying.set()
        go_on.wait(10)
        return Workspace(folder)

    async def main(executor: ThreadPoolExecutor) -> None:
        server = McpServer(
            "notes",
            script("notes", "${WORKSPACE}"),
            0,
            make_workspace=slow_copy,
            executor=executor,
            start_timeout=10,
            call_timeout=10,
            max_parallel=1,
            max_restarts=0,
            proven=True,
        )
        starting = asyncio.create_task(server.start())
        await asyncio.to_thread(copying.wait, 10)
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0)  # it has begun
        go_on.set()
        await asyncio.wait((starting, closing))
        with refused(ToolSourceError, "source_not_open"):
            starting.result()

    with ThreadPoolExecutor(4) as executor:
        asyncio.run(asyncio.wait_for(main(executor), 20))
    assert list(scratch.iterdir()) == []


def wait_until_empty(folder: Path) -> bool:
    """Whether the threads that remove folders are done within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(folder.iterdir()):
        time.sleep(0.01)
    return not any(folder.iterdir())


def test_a_shared_server_has_one_copy_for_all_sessions(folder: Path) -> None:
    async def main() -> str:
        source = McpSource(
            "notes", script("notes", "${WORKSPACE}"), workspace=folder, isolation="shared", allow_writes=True
        )
        written = ToolCall(tool="write_file", arguments={"path": "/workspace/a.txt", "text": "changed"})
        read = ToolCall(tool="read_file", arguments={"path": "/workspace/a.txt"})
        async with source, source.session(1) as writing, source.session(2) as reading:
            await writing.call(written)
            return (await reading.call(read)).text

    assert asyncio.run(main()) == "changed"
    assert (folder / "a.txt").read_text(encoding="utf-8") == "alpha\n"
