"""A server that lists its 25 tools on pages of 10; with an argument, the list never ends."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import serve, text, tool  # noqa: E402

if __name__ == "__main__":
    count = 100_000 if len(sys.argv) > 1 else 25
    names = [f"tool_{number}" for number in range(count)]
    serve([tool(name, reads=True) for name in names], {names[-1]: lambda _: text("the last")}, page=10)
