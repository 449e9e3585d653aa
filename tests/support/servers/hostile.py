"""A server with a hostile tool and one in order: ``schema NAME`` or ``result NAME`` says what is wrong with it.

The tool ``hostile`` has that schema for its arguments, and ``gives`` has it for its results; or ``hostile`` gives
that result.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.hostile import RESULTS, SCHEMAS  # noqa: E402
from tests.support.servers.jsonrpc import reply, text, tool  # noqa: E402

# Stands for a text that is written as it is.
HERE = "the hostile one"


def main(kind: str, name: str) -> None:
    """Answer requests until standard input ends."""
    raw = (SCHEMAS if kind == "schema" else RESULTS)[name]()
    hostile, gives = tool("hostile", {}, reads=True), tool("gives", {}, reads=True)
    if kind == "schema":
        hostile["inputSchema"] = gives["outputSchema"] = HERE
    fine = tool("fine", {"word": {"type": "string", "examples": ["tea", "milk"]}}, reads=True)
    given = {"answer": "yes", "a": "aaaa", "id": "thing_7"}
    handlers: dict[str, Any] = {
        "fine": lambda arguments: text(f"there is {arguments.get('word')}", structured={"found": "tea", "id": "i_1"}),
        "gives": lambda _: text(json.dumps(given), structured=given),
        "hostile": lambda _: text(json.dumps(given)) if kind == "schema" else HERE,
    }
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            answer = json.dumps(reply(message, [hostile, gives, fine], handlers))
            sys.stdout.write(answer.replace(json.dumps(HERE), raw) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
