"""A model server in its own process, to measure a client's CPU time without that of the server."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SCRIPT = Path(__file__).with_name("serve.py")


class ServerProcess:
    """``serve.py`` with the given options, from ``start()`` (or ``with``) to ``stop()``.

    For example:

        with ServerProcess("--format", "openai", "--latency", "0.2", "--canned") as server:
            ... server.url, server.stats()
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.model = self.url = self.litellm_url = self._stats = ""

    def start(self) -> Self:
        command = [sys.executable, str(SCRIPT), "--attached", *self._options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the model server did not start: {' '.join(self._options)}")
        said = json.loads(line)
        self.model, self.url, self.litellm_url = said["model"], said["url"], said["litellm_url"]
        self._stats = said["stats"]
        return self

    def stats(self) -> dict[str, Any]:
        """The server's counts, as :meth:`Stats.as_dict` has them."""
        with urllib.request.urlopen(self._stats, timeout=10) as answer:
            counts: dict[str, Any] = json.load(answer)
        return counts

    def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
