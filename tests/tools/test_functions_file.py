"""Python files of a user's as tools."""

import asyncio
from pathlib import Path

import pytest

from tests.support.refusals import refused
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.records import Tool, ToolCall
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.functions import python_sources

FUNCTIONS = '''
from math import floor
from helpers import doubled

def double(number: int) -> int:
    """Double a number."""
    return doubled(number)

def note(text: str) -> str:
    return text

def _hidden() -> None: ...

both = [double, note]
'''

SOURCE = """
from toolgrad_dspy.tools import FunctionSource

def notebook(seed: int):
    notes = []
    def write_note(text: str) -> int:
        notes.append(text)
        return len(notes)
    return [write_note]

notes = FunctionSource("notes", notebook, isolation="session")
again = notes
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "helpers.py").write_text("def doubled(number): return 2 * number\n")
    path = tmp_path / "arithmetic.py"
    path.write_text(FUNCTIONS)
    return path


def tools_of(path: Path, name: str | None = None) -> list[Tool]:
    async def main() -> list[Tool]:
        async with Library(python_sources(path, name)) as library:
            return list(library.tools)

    return asyncio.run(main())


def call(path: Path, tool: str, **arguments: object) -> object:
    async def main() -> object:
        async with Library(python_sources(path)) as library, library.session(seed=0) as session:
            made = ToolCall.model_validate({"tool": tool, "arguments": arguments})
            return (await session.call(made)).value

    return asyncio.run(main())


def test_the_public_functions_of_a_file_are_its_tools_and_what_stands_beside_it_is_imported(file: Path) -> None:
    assert [(tool.name, tool.source, tool.writes) for tool in tools_of(file)] == [
        ("double", "arithmetic", True),
        ("note", "arithmetic", True),
    ]
    assert call(file, "double", number=4) == 8


def test_a_file_can_say_which_of_its_functions_write_and_which_are_public(file: Path) -> None:
    file.write_text(FUNCTIONS + "WRITES = ['note']\n")
    assert {tool.name: tool.writes for tool in tools_of(file)} == {"double": False, "note": True}
    assert [tool.writes for tool in tools_of(file, "double")] == [False]
    file.write_text(FUNCTIONS + "__all__ = ['note', 'floor']\n")
    with refused(UsageError, "tools_file_failed", "line 1") as _:
        (file.parent / "broken.py").write_text("__all__ = [")
        tools_of(file.parent / "broken.py")
    file.write_text(FUNCTIONS + "__all__ = ['note']\n")
    assert [tool.name for tool in tools_of(file)] == ["note"]


@pytest.mark.parametrize(("name", "names"), [("double", ["double"]), ("both", ["double", "note"])])
def test_one_thing_in_a_file_can_be_named(file: Path, name: str, names: list[str]) -> None:
    assert [tool.name for tool in tools_of(file, name)] == names


def test_where_a_file_makes_sources_those_are_its_tools_each_once(tmp_path: Path) -> None:
    path = tmp_path / "notes.py"
    path.write_text(SOURCE)
    (source,) = python_sources(path)
    assert (source.id, source.isolation) == ("notes", "session")
    assert [tool.name for tool in tools_of(path)] == ["write_note"]
    assert [call(path, "write_note", text="milk") for _ in range(2)] == [1, 1], "a session has a state of its own"


def test_a_file_that_was_changed_is_run_again(file: Path) -> None:
    assert call(file, "double", number=4) == 8
    file.write_text(
        FUNCTIONS.replace("doubled(number)", "tripled(number)").replace("import doubled", "import tripled")
    )
    (file.parent / "helpers.py").write_text("def tripled(number): return 3 * number\n")
    with refused(UsageError, "tools_file_failed", file, "line 3", "tripled"):
        tools_of(file)  # a module beside it stays what it was when it was first imported
    file.write_text(FUNCTIONS.replace("doubled(number)", "4 * number"))
    assert call(file, "double", number=4) == 16


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "raises": ("import helpers\n\ndef f():\n    raise ValueError('no\\nway')\nf()\n", "line 4"),
    "exits": ("import sys\nsys.exit(3)\n", "line 2"),
    "is no Python": ("\ndef x(:\n", "line 2"),
    "imports what is not there": ("import not_there_at_all\n", "not_there_at_all"),
    "imports what is broken": ("import lame\n", "lame.py, line 2"),
    "is no text": (b"\xff\xfe\x00", ""),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_fails_is_one_line_with_the_place(file: Path, case: str) -> None:
    content, place = BROKEN[case]
    (file.parent / "lame.py").write_text("\n1/0\n")
    path = file.parent / f"broken_{len(case)}.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with refused(UsageError, "tools_file_failed", path, place):
        python_sources(path)


def test_what_a_file_prints_is_no_result(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("print('loading')\n" + FUNCTIONS)
    python_sources(file)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "loading\n")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (None, None, "file_missing"),
        ("", None, "no_tools"),
        ("x = 1\nclass A: pass\n", None, "no_tools"),
        ("x = 1\n", "x", "not_a_tool"),
        ("x = [print, 1]\n", "x", "not_a_tool"),
        ("x = []\n", "x", "no_tools"),
        ("class A: pass\n", "A", "not_a_tool"),
        ("def look() -> int: return 1\n", "lok", "unknown_name"),
        ("def look() -> int: return 1\nWRITES = 'look'\n", None, "invalid_value"),
        ("def look() -> int: return 1\nWRITES = [1]\n", None, "invalid_value"),
    ],
)
def test_a_file_without_tools_is_refused(tmp_path: Path, content: str | None, name: str | None, code: str) -> None:
    path = tmp_path / "some.py"
    if content is not None:
        path.write_text(content)
    with refused(UsageError, code, path):
        python_sources(path, name)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.py").mkdir()
    with refused(UsageError, "unreadable_file", tmp_path):
        python_sources(tmp_path / "some.py")
