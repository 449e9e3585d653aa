"""A server with one tool whose schema is invalid, and one that is in order."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import serve, text, tool  # noqa: E402

if __name__ == "__main__":
    broken = tool("broken", reads=True)
    broken["inputSchema"] = {"type": "object", "properties": {"when": {"type": "datetime"}}}
    serve([broken, tool("fine", reads=True)], {"fine": lambda _: text("fine")})
