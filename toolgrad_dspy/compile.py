"""``python -m toolgrad_dspy.compile``: the same as ``toolgrad-dspy compile``."""

import sys

from toolgrad_dspy.__main__ import main
from toolgrad_dspy.command_module import callable_as

callable_as(__name__, "toolgrad_dspy.compiling")

if __name__ == "__main__":
    main(["compile", *sys.argv[1:]])
