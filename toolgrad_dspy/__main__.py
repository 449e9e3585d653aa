"""``python -m toolgrad_dspy``: the command line."""

from toolgrad_dspy.cli import main

if __name__ == "__main__":
    main()
