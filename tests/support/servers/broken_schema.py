"""A server with one tool whose schema is none, and one that is in order."""

from jsonrpc import serve, text, tool

if __name__ == "__main__":
    broken = tool("broken", reads=True)
    broken["inputSchema"] = {"type": "object", "properties": {"when": {"type": "datetime"}}}
    serve([broken, tool("fine", reads=True)], {"fine": lambda _: text("fine")})
