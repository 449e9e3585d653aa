"""``python -m toolgrad_dspy.generate``: the same as ``toolgrad-dspy generate``."""

import sys

from toolgrad_dspy.__main__ import main
from toolgrad_dspy.command_module import callable_as

callable_as(__name__, "toolgrad_dspy.runs")

if __name__ == "__main__":
    main(["generate", *sys.argv[1:]])
