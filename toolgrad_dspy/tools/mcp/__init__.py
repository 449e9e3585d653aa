"""Tools of Model Context Protocol servers: over stdio, HTTP or in process, alone or from a servers file.

Nothing of the MCP SDK is imported before a server is opened.
"""

from toolgrad_dspy.tools.mcp.config import McpConfig, load_mcp_config, mcp_config
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import HttpTarget, InProcessTarget, StdioTarget, Target

__all__ = [
    "HttpTarget",
    "InProcessTarget",
    "McpConfig",
    "McpSource",
    "StdioTarget",
    "Target",
    "load_mcp_config",
    "mcp_config",
]
