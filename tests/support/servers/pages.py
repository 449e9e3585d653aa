"""A server that lists its 25 tools on pages of 10; one argument makes the list never end."""

import sys

from jsonrpc import serve, text, tool

if __name__ == "__main__":
    count = 100_000 if len(sys.argv) > 1 else 25
    names = [f"tool_{number}" for number in range(count)]
    serve([tool(name, reads=True) for name in names], {names[-1]: lambda _: text("the last")}, page=10)
