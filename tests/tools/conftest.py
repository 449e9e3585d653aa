"""Servers and folders for the tests of tool sources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mcp_helpers import WebServer


@pytest.fixture
def own_web_server() -> Iterator[WebServer]:
    """An HTTP server of the test's own, not yet started."""
    server = WebServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def web_url() -> Iterator[str]:
    """The URL of a running HTTP server."""
    server = WebServer()
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def sse_url() -> Iterator[str]:
    """The URL of a running server on the older HTTP+SSE transport."""
    server = WebServer("sse")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files in it, to be used as a workspace."""
    folder = tmp_path / "original"
    (folder / "docs").mkdir(parents=True)
    (folder / "a.txt").write_text("alpha\n", encoding="utf-8")
    (folder / "docs" / "b.md").write_text("# beta\n", encoding="utf-8")
    return folder
