"""``python -m toolgrad_dspy`` and ``toolgrad-dspy``: the command line."""

from typing import NoReturn

from toolgrad_dspy.interrupts import end_at_once


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line on ``arguments`` (default: the process's own) and exit.

    Before anything is imported that takes time: an interruption then would be a traceback.
    """
    end_at_once()
    from toolgrad_dspy.cli import main as run

    run(arguments)


if __name__ == "__main__":
    main()
