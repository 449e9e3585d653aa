"""toolgrad-dspy: answer-first generation of tool-use training data, as a DSPy program.

Valid call chains are built first, against real tools; the query and the response are written for them
afterwards (ToolGrad, arXiv 2508.04086). See ``docs/`` for the user guide.
"""

import os
from importlib.metadata import PackageNotFoundError, version

# dspy and litellm fetch a price list over the network at import, and litellm a list of headers at the first call of
# an Anthropic model, unless told to use the ones they ship.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")

try:
    __version__ = version("toolgrad-dspy")
except PackageNotFoundError:  # a source tree on the path that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
