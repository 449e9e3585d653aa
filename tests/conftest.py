"""What all tests share."""

import os
from pathlib import Path

import pytest


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """The suite runs in as many processes as there are cores, a file or a single test in one: it starts at once, and
    a debugger works. None leaves the number to pytest-xdist.
    """
    named = [argument.partition("::")[0] for argument in config.invocation_params.args]
    if not any(Path(config.invocation_params.dir, name).is_file() for name in named if not name.startswith("-")):
        return None
    config.option.dist = "no"
    return 0


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No setting of the developer's reaches a test: neither variables, nor a ``.env`` in the working directory, nor
    what was remembered of models.
    """
    for name in list(os.environ):
        if name.startswith("TOOLGRAD_") or name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOOLGRAD_WAIT", "0")  # nobody waits in a test
    monkeypatch.setenv("DSPY_CACHEDIR", str(tmp_path_factory.getbasetemp() / "dspy"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)
