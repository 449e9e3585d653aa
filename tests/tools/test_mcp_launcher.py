"""A command that finds out what to run is asked once."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.mcp_helpers import SERVERS
from tests.support.refusals import refused
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.tools.mcp import McpSource, StdioTarget

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads what runs off Linux's /proc")

# As npx does it: it gets the package if it is not there, and runs it as a child, with variables of its own.
NPX = f"""#!{sys.executable}
import os, shutil, subprocess, sys
home = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(home, "runs"), "a") as runs:
    runs.write(" ".join(sys.argv[1:]) + chr(10))
package = os.path.join(home, "notes.py")
if not os.path.exists(package):
    with open(package, "w") as file:
        file.write("import runpy, sys; sys.argv[0] = {str(SERVERS / "notes.py")!r}; sys.path[0] = ''\\n"
                   "runpy.run_path(sys.argv[0], run_name='__main__')\\n")
sys.exit(subprocess.call([sys.executable, package, *sys.argv[2:]], env={{**os.environ, "npm_command": "exec"}}))
"""


@pytest.fixture
def npx(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "npx"
    path.parent.mkdir()
    path.write_text(NPX)
    path.chmod(0o755)
    return path


def source(npx: Path, folder: Path, *args: str) -> McpSource:
    target = StdioTarget(str(npx), ("notes@1", "${WORKSPACE}", *args))
    return McpSource("notes", target, workspace=folder)


def runs(npx: Path) -> list[str]:
    return (npx.parent / "runs").read_text().splitlines()


async def visit(opened: McpSource, seed: int) -> tuple[object, object]:
    """The files that a session sees, and the seed that its server was given."""
    async with opened.session(seed) as session:
        files = (await session.call(ToolCall(tool="list_files"))).content
        process = (await session.call(ToolCall(tool="process"))).content
        assert isinstance(files, dict)
        assert isinstance(process, dict)
        return files["paths"], process["seed"]


def test_the_program_that_it_ran_is_started_from_then_on(npx: Path, folder: Path) -> None:
    async def main() -> list[tuple[object, object]]:
        async with source(npx, folder, "${SEED}") as opened:
            return [await visit(opened, seed) for seed in range(3)]

    files = ["/workspace/a.txt", "/workspace/docs", "/workspace/docs/b.md"]
    assert asyncio.run(main()) == [(files, "0"), (files, "1"), (files, "2")]
    assert len(runs(npx)) == 1


def test_the_command_runs_as_it_is_written_where_the_program_is_gone(npx: Path, folder: Path) -> None:
    async def main() -> list[tuple[object, object]]:
        async with source(npx, folder, "${SEED}") as opened:
            (npx.parent / "notes.py").unlink()
            return [await visit(opened, seed) for seed in range(2)]

    assert [seed for _, seed in asyncio.run(main())] == ["0", "1"]
    assert len(runs(npx)) == 3


def test_any_other_command_is_run_as_it_is_written(npx: Path, folder: Path) -> None:
    other = npx.rename(npx.with_name("wrapper"))

    async def main() -> None:
        async with source(other, folder, "${SEED}") as opened:
            await visit(opened, 0)

    asyncio.run(main())
    assert len(runs(other)) == 2


def test_what_is_shown_is_the_command_as_it_is_written(npx: Path, folder: Path) -> None:
    def remove() -> None:
        npx.unlink()
        (npx.parent / "notes.py").unlink()

    async def main() -> None:
        async with source(npx, folder) as opened:
            remove()
            async with opened.session(0):
                pass

    with refused(ToolSourceError, "command_not_found") as caught:
        asyncio.run(main())
    assert "npx" in str(caught.value)
    assert os.fspath(npx.parent / "notes.py") not in str(caught.value)
