"""``python -m toolgrad_dspy.world``: the town over stdio, or over streamable HTTP on the loopback interface."""

import argparse
import logging

from toolgrad_dspy.world.server import build_server
from toolgrad_dspy.world.sessions import Towns, template


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m toolgrad_dspy.world",
        description="Serve Alderbrook, a small town, as an MCP server over stdio. Over stdio a process is a session.",
    )
    parser.add_argument("--seed", type=int, default=0, help="which town (default: %(default)s)")
    parser.add_argument(
        "--http",
        action="store_true",
        help="streamable HTTP at /mcp instead of stdio; a client names its session with the header "
        "X-Toolgrad-Session or the _meta key toolgrad/session, else it shares one copy (with the initialize "
        "handshake each connection has its own)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address for --http (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port for --http (default: %(default)s)")
    parser.add_argument(
        "--sessions",
        type=int,
        default=256,
        help="most session copies to keep; the least recently used go first (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.sessions < 1:
        parser.error("--sessions has to be at least 1")

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")  # to stderr
    template(options.seed)
    server = build_server(Towns(options.seed, capacity=options.sessions))
    if options.http:
        server.run(transport="streamable-http", host=options.host, port=options.port)
    else:
        server.run()


if __name__ == "__main__":
    main()
