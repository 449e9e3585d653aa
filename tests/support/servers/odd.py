"""A server whose tool ``ask`` is answered in an odd manner, by the ``how`` of its arguments; ``fine`` is in order.

With ``--list`` there are malformed tools in its list, one page each. With ``--gives HOW SIZE`` there is a tool
``give`` without arguments that is answered so.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import reply, text, tool  # noqa: E402

MALFORMED: list[Any] = [
    {"name": "no_schema"},
    {"name": "listed_schema", "inputSchema": [1]},
    {"inputSchema": {"type": "object"}},
    "a text",
    {"name": "odd_hints", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "perhaps"}},
]


def odd_answer(how: str, size: int, number: object) -> str:
    """The line that is written for an answer."""
    big = "x" * size
    answer = text(big)
    numbers = json.dumps(list(range(size // 8))) if how == "numbers" else ""
    rows = text("many", structured={"rows": [{"id": f"i_{n}", "n": n} for n in range(size // 36)]})
    lines = {
        "text": json.dumps({"jsonrpc": "2.0", "id": number, "result": answer}),
        "text, id last": json.dumps({"result": answer, "jsonrpc": "2.0", "id": number}),
        "rows": json.dumps({"jsonrpc": "2.0", "id": number, "result": rows}),
        "numbers": json.dumps({"jsonrpc": "2.0", "id": number, "result": text(numbers)}),
        "torn": json.dumps({"jsonrpc": "2.0", "id": number, "result": answer})[:-9],
        "not JSON": json.dumps({"jsonrpc": "2.0", "id": number, "result": answer})[:-1] + ",}",
        "torn, without its id": '{"result": {"content": [{"ty',
        "a log line": "DEBUG the token is sk-very-secret-17",
        "no result": json.dumps({"jsonrpc": "2.0", "id": number, "result": {"content": 7}}),
        "an error for nobody": json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "lost"}}),
    }
    return lines[how]


def tools() -> list[dict[str, Any]]:
    arguments = {"how": {"type": "string"}, "size": {"type": "integer"}}
    listed = MALFORMED if "--list" in sys.argv else []
    if "--gives" in sys.argv:
        return [tool("give", reads=True, description="Give all."), tool("fine", reads=True)]
    return [*listed, tool("ask", arguments, reads=True), tool("fine", reads=True)]


if __name__ == "__main__":
    sys.stdout.write("Odd server 1.0, listening\n\n")
    for line in sys.stdin:
        message = json.loads(line)
        asked = (message.get("params") or {}).get("arguments") or {}
        if "id" not in message:
            continue
        if (message.get("params") or {}).get("name") == "give":
            answer = odd_answer(sys.argv[-2], int(sys.argv[-1]), message["id"])
        elif "how" in asked:
            answer = odd_answer(asked["how"], asked["size"], message["id"])
        else:
            answer = json.dumps(reply(message, tools(), {"fine": lambda _: text("fine")}, page=1))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
