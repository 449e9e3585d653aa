"""How MCP clients spell a servers file, turned into the one spelling that :class:`ServerSettings` has.

Their keys as of 2026: Claude Desktop and Code, Cursor, Cline, Roo and Windsurf have ``mcpServers``, Gemini CLI and
Copilot CLI too; VS Code has ``servers``, in its settings under ``mcp``; Zed has ``context_servers``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The keys under which clients have their servers, ours first.
SERVERS = ("mcpServers", "servers", "context_servers")

# Keys of an entry by other clients' names for them.
_NAMES = {
    "serverUrl": "url",  # Windsurf
    "httpUrl": "url",  # Gemini CLI, which has "url" for the older transport
    "transport": "type",
    "transportType": "type",
    "envFile": "env_file",  # VS Code, Cursor
    "includeTools": "allow",  # Gemini CLI
    "tools": "allow",  # Copilot CLI
    "excludeTools": "deny",  # Gemini CLI
    "disabledTools": "deny",  # Windsurf, Roo
    "maxResultBytes": "max_result_bytes",  # as these clients write their keys
}
# What only the client itself can use: what it asks its user, shows, updates or watches.
_CLIENTS_OWN = frozenset(
    {"autoApprove", "alwaysAllow", "trust", "description", "name", "source", "settings", "gallery", "version", "dev"}
    | {"watchPaths", "iconPath", "icon", "metadata", "note", "notes", "_comment", "$schema"}
)


def servers_of(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entries of a servers file by name, unchecked; None if it has none. Its other keys are for its client."""
    inner = document.get("mcp")
    for place in (document, inner if isinstance(inner, dict) else {}):
        for key in SERVERS:
            if isinstance(place.get(key), dict):
                found: dict[str, Any] = place[key]
                return found
    return None


def max_servers_of(document: Mapping[str, Any]) -> Any:
    """What a servers file says of how many servers may run at once, unchecked; None if it says nothing."""
    return document.get("maxServers", document.get("max_servers"))


def as_ours(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One entry with our names for its keys, without those that only its client can use.

    >>> as_ours({"type": "http", "httpUrl": "http://localhost/mcp", "enabled": False, "autoApprove": ["look"]})
    {'type': 'http', 'url': 'http://localhost/mcp', 'disabled': True}
    """
    ours: dict[str, Any] = {}
    for key, value in entry.items():
        name = _NAMES.get(key, key)
        if key in _CLIENTS_OWN:
            continue
        if key == "command" and isinstance(
            value, dict
        ):  # Zed, until 2025: {"path": ..., "args": [...], "env": {...}}
            ours |= {"command" if inner == "path" else inner: setting for inner, setting in value.items()}
        elif key == "enabled" and isinstance(value, bool):
            ours.setdefault("disabled", not value)
        elif name == key or name not in entry:  # where both are there, the second is told as unknown
            ours[name] = value
        else:
            ours[key] = value
    return ours


def client_variables(file: Path) -> dict[str, str]:
    """What clients put in place of ``${workspaceFolder}`` and its like in a servers file.

    The workspace of a file in ``.vscode`` or ``.cursor`` is the folder around that.
    """
    folder = file.parent.parent if file.parent.name.startswith(".") else file.parent
    return {
        "workspaceFolder": str(folder),
        "workspaceFolderBasename": folder.name,
        "userHome": os.path.expanduser("~"),
        "pathSeparator": os.sep,
    }
