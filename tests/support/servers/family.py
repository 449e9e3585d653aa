"""A server with two children that do not end by themselves, nor when asked to: one has left its process group."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import serve, text, tool  # noqa: E402

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def child(leaves: bool) -> int:
    command = [sys.executable, "-c", STUBBORN]
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=leaves)
    assert started.stdout is not None
    started.stdout.readline()
    return started.pid


def family(_: dict[str, Any]) -> dict[str, Any]:
    """Who there is, and what of the environment differs from run to run."""
    return text(structured={"server": os.getpid(), **CHILDREN, "owner": os.environ.get("TOOLGRAD_OWNER")})


def end(arguments: dict[str, Any]) -> dict[str, Any]:
    os._exit(arguments["code"])


if __name__ == "__main__":
    CHILDREN = {"child": child(leaves=False), "left": child(leaves=True)}
    serve(
        [tool("family", reads=True), tool("end", {"code": {"type": "integer"}}, reads=True)],
        {"family": family, "end": end},
    )
