"""``python -m toolgrad_dspy.generate``: the same as ``toolgrad-dspy generate``."""

import sys

from toolgrad_dspy.cli import main

if __name__ == "__main__":
    main(["generate", *sys.argv[1:]])
