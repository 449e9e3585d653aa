"""What ``import toolgrad_dspy`` gives: the names of the front door, each imported when it is first used."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import toolgrad_dspy

ROOT = Path(__file__).resolve().parents[1]

PUBLIC = {
    "CompileSpec",
    "FunctionSource",
    "Library",
    "McpSource",
    "Models",
    "Run",
    "RunSpec",
    "ToolGrad",
    "__version__",
    "agenerate",
    "compile",
    "generate",
    "generate_run",
}


def python(code: str) -> str:
    """What ``code`` prints in a fresh process, which ends well."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_these() -> None:
    assert set(toolgrad_dspy.__all__) == PUBLIC
    assert set(dir(toolgrad_dspy)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_public_name_is_there_and_comes_from_a_face(name: str) -> None:
    exported = getattr(toolgrad_dspy, name)
    if name == "__version__":
        assert exported
        return
    home = toolgrad_dspy._HOMES[name]
    assert exported is getattr(import_module(home), name)
    assert name in import_module(home).__all__
    assert inspect.getdoc(exported)


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(toolgrad_dspy, "genrate")  # noqa: B009 - as an attribute it would be of no use to the linter
    assert "genrate" in str(caught.value)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "dspy litellm pydantic_settings mcp jsonschema_rs datasets optuna numpy yaml pydantic typer"
    assert python(f"import sys, toolgrad_dspy; print(set('{heavy}'.split()) & set(sys.modules))") == "set()"


def test_running_sessions_loads_nothing_that_only_tuning_and_sweeps_need() -> None:
    needless = "numpy optuna datasets sqlalchemy"
    code = f"import sys, toolgrad_dspy.runs.as_function; print(set('{needless}'.split()) & set(sys.modules))"
    assert python(code) == "set()"


@pytest.mark.parametrize(
    "imports",
    [
        "import toolgrad_dspy.generate",
        "from toolgrad_dspy import generate; import toolgrad_dspy.generate",
        pytest.param("import toolgrad_dspy.generate, toolgrad_dspy.runs", marks=pytest.mark.slow),
        pytest.param("import toolgrad_dspy.runs, toolgrad_dspy.generate", marks=pytest.mark.slow),
        pytest.param("from toolgrad_dspy import generate", marks=pytest.mark.slow),
    ],
)
def test_the_command_module_does_not_hide_the_function_of_its_name(imports: str) -> None:
    code = (
        f"{imports}\n"
        "import tempfile, toolgrad_dspy\n"
        "from toolgrad_dspy import generate\n"
        "assert callable(generate) and callable(toolgrad_dspy.generate)\n"
        "folder = tempfile.mkdtemp()\n"
        "print(generate(n=1, output=folder, iterations=1, mini_batch=6, progress=False).figures.sessions)\n"
    )
    assert python(code) == "1"


def test_a_command_module_passes_on_what_the_function_raises() -> None:
    import_module("toolgrad_dspy.generate")
    function: Any = toolgrad_dspy.generate
    with pytest.raises(TypeError):
        function(no_such_option=1)
