"""``python -m toolgrad_dspy.compile``: the same as ``toolgrad-dspy compile``."""

import sys

from toolgrad_dspy.cli import main

if __name__ == "__main__":
    main(["compile", *sys.argv[1:]])
