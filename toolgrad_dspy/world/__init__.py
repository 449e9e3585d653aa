"""The bundled world: the small town of Alderbrook, kept in SQLite behind a real MCP server.

Run it with ``python -m toolgrad_dspy.world``, or use it in this process as :class:`WorldSource`. Every session
works on its own copy, and nothing reads the real clock, so the same calls always give the same results.
"""

from toolgrad_dspy.world.clock import NOW
from toolgrad_dspy.world.server import SESSION_HEADER, SESSION_META, build_server
from toolgrad_dspy.world.sessions import Worlds
from toolgrad_dspy.world.source import WorldSource

__all__ = ["NOW", "SESSION_HEADER", "SESSION_META", "WorldSource", "Worlds", "build_server"]
