"""Published MCP servers, installed once into the user's cache, outside of the repository."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NPM_SERVERS = ("@modelcontextprotocol/server-filesystem", "@modelcontextprotocol/server-memory")
PYPI_SERVERS = ("mcp-server-time", "mcp-server-git")


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "toolgrad-dspy-tests")


@contextmanager
def _alone() -> Iterator[None]:
    """Only one of the processes that run tests installs at a time; the others find it done."""
    _cache().mkdir(parents=True, exist_ok=True)
    with (_cache() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        pytest.skip(f"{command[0]} could not install the servers: {said[-1] if said else error}")


@pytest.fixture(scope="session")
def npm_bin() -> Path:
    """The folder with the commands of :data:`NPM_SERVERS`."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are needed for these servers")
    folder = _cache() / "npm"
    with _alone():
        if not all((folder / "node_modules" / name).is_dir() for name in NPM_SERVERS):
            folder.mkdir(parents=True, exist_ok=True)
            _install(npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", *NPM_SERVERS)
    return folder / "node_modules" / ".bin"


@pytest.fixture(scope="session")
def python_bin() -> Path:
    """The folder with the commands of :data:`PYPI_SERVERS`, in an environment of their own."""
    folder = _cache() / f"venv-{sys.version_info.major}.{sys.version_info.minor}"
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    with _alone():
        if not all((binaries / name).exists() for name in PYPI_SERVERS):
            _install(sys.executable, "-m", "venv", str(folder))
            _install(str(binaries / "python"), "-m", "pip", "install", "--quiet", *PYPI_SERVERS)
    return binaries
