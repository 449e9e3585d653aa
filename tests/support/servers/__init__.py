"""MCP servers for the tests of tool sources. Each but ``jsonrpc`` is started as a script, in a process of its own."""
