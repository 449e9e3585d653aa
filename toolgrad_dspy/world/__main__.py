"""``python -m toolgrad_dspy.world``: the world over stdio, or over streamable HTTP on the loopback interface."""

import argparse
import logging
import socket
import sys

from mcp.server.mcpserver import MCPServer

from toolgrad_dspy.errors import os_reason
from toolgrad_dspy.world.server import build_server
from toolgrad_dspy.world.sessions import Worlds, template


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m toolgrad_dspy.world",
        description="Serve Alderbrook, a small town, as an MCP server over stdio. Over stdio a process is a session.",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the world (default: %(default)s)")
    parser.add_argument(
        "--http",
        action="store_true",
        help="serve streamable HTTP at /mcp instead of stdio; a client names its session with the header "
        "X-Toolgrad-Session or the _meta key toolgrad/session; without a name, all clients share one copy (with the "
        "initialize handshake, each connection has its own)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address for --http (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8765, help="port for --http; 0 picks a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--sessions",
        type=int,
        default=256,
        help="maximum number of session copies; the least recently used are dropped (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.sessions < 1:
        parser.error("--sessions must be at least 1")

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")  # to stderr
    template(options.seed)
    worlds = Worlds(options.seed, capacity=options.sessions)
    server = build_server(worlds)
    try:
        if options.http:
            _serve(server, options.host, options.port)
        else:
            server.run()
    finally:
        worlds.clear()


def _serve(server: MCPServer, host: str, port: int) -> None:
    """Serve over streamable HTTP until interrupted. The address is written to standard error once it is bound."""
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; otherwise every answer is 40 ms late.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            sys.exit(f"cannot serve at {host}:{port}: {os_reason(error)}; choose another with --port")
        listener.listen(128)
        sys.stderr.write(f"serving at http://{host}:{listener.getsockname()[1]}/mcp\n")
        sys.stderr.flush()
        app = server.streamable_http_app(host=host)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
