"""Servers from a file as MCP clients have it: ``{"mcpServers": {"files": {"command": "npx", "args": [...]}}}``.

A client's file works unchanged. Beside the clients' keys a server may have ours, from ``isolation`` to ``category``
(:class:`ServerSettings`). ``${NAME}`` and ``${NAME:-default}`` in ``args``, ``env``, ``headers`` and ``url`` are
taken from the environment; ``${WORKSPACE}``, ``${SEED}`` and ``${SESSION}`` (a name that no other session has) are
the session's. Relative paths start at the file's folder, in which a server without ``cwd`` also runs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.secrets import expand, masked_entry, names_secret, variables
from toolgrad_dspy.tools.base import Isolation
from toolgrad_dspy.tools.mcp.config_file import parse_entry, read_servers
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import HttpTarget, StdioTarget, Target, check_url


class ServerSettings(BaseModel):
    """One entry of ``mcpServers``. Times are in seconds. The last four keys are accepted and have no effect: they
    are for the user interface of a client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    command: str | None = None
    args: tuple[str, ...] = Field(default=(), repr=False)
    env: dict[str, str] = Field(default={}, repr=False)
    cwd: str | None = None
    url: str | None = Field(default=None, repr=False, validation_alias=AliasChoices("url", "serverUrl"))
    headers: dict[str, str] = Field(default={}, repr=False)
    type: Literal["stdio", "http", "streamable-http", "streamableHttp", "streamable_http", "sse"] | None = Field(
        default=None, validation_alias=AliasChoices("type", "transport", "transportType")
    )
    disabled: bool = False

    isolation: Isolation | None = None
    workspace: str | None = None
    max_parallel: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=60.0, gt=0, le=86_400)
    start_timeout: float = Field(default=60.0, gt=0, le=3_600)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    allow_writes: bool | None = None
    public: tuple[str, ...] = ()
    prefix: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$", max_length=32)
    category: str | None = None

    auto_approve: Any = Field(default=None, validation_alias="autoApprove", exclude=True, repr=False)
    always_allow: Any = Field(default=None, validation_alias="alwaysAllow", exclude=True, repr=False)
    trust: Any = Field(default=None, exclude=True, repr=False)
    description: Any = Field(default=None, exclude=True, repr=False)

    def texts(self) -> tuple[str, ...]:
        """Every text in which variables are replaced."""
        return (*self.args, *self.env.values(), *self.headers.values(), self.url or "")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.command and self.url:
            raise ValueError('has both "command" and "url"; keep one')
        if not self.command and not self.url:
            raise ValueError('has neither "command" nor "url"; set one')
        if self.url and self.workspace is not None:
            raise ValueError(
                '"workspace" needs a server with "command": a copy of a folder cannot be given to a "url"'
            )
        return self


class McpConfig:
    """The servers of one file, in its order, without those that are disabled."""

    def __init__(self, path: Path, servers: Mapping[str, ServerSettings], environ: Mapping[str, str]) -> None:
        self.path = path
        self.servers = dict(servers)
        # No more of the environment than the file refers to: a configuration is sent to other processes with a run.
        texts = (text for settings in servers.values() for text in settings.texts())
        self._environ = {name: environ[name] for name in variables(texts) if name in environ}

    def __repr__(self) -> str:
        return f"McpConfig({str(self.path)!r}, servers={list(self.servers)})"

    def sources(self) -> list[McpSource]:
        """A source per server. Raises UsageError for a variable that is not set and a folder that does not exist."""
        return [self._source(name, settings) for name, settings in self.servers.items()]

    def targets(self) -> dict[str, Target]:
        """What each server is, with variables and paths resolved. Raises UsageError."""
        return {name: self._target(name, settings) for name, settings in self.servers.items()}

    def public(self) -> dict[str, Any]:
        """The configuration as it may be shown and stored: with paths resolved, and ``***`` for everything that is
        not surely no secret (:func:`~toolgrad_dspy.secrets.masked_entry`). ``${TOKEN}`` is none, and stays.
        """
        return {"mcpServers": {name: self._public(settings) for name, settings in self.servers.items()}}

    def _public(self, settings: ServerSettings) -> dict[str, Any]:
        shown = masked_entry(settings.model_dump(mode="json", exclude_defaults=True))
        if settings.workspace is not None:
            shown["workspace"] = str(self._resolved(settings.workspace))
        return shown

    def _source(self, name: str, settings: ServerSettings) -> McpSource:
        where = self._where(name)
        workspace = None if settings.workspace is None else self._resolved(settings.workspace)
        if workspace is not None and not workspace.is_dir():
            raise UsageError(
                f'{where}: the folder {str(workspace)!r} does not exist; correct "workspace" or create it',
                code="workspace_missing",
            )
        return McpSource(
            name,
            self._target(name, settings),
            isolation=settings.isolation,
            workspace=workspace,
            allow=settings.allow,
            deny=settings.deny,
            allow_writes=settings.allow_writes,
            prefix=settings.prefix,
            category=settings.category,
            max_parallel=settings.max_parallel,
            timeout=settings.timeout,
            start_timeout=settings.start_timeout,
        )

    def _target(self, name: str, settings: ServerSettings) -> Target:
        where = self._where(name)

        def filled(values: Mapping[str, str], key: str) -> dict[str, str]:
            return {name: expand(value, self._environ, f"{where}: {key}.{name}") for name, value in values.items()}

        if settings.url:
            url = expand(settings.url, self._environ, f"{where}: url")
            check_url(url, where)
            headers = filled(settings.headers, "headers")
            return HttpTarget(url, headers, settings.type == "sse", self._hidden(settings), settings.public)
        command = settings.command or ""
        if "/" in command:  # a path; anything else is looked up in PATH
            command = str(self._resolved(command))
        args = tuple(expand(arg, self._environ, f"{where}: args[{i}]") for i, arg in enumerate(settings.args))
        cwd = settings.cwd or "."
        return StdioTarget(
            command,
            args,
            filled(settings.env, "env"),
            cwd if "${" in cwd else str(self._resolved(cwd)),  # the session's folder has no path yet
            hidden=self._hidden(settings),
            public=settings.public,
        )

    def _hidden(self, settings: ServerSettings) -> tuple[str, ...]:
        """The values of variables that are named like secrets, wherever they were filled in."""
        names = sorted(filter(names_secret, variables(settings.texts())))
        return tuple(self._environ[name] for name in names if name in self._environ)

    def _where(self, name: str) -> str:
        return f"{self.path}: server {name!r}"

    def _resolved(self, path: str) -> Path:
        # Not resolved further: a symbolic link may be what makes a command work (a Python of a virtual environment).
        return Path(os.path.abspath(self.path.parent / Path(path).expanduser()))


def load_mcp_config(path: Path, environ: Mapping[str, str] = os.environ) -> McpConfig:
    """The servers that ``path`` configures, checked as far as is possible without starting them.

    Raises UsageError: one line that names the file, the server and the key.

    >>> import asyncio, json, sys, tempfile
    >>> from toolgrad_dspy.tools import Library
    >>> town = {"command": sys.executable, "args": ["-m", "toolgrad_dspy.world"], "isolation": "session"}
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "servers.json")
    >>> _ = path.write_text(json.dumps({"mcpServers": {"town": town}}))
    >>> async def main() -> None:
    ...     async with Library(load_mcp_config(path).sources()) as library:
    ...         print(len(library.tools), library.isolation)
    >>> asyncio.run(main())
    48 session
    >>> folder.cleanup()
    """
    servers: dict[str, ServerSettings] = {}
    for name, entry in read_servers(path).items():
        settings = parse_entry(path, name, entry, ServerSettings)
        if not settings.disabled:
            servers[name] = settings
    if not servers:
        raise UsageError(f'{path}: no server to use; add one under "mcpServers", or enable one', code="no_servers")
    config = McpConfig(path.resolve(), servers, environ)
    config.sources()  # raises for variables and folders, here and not in the middle of a run
    return config
