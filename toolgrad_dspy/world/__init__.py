"""The bundled tool server: Alderbrook, a small town on SQLite behind a real MCP server.

Run it with ``python -m toolgrad_dspy.world``, or use it in this process as :class:`WorldSource`. Every session
works on a copy of its own, and nothing reads the real clock, so that the same calls always give the same results.
"""

from toolgrad_dspy.world.clock import NOW
from toolgrad_dspy.world.server import SESSION_HEADER, SESSION_META, build_server
from toolgrad_dspy.world.sessions import Towns
from toolgrad_dspy.world.source import WorldSource

__all__ = ["NOW", "SESSION_HEADER", "SESSION_META", "Towns", "WorldSource", "build_server"]
