"""The documents are true: their commands and examples run, and what they show as output is what comes out.

- A ``bash`` block: every command runs, in an empty folder for the whole document.
- A ``python`` block: it runs and prints something; a ``text`` block right after it is its output.
- A ``text`` block after ``<!-- output of: COMMAND -->`` is what that command prints when the others have run,
  in lines of at most :data:`WIDTH` characters. ``python -m tests.test_documents`` writes the blocks anew.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 118

_OUTPUT = re.compile(r"(<!-- output of: (?P<command>.+?) -->\n```text\n)(?P<shown>.*?)(?P<end>```)", re.DOTALL)
_EXAMPLE = re.compile(
    r"(^(?P<indent> *)```python\n(?P<code>.*?)^(?P=indent)```\n)"
    r"(?:(?P<begin>\n```text\n)(?P<shown>.*?)(?P<end>^```$))?",
    re.DOTALL | re.MULTILINE,
)


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(text: str) -> list[str]:
    """The shell commands of the ``bash`` blocks, without those that install or run the tests."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [line for line in lines if not re.search(r"pip install|pytest|ruff|mypy|pre-commit", line)]


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def python(code: str, folder: Path) -> str:
    script = folder / "example.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    assert done.stdout.strip(), "an example shows something"
    return done.stdout


def wrapped(text: str) -> str:
    """Lines of at most :data:`WIDTH` characters; what is longer goes on below, further in."""
    lines = []
    for line in text.strip("\n").splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(line.rstrip(), WIDTH, subsequent_indent=f"{indent}    ", drop_whitespace=True) or [""]
    return "".join(f"{line}\n" for line in lines)


def with_outputs(text: str, folder: Path) -> str:
    """``text`` with every block of output as it comes out now; all commands and examples are run."""
    for command in commands(text):
        shell(command, folder)

    def of_command(block: re.Match[str]) -> str:
        return block[1] + wrapped(shell(block["command"], folder)) + block["end"]

    def of_example(block: re.Match[str]) -> str:
        printed = python(textwrap.dedent(block["code"]), folder)
        return block[1] + (block["begin"] + wrapped(printed) + block["end"] if block["begin"] else "")

    return _EXAMPLE.sub(of_example, _OUTPUT.sub(of_command, text))


@pytest.mark.slow
@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_the_document_runs_and_shows_what_comes_out(document: Path, tmp_path: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert with_outputs(text, tmp_path) == text


def test_the_readme_opens_with_the_two_set_up_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    set_up = re.findall(r"^python -m pip install -e .*$", text, re.MULTILINE)
    assert set_up == [
        "python -m pip install -e . && python -m toolgrad_dspy.compile",
        "python -m pip install -e '.[dev]' && python -m pytest",
    ]
    assert text.index(set_up[0]) < text.index("\n## ")


def test_the_readme_shows_a_sample_on_its_first_screen_and_says_what_wrote_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = _OUTPUT.search(text)
    assert shown is not None
    before = text[: shown.start()]
    assert len(before.splitlines()) < 45
    assert "rehearsal" in before
    assert re.search(r"^query: ", shown["shown"], re.MULTILINE)
    assert re.search(r"^response: ", shown["shown"], re.MULTILINE)


def main(wanted: Callable[[str], bool]) -> None:
    """Write the outputs in the documents anew."""
    for document in documents():
        if wanted(document.name):
            with tempfile.TemporaryDirectory() as folder:
                text = document.read_text(encoding="utf-8")
                document.write_text(with_outputs(text, Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    names = sys.argv[1:]
    main(lambda name: not names or name in names)
