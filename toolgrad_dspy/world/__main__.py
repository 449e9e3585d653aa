"""``python -m toolgrad_dspy.world``: the town over stdio, or over streamable HTTP on the loopback interface."""

import argparse
import logging
import socket
import sys

from mcp.server.mcpserver import MCPServer

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
    parser.add_argument("--port", type=int, default=8765, help="port for --http, 0: a free one (default: 8765)")
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
    towns = Towns(options.seed, capacity=options.sessions)
    server = build_server(towns)
    try:
        if options.http:
            _serve(server, options.host, options.port)
        else:
            server.run()
    finally:
        towns.clear()


def _serve(server: MCPServer, host: str, port: int) -> None:
    """Serve over streamable HTTP until interrupted; the address is told on standard error, once it is bound."""
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; without, every answer is 40 ms late.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            sys.exit(f"cannot serve at {host}:{port}: {error.strerror}; choose another with --port")
        listener.listen(128)
        sys.stderr.write(f"serving at http://{host}:{listener.getsockname()[1]}/mcp\n")
        sys.stderr.flush()
        app = server.streamable_http_app(host=host)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
