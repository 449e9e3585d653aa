"""The rules of the house, as docs/architecture.md states them."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "toolgrad_dspy"


def levels() -> list[list[str]]:
    """The rooms from the bottom up, line by line of the table in docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text[text.index("| rooms |") :].split("\n\n")[0].splitlines()[2:]
    return [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table]


# A module may import from its own level and from those before it.
LEVELS = levels()
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The top-level part of the package that a module belongs to: a folder's name or the module's own."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> Iterator[str]:
    """The parts that a module imports, at its top, in functions and for type checking."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "toolgrad_dspy":
                names = [f"toolgrad_dspy.{alias.name}" for alias in node.names]
        for name in names:
            head, _, rest = name.partition(".")
            if head == "toolgrad_dspy" and rest and rest != "__version__":
                yield rest.split(".")[0]


def test_imports_point_down() -> None:
    wrong = []
    for path in modules():
        part = part_of(path)
        if part == "__init__":
            continue
        wrong += [
            f"{path.relative_to(ROOT)} imports {other}"
            for other in imported_parts(path)
            if other != part and LEVEL[other] > LEVEL[part]
        ]
    assert not wrong


def test_parts_of_one_level_do_not_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for path in modules():
        part = part_of(path)
        edges.setdefault(part, set()).update(other for other in imported_parts(path) if other != part)

    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        return any(
            other == goal or (other not in seen and reaches(other, goal, seen | {other}))
            for other in edges.get(start, ())
        )

    assert [part for part in edges if reaches(part, part, set())] == []


def test_every_room_stands_in_the_table_and_the_table_names_no_other() -> None:
    assert {part_of(path) for path in modules()} - {"__init__"} == set(LEVEL)


def faces() -> list[Path]:
    return [path for path in modules() if path.name == "__init__.py" and path.parent != PACKAGE]


@pytest.mark.parametrize("face", faces(), ids=lambda path: path.parent.relative_to(PACKAGE).as_posix())
def test_a_folders_face_has_its_public_names_and_nothing_else(face: Path) -> None:
    """A docstring, the imports, and ``__all__`` with exactly what they bring: a name is public by standing there."""
    docstring, *statements = ast.parse(face.read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr), "a folder says what it is for"
    imported = [
        alias.asname or alias.name for node in statements if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    others = [node for node in statements if not isinstance(node, ast.ImportFrom)]
    assert len(others) == 1, "no logic"
    package = importlib.import_module(".".join(face.parent.relative_to(ROOT).parts))
    assert sorted(package.__all__) == sorted(imported)
    assert len(set(imported)) == len(imported)


def test_no_module_is_longer_than_600_lines() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > 600} == {}


def test_functions_fit_on_a_screen() -> None:
    """60 lines; a command's function is mostly its options."""
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and part_of(path) != "cli":
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 60:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}")
    assert not long


def test_nothing_is_evaluated_or_unpickled() -> None:
    forbidden = {"eval", "exec", "pickle", "cloudpickle", "marshal"}
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.func.id}")
            if isinstance(node, ast.Import) and forbidden & {alias.name for alias in node.names}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} import")
    assert not found


@pytest.mark.parametrize("name", ["signatures", "optimizers"])
def test_the_folders_people_tune_stand_at_the_top_level_too(name: str) -> None:
    link = ROOT / name
    if not link.exists():
        pytest.skip("not a source checkout: the links are not part of a distribution")
    assert link.is_symlink()
    assert link.resolve() == PACKAGE / name


def test_the_help_is_there_without_loading_what_is_heavy() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from toolgrad_dspy.cli.app import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'dspy', 'litellm', 'datasets', 'optuna', 'mcp', 'jsonschema_rs', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.slow
def test_the_wheel_built_from_the_source_distribution_has_every_module(tmp_path: Path) -> None:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("not a source checkout")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)], check=True, capture_output=True
    )
    wheel = next(tmp_path.glob("*.whl"))
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], check=True, capture_output=True, text=True
    ).stdout
    missing = [
        path.relative_to(ROOT).as_posix() for path in modules() if path.relative_to(ROOT).as_posix() not in listed
    ]
    assert missing == []
    assert "toolgrad_dspy/py.typed" in listed
    assert "tests/" not in listed
