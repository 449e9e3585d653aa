"""``toolgrad_dspy.tools`` is imported by every command, so what is heavy has to wait."""

import subprocess
import sys

HEAVY = ("mcp", "jsonschema_rs", "docstring_parser", "httpx", "dspy")


def test_importing_the_tools_imports_nothing_heavy() -> None:
    modules = "toolgrad_dspy.tools, toolgrad_dspy.tools.mcp.config, toolgrad_dspy.tools.conformance"
    code = f"import sys, {modules}; sys.stdout.write(' '.join(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
