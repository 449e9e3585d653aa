"""The files that ``--tools`` takes: their kinds, several of them, and what a run stores of them."""

import asyncio
import json
import pickle
import sys
from pathlib import Path

import pytest

from tests.support.refusals import refused
from toolgrad_dspy import RunSpec
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import JoinedTools, McpTools, PythonTools, WorldTools, generate_run, tools_spec

LOOK = (
    "WRITES = []\ndef look(word: str) -> dict[str, str]:\n    'Look a word up.'\n    return {'meaning': word * 2}\n"
)
COUNT = (
    "WRITES = []\ndef count(word: str) -> dict[str, int]:\n    'Count letters.'\n    return {'letters': len(word)}\n"
)
TOWN = {
    "mcpServers": {"town": {"command": sys.executable, "args": ["-m", "toolgrad_dspy.world"], "allow": ["*_stops"]}}
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Path:
    (tmp_path / "words.py").write_text(LOOK)
    (tmp_path / "letters.py").write_text(COUNT)
    (tmp_path / "servers.json").write_text(json.dumps(TOWN))
    return tmp_path


def test_a_file_is_of_the_kind_that_its_name_says() -> None:
    assert isinstance(tools_spec(), WorldTools)
    assert isinstance(tools_spec("servers.json"), McpTools)
    assert isinstance(tools_spec("words.py"), PythonTools)
    assert isinstance(tools_spec(Path("words.py:look")), PythonTools)
    assert isinstance(tools_spec(["words.py", "servers.json"]), JoinedTools)


@pytest.mark.parametrize("name", ["tools", "tools.txt", "words.py:", "words.py:2", "servers.json:x", ""])
def test_what_is_of_no_kind_is_taken_for_a_servers_file(name: str, files: Path) -> None:
    with pytest.raises(UsageError) as caught:
        tools_spec(name)
    assert caught.value.code == ("unreadable_file" if not name else "file_missing")


def test_several_files_are_one_library_that_other_processes_can_make_too() -> None:
    spec = pickle.loads(pickle.dumps(tools_spec(["words.py", "letters.py", "servers.json"])))  # noqa: S301 - our own

    async def names() -> list[str]:
        async with spec.library() as library:
            return [tool.name for tool in library.tools]

    found = asyncio.run(names())
    assert {"look", "count"} < set(found)
    assert len(found) > 2


def test_two_files_with_tools_of_one_name_are_told_by_their_names(files: Path) -> None:
    (files / "more").mkdir()
    (files / "more/words.py").write_text(COUNT)
    with refused(UsageError, "duplicate_source", "'words'", "more/words.py"):
        tools_spec(["words.py", "more/words.py"])
    with refused(UsageError, "duplicate_source", "'town'", "servers.json"):
        tools_spec(["servers.json", "servers.json"])


def test_a_file_that_changes_between_two_starts_is_told_like_any_other_setting(files: Path) -> None:
    def run(n: int) -> int:
        spec = RunSpec(n=n, tools=tools_spec(["words.py", "letters.py"]), program=ProgramConfig(iterations=2))
        return asyncio.run(generate_run(spec, files / "run")).sessions

    assert (run(1), run(2)) == (1, 2)
    (files / "letters.py").write_text(COUNT.replace("len(word)", "len(word) + 1"))
    with refused(UsageError, "other_configuration", "tools"):
        run(3)


def test_a_file_that_changes_during_a_run_is_not_run(files: Path) -> None:
    spec = tools_spec("words.py")
    (files / "words.py").write_text(COUNT)
    with refused(UsageError, "tools_file_changed", "words.py"):
        spec.library()
