"""toolgrad-dspy: answer-first generation of tool-use training data, as a DSPy program.

Valid call chains are built first, against real tools; the query and the response are written for them
afterwards (ToolGrad, arXiv 2508.04086). See ``docs/`` for the user guide.

    from toolgrad_dspy import generate

    for sample in generate(n=3):
        print(sample.query)

The names below are imported when they are first used, so that importing the package costs nothing.
"""

import logging
import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolgrad_dspy.compiling import CompileSpec, compile
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.program import ToolGrad
    from toolgrad_dspy.runs import Run, RunSpec, agenerate, generate, generate_run
    from toolgrad_dspy.tools import FunctionSource, Library
    from toolgrad_dspy.tools.mcp import McpSource

# dspy and litellm fetch a price list over the network at import, and litellm a list of headers at the first call of
# an Anthropic model, unless told to use the ones they ship.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
# Else litellm, when it is imported, puts the .env of a folder above its own into the environment: that of a folder
# that was downloaded, with a virtual environment in it, could set a proxy.
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")

# Without one Python writes warnings to standard error for programs that have set up no logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())

try:
    __version__ = version("toolgrad-dspy")
except PackageNotFoundError:  # a source tree on the path that was never installed
    __version__ = "0+unknown"

__all__ = [
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
]

_HOMES = {
    "CompileSpec": "toolgrad_dspy.compiling",
    "FunctionSource": "toolgrad_dspy.tools",
    "Library": "toolgrad_dspy.tools",
    "McpSource": "toolgrad_dspy.tools.mcp",
    "Models": "toolgrad_dspy.lm",
    "Run": "toolgrad_dspy.runs",
    "RunSpec": "toolgrad_dspy.runs",
    "ToolGrad": "toolgrad_dspy.program",
    "agenerate": "toolgrad_dspy.runs",
    "compile": "toolgrad_dspy.compiling",
    "generate": "toolgrad_dspy.runs",
    "generate_run": "toolgrad_dspy.runs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    exported = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return exported


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
