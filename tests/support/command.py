"""The real command, as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

RUN = [sys.executable, "-m", "toolgrad_dspy"]


def run(
    folder: Path, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder``, with ``env`` over the environment: it has to end with ``code``, and without a
    traceback.
    """
    done = subprocess.run(
        [*RUN, *arguments], cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done
