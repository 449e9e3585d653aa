"""Nothing is left of a server: not its children, not its folders, also not after kill -9."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mcp_helpers import script
from tests.support.processes import all_end, is_running
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.tools import ToolSession
from toolgrad_dspy.tools.base import Isolation
from toolgrad_dspy.tools.mcp import McpSource
from toolgrad_dspy.tools.mcp.scratch import Scratch

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at the processes of Linux")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary directory of the test."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    return scratch


async def family(session: ToolSession) -> dict[str, int]:
    """The server's number and those of its children, by what they are."""
    content = (await session.call(ToolCall(tool="family"))).content
    assert isinstance(content, dict)
    return {name: pid for name, pid in content.items() if isinstance(pid, int)}


@pytest.mark.parametrize("isolation", ["shared", "session"])
def test_the_children_of_a_server_end_with_it(isolation: Isolation, scratch: Path) -> None:
    async def main() -> dict[str, int]:
        source = McpSource("family", script("family"), isolation=isolation)
        async with source, source.session(0) as session:
            found = await family(session)
            assert all(map(is_running, found.values()))
            return found

    assert all_end(list(asyncio.run(main()).values()))
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("code", [0, 3])
def test_the_children_of_a_server_that_ends_by_itself_end_too(code: int) -> None:
    async def main() -> None:
        async with McpSource("family", script("family")) as source, source.session(0) as session:
            first = await family(session)
            await session.call(ToolCall(tool="end", arguments={"code": code}))
            assert (await family(session))["server"] != first["server"]
            assert not is_running(first["child"])

    asyncio.run(asyncio.wait_for(main(), 20))


def test_the_children_of_a_server_end_when_the_run_is_interrupted(tmp_path: Path) -> None:
    with started(tmp_path) as (process, found):
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert all_end(found)
    assert list((tmp_path / "scratch").iterdir()) == []


@contextmanager
def started(tmp_path: Path) -> "Iterator[tuple[subprocess.Popen[str], list[int]]]":
    """Another process that holds a session with a folder, and the processes below it."""
    folder = tmp_path / "original"
    folder.mkdir()
    code = f"""
import asyncio
from pathlib import Path
from tests.tools.test_mcp_processes import family, script
from toolgrad_dspy.tools.mcp import McpSource

async def main():
    source = McpSource("family", script("family"), workspace=Path({str(folder)!r}))
    async with source, source.session(0) as session:
        print(*(await family(session)).values(), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""
    env = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    ) as process:
        assert process.stdout is not None
        yield process, [int(pid) for pid in process.stdout.readline().split()]


def test_what_a_killed_process_has_left_goes_at_the_next_start(tmp_path: Path, scratch: Path) -> None:
    with started(tmp_path) as (process, found):
        assert len(found) == 3
        other = Scratch()
        assert all(map(is_running, found)), "whoever lives is left alone"
        assert len(list(other.path.parent.iterdir())) == 2
        process.kill()
    assert is_running(found[1]), "nobody has told the child to end"
    Scratch().remove()
    assert all_end(found)
    assert list(other.path.parent.iterdir()) == [other.path], "and the folder of a process that lives stays"
    other.remove()
    assert list(scratch.iterdir()) == []


def test_processes_that_belong_to_nobody_here_are_left_alone() -> None:
    orphan = Scratch()
    env = {**os.environ, "TOOLGRAD_OWNER": "somebody else"}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=env) as stranger:
        orphan.remove()
        assert is_running(stranger.pid)
        assert stranger.stdin is not None
        stranger.stdin.write(b"\n")


def test_scratch_folders_are_for_their_user_alone(tmp_path: Path, scratch: Path) -> None:
    made = Scratch()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.path, made.path.parent)} == {0o700}
    base = made.path.parent
    made.remove()
    base.symlink_to(tmp_path)  # as somebody else could, where all may write
    elsewhere = Scratch()
    assert elsewhere.path.parent.parent == scratch
    assert elsewhere.path.parent != base
    elsewhere.remove()


def test_what_marks_a_server_is_not_told_by_it() -> None:
    async def main() -> object:
        async with McpSource("family", script("family")) as source, source.session(0) as session:
            content = (await session.call(ToolCall(tool="family"))).content
            assert isinstance(content, dict)
            return content["owner"]

    assert asyncio.run(main()) == "0" * 24
