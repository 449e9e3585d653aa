"""``toolgrad_dspy.tools`` is imported by every command, so what is heavy has to wait."""

import subprocess
import sys

from toolgrad_dspy import tools
from toolgrad_dspy.tools import wrappers

HEAVY = ("mcp", "jsonschema", "docstring_parser", "httpx", "dspy")


def test_importing_the_tools_imports_nothing_heavy() -> None:
    modules = "toolgrad_dspy.tools, toolgrad_dspy.tools.mcp.config, toolgrad_dspy.tools.conformance"
    code = f"import sys, {modules}; sys.stdout.write(' '.join(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_the_public_names_are_these() -> None:
    assert set(tools.__all__) == {
        "FunctionSource",
        "Isolation",
        "Library",
        "LibrarySession",
        "SourceNote",
        "ToolFilter",
        "ToolSession",
        "ToolSource",
    }
    assert set(wrappers.__all__) == {
        "CallLog",
        "Filtered",
        "LoggedCall",
        "ParallelLimit",
        "Prefixed",
        "Replay",
        "Timeout",
        "WrappedSession",
        "WrappedSource",
        "read_only",
    }
