"""A server that lists its tools on pages: 25 on pages of 10, or as its argument says.

``many``: on 300 pages of one tool each; ``repeating``: a second page whose next one is the second page again;
``endless``: pages of 2,000 tools, always with a next one; ``empty``: the same without tools.
"""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import reply, serve, text, tool  # noqa: E402

# Tools on each page of a list without an end.
SIZES = {"repeating": 1, "endless": 2_000, "empty": 0}


def numbered(start: int, stop: int) -> list[dict[str, Any]]:
    return [tool(f"tool_{number}", reads=True) for number in range(start, stop)]


def without_end(mode: str) -> None:
    """Answer requests until standard input ends; the tool list does not."""
    given = itertools.count()
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        if message["method"] == "tools/list":
            page, size = next(given), SIZES[mode]
            cursor = "the second" if mode == "repeating" else f"page {page + 1}"
            listed = {"tools": numbered(page * size, (page + 1) * size), "nextCursor": cursor}
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": listed}
        else:
            answer = reply(message, [], {})
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode in SIZES:
        without_end(mode)
    count, page = (300, 1) if mode == "many" else (25, 10)
    serve(numbered(0, count), {f"tool_{count - 1}": lambda _: text("the last")}, page=page)
