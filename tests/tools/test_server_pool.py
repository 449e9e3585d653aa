"""How many server processes run at once: the limit binds, and nobody waits for ever."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.mcp_helpers import script
from tests.support.processes import children_of_this_process
from tests.support.refusals import refused
from toolgrad_dspy import RunSpec, generate_run
from toolgrad_dspy.errors import ToolSourceError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.runs import ModelsSpec, tools_spec
from toolgrad_dspy.tools import FunctionSource, Library, ToolSession
from toolgrad_dspy.tools.mcp import McpSource, load_mcp_config
from toolgrad_dspy.tools.mcp.targets import StdioTarget
from toolgrad_dspy.tools.server_pool import default_limit

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at the processes of Linux")


def notes(name: str = "notes", target: StdioTarget | None = None) -> McpSource:
    return McpSource(name, target or script("notes"), isolation="session", prefix=f"{name}_")


async def pid(session: ToolSession, name: str = "notes") -> int:
    content = (await session.call(ToolCall(tool=f"{name}_process"))).content
    assert isinstance(content, dict)
    assert isinstance(content["pid"], int)
    return content["pid"]


@asynccontextmanager
async def counted() -> AsyncIterator[list[int]]:
    """How many children this process had, at all times in the block."""
    seen: list[int] = []
    before = set(children_of_this_process())

    async def count() -> None:
        while True:
            seen.append(len(set(children_of_this_process()) - before))
            await asyncio.sleep(0.002)

    counting = asyncio.create_task(count())
    yield seen
    counting.cancel()


@linux
def test_no_more_servers_run_at_once_than_may() -> None:
    async def visit(library: Library, seed: int) -> int:
        async with library.session(seed) as session:
            return await pid(session)

    async def main() -> tuple[list[int], set[int]]:
        async with counted() as seen, Library([notes()], max_servers=2) as library:
            pids = await asyncio.gather(*(visit(library, seed) for seed in range(6)))
        return seen, set(pids)

    seen, pids = asyncio.run(asyncio.wait_for(main(), 30))
    assert max(seen) == 2
    assert len(pids) == 6, "each session has a server of its own"


@linux
@pytest.mark.parametrize(("sources", "limit"), [(1, 3), (1, 4), (2, 6)])
def test_samples_that_hold_a_session_while_they_open_others_do_not_wait_for_each_other(
    sources: int, limit: int
) -> None:
    names = [f"n{number}" for number in range(sources)]

    async def sample(library: Library, seed: int) -> None:
        with library.claim(3):
            async with library.session(seed) as trunk:
                await pid(trunk, names[0])
                async with library.session(seed) as first, library.session(seed) as second:
                    await asyncio.gather(*(pid(branch, name) for name in names for branch in (trunk, first, second)))

    async def main() -> list[int]:
        async with counted() as seen, Library([notes(name) for name in names], max_servers=limit) as library:
            await asyncio.gather(*(sample(library, seed) for seed in range(5)))
        return seen

    assert max(asyncio.run(asyncio.wait_for(main(), 60))) <= limit


def test_fewer_servers_than_one_session_needs_are_refused() -> None:
    async def opened(*sources: McpSource, limit: int, sessions: int = 1) -> None:
        async with Library(sources, max_servers=limit) as library:
            library.claim(sessions)

    with refused(ToolSourceError, "too_few_servers"):
        asyncio.run(opened(notes("a"), notes("b"), limit=1))
    with refused(ToolSourceError, "too_few_servers"):
        asyncio.run(opened(notes("a"), McpSource("all", script("notes"), isolation="shared"), limit=3, sessions=3))


def test_a_shared_server_leaves_the_other_places_to_sessions() -> None:
    async def main() -> None:
        library = Library([notes("own"), McpSource("all", script("notes"))], max_servers=2)
        async with library:
            for seed in range(3):
                async with library.session(seed) as session:
                    await pid(session, "own")
                    assert (await session.call(ToolCall(tool="read_notes"))).error is None

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_spare_server_gives_way_to_one_that_is_needed() -> None:
    async def main() -> None:
        async with Library([notes("a"), notes("b")], max_servers=2) as library:
            for seed in range(4):
                async with library.session(seed) as session:
                    await pid(session, "a")
                    await asyncio.sleep(0.05)  # a spare one of the first may take the place of the second
                    await pid(session, "b")

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_server_that_was_started_ahead_has_a_fresh_folder(tmp_path: Path) -> None:
    folder = tmp_path / "original"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")

    async def visit(source: McpSource, seed: int) -> tuple[object, object]:
        async with source.session(seed) as session:
            found = (await session.call(ToolCall(tool="list_files"))).content
            write = ToolCall(tool="write_file", arguments={"path": "/workspace/new.txt", "text": str(seed)})
            await session.call(write)
            process = (await session.call(ToolCall(tool="process"))).content
            assert isinstance(found, dict)
            assert isinstance(process, dict)
            return found["paths"], process["pid"]

    async def main() -> list[tuple[object, object]]:
        async with McpSource("notes", script("notes", "${WORKSPACE}"), workspace=folder) as source:
            return [await visit(source, seed) for seed in range(5)]

    visits = asyncio.run(main())
    assert [paths for paths, _ in visits] == [["/workspace/a.txt"]] * 5
    assert len({process for _, process in visits}) == 5


def test_a_server_that_is_given_its_seed_is_started_for_the_session() -> None:
    async def seed_of(source: McpSource, seed: int) -> object:
        async with source.session(seed) as session:
            content = (await session.call(ToolCall(tool="notes_process"))).content
            assert isinstance(content, dict)
            return content["seed"]

    async def main() -> list[object]:
        async with notes(target=script("notes", ".", "${SEED}")) as source:
            return [await seed_of(source, seed) for seed in range(3)]

    assert asyncio.run(main()) == ["0", "1", "2"]


def test_it_is_said_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolgrad_dspy.tools.opening.SILENT", 0.01)
    said: list[str] = []

    def look(word: str) -> str:
        return word

    async def visit(library: Library, seed: int) -> None:
        async with library.session(seed) as session:
            await pid(session)

    async def main() -> None:
        library = Library([FunctionSource("words", [look]), notes()], max_servers=1)
        library.listen(said.append)
        async with library:
            await asyncio.gather(visit(library, 0), visit(library, 1), visit(library, 2))

    asyncio.run(asyncio.wait_for(main(), 30))
    assert said == [
        "starting 2 tool servers: words ready (1 of 2)",
        "sessions wait for tool servers, of which 1 may run; --max-servers allows more",
    ]


def test_the_default_is_what_the_machine_bears() -> None:
    assert 4 <= default_limit() < 100_000


class TestInFiles:
    """``maxServers`` beside the servers of a file."""

    @staticmethod
    def written(path: Path, **more: object) -> Path:
        server = {"command": "python3", "args": [script("notes").args[0]], "isolation": "session"}
        path.write_text(json.dumps({"mcpServers": {path.stem: server}, **more}))
        return path

    @pytest.mark.parametrize("key", ["maxServers", "max_servers"])
    def test_is_read(self, key: str, tmp_path: Path) -> None:
        assert load_mcp_config(self.written(tmp_path / "a.json", **{key: 7})).max_servers == 7

    @pytest.mark.parametrize("value", [0, -1, True, "7", 1.5, []])
    def test_is_refused_when_it_is_no_number_of_servers(self, value: object, tmp_path: Path) -> None:
        with refused(UsageError, "invalid_value"):
            load_mcp_config(self.written(tmp_path / "a.json", maxServers=value))

    def test_is_for_all_files_together_and_an_option_goes_before_it(self, tmp_path: Path) -> None:
        files = [self.written(tmp_path / "a.json", maxServers=7), self.written(tmp_path / "b.json", maxServers=5)]
        spec = tools_spec([*files, self.written(tmp_path / "c.json")])
        assert spec.max_servers == 5
        assert spec.limited(None) == spec
        assert spec.limited(9).max_servers == 9
        assert spec.limited(9).public() == spec.public(), "a run is resumed with another limit"


@linux
@pytest.mark.slow
def test_the_limit_changes_no_sample(tmp_path: Path, folder: Path) -> None:
    server = {
        "command": script("notes").command,
        "args": [*script("notes").args, "${WORKSPACE}"],
        "workspace": str(folder),
        "cwd": "${WORKSPACE}",  # else relative paths are in a folder that all sessions share
        "deny": ["process", "file_age", "crash", "hang", "sleep"],
    }
    path = tmp_path / "servers.json"
    path.write_text(json.dumps({"mcpServers": {"notes": server}}))

    async def run(limit: int | None, output: Path) -> Sequence[int]:
        spec = RunSpec(
            n=6,
            tools=tools_spec(path).limited(limit),
            models=ModelsSpec(Models.from_environment().settings),
            program=ProgramConfig(iterations=3, proposals=2),
        )
        async with counted() as seen:
            await generate_run(spec, output)
        return seen

    few = asyncio.run(run(5, tmp_path / "few"))
    asyncio.run(run(None, tmp_path / "many"))
    assert 1 < max(few) <= 5
    samples = [(tmp_path / name / "samples.jsonl").read_text() for name in ("few", "many")]
    assert samples[0]
    assert samples[0] == samples[1]
