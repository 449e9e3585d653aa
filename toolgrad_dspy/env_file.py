"""Reading files of environment variables (``.env``), a line ``NAME=value`` each, as python-dotenv takes them."""

import io
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from toolgrad_dspy.errors import UsageError, os_reason
from toolgrad_dspy.files import read_input


def read_env(path: Path) -> dict[str, str]:
    """The variables that ``path`` sets; ``${NAME}`` in a value is taken from the file or the environment.

    Raises UsageError: ``file_missing``, ``unreadable_file``, or ``not_assignment`` for lines that python-dotenv would
    skip. They are told by their numbers, since a secret may stand in them.
    """
    try:
        text = read_input(path)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", code="file_missing") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {os_reason(error)}", code="unreadable_file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} cannot be read: it is not text in UTF-8", code="unreadable_file") from None
    wrong = [str(line.original.line) for line in parse_stream(io.StringIO(text)) if line.error]
    if wrong:
        where = f"line {wrong[0]} is" if len(wrong) == 1 else f"lines {', '.join(wrong)} are"
        raise UsageError(f"{path}: {where} not of the form NAME=value", code="not_assignment")
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None}
