"""Servers from a file as MCP clients have it: ``{"mcpServers": {"files": {"command": "npx", "args": [...]}}}``.

A client's file works unchanged (``client_spellings.py``). Beside the clients' keys a server may have ours, from
``isolation`` to ``category`` (:class:`ServerSettings`). ``${NAME}`` and ``${NAME:-default}`` are taken from the
environment, and ``${workspaceFolder}`` and ``${userHome}`` are what editors put there; ``${WORKSPACE}``, ``${SEED}``
and ``${SESSION}`` (a name that no other session has) are the session's. Beside the servers the file may have
``maxServers``: how many processes of them run at once. Relative paths start at the file's folder, in
which a server without ``cwd`` also runs.
"""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from toolgrad_dspy.env_file import read_env
from toolgrad_dspy.errors import Mistakes, UsageError
from toolgrad_dspy.secrets import expand, masked_entry, names_secret, variables
from toolgrad_dspy.tools.base import Isolation
from toolgrad_dspy.tools.mcp.client_spellings import client_variables
from toolgrad_dspy.tools.mcp.config_file import ServersFile, parse_entry, read_servers, servers_in
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import HttpTarget, StdioTarget, Target, check_url
from toolgrad_dspy.tools.result_size import RESULT_BYTES


class ServerSettings(BaseModel):
    """One server of a file. Times are in seconds. ``env_file`` has further variables of ``env``, which go first."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    command: str | None = None
    args: tuple[str, ...] = Field(default=(), repr=False)
    env: dict[str, str] = Field(default={}, repr=False)
    env_file: str | None = None
    cwd: str | None = None
    url: str | None = Field(default=None, repr=False)
    headers: dict[str, str] = Field(default={}, repr=False)
    type: Literal["stdio", "local", "http", "streamable-http", "streamableHttp", "streamable_http", "sse"] | None = (
        None
    )
    disabled: bool = False

    isolation: Isolation | None = None
    workspace: str | None = None
    max_parallel: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=60.0, gt=0, le=86_400)
    start_timeout: float = Field(default=60.0, gt=0, le=3_600)
    max_result_bytes: int = Field(default=RESULT_BYTES, ge=1_000, le=1_000_000_000)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    allow_writes: bool | None = None
    public: tuple[str, ...] = ()
    prefix: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$", max_length=32)
    category: str | None = None

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text in which variables are replaced, after the place where it stands."""
        for key in ("command", "url", "cwd", "workspace"):
            text = getattr(self, key)
            if text is not None:
                yield key, text
        yield from ((f"args[{position}]", arg) for position, arg in enumerate(self.args))
        for key in ("env", "headers"):
            yield from ((f"{key}.{name}", value) for name, value in getattr(self, key).items())

    def filled(self, texts: Mapping[str, str]) -> Self:
        """The settings with those ``texts``, by place."""
        update: dict[str, Any] = {place: text for place, text in texts.items() if place in type(self).model_fields}
        update["args"] = tuple(texts[f"args[{position}]"] for position in range(len(self.args)))
        for key in ("env", "headers"):
            update[key] = {name: texts[f"{key}.{name}"] for name in getattr(self, key)}
        return self.model_copy(update=update)

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
        if self.type is not None and (self.type in ("stdio", "local")) != bool(self.command):
            raise ValueError(f'has "type" {self.type!r}, which goes with "{"url" if self.command else "command"}"')
        return self


class McpConfig:
    """The servers of one file, in its order, without those that are disabled.

    ``max_servers`` of them may run at once, those of other files included; None if the file does not say.
    """

    def __init__(
        self,
        path: Path,
        servers: Mapping[str, ServerSettings],
        environ: Mapping[str, str],
        max_servers: int | None = None,
    ) -> None:
        self.path = path
        self.max_servers = max_servers
        self.servers = dict(servers)
        # No more of the environment than the file refers to: a configuration is sent to other processes with a run.
        names = variables(text for settings in servers.values() for _, text in settings.texts())
        self._environ = {name: environ[name] for name in names if name in environ}

    def __repr__(self) -> str:
        return f"McpConfig({str(self.path)!r}, servers={list(self.servers)})"

    def sources(self) -> list[McpSource]:
        """A source per server. Raises UsageError with all that is wrong: variables, addresses, folders."""
        mistakes = Mistakes(str(self.path))
        sources = self.made(mistakes)
        mistakes.check()
        return sources

    def made(self, mistakes: Mistakes) -> list[McpSource]:
        """The sources that can be made; what is wrong with the others is put to ``mistakes``."""
        made = [mistakes.attempt(partial(self._source, name), None) for name in self.servers]
        return [source for source in made if source is not None]

    def targets(self) -> dict[str, Target]:
        """What each server is, with variables and paths resolved. Raises UsageError for the first that is wrong."""
        return {name: self._target(name, self._filled(name)) for name in self.servers}

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

    def _source(self, name: str) -> McpSource:
        settings = self._filled(name)
        workspace = None if settings.workspace is None else self._resolved(settings.workspace)
        if workspace is not None and not workspace.is_dir():
            raise UsageError(
                f'server {name!r}: the folder {str(workspace)!r} does not exist; correct "workspace" or create it',
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
            max_result_bytes=settings.max_result_bytes,
        )

    def _filled(self, name: str) -> ServerSettings:
        """The settings of a server with its variables, and those of its file, filled in."""
        settings = self.servers[name]
        mistakes = Mistakes(f"server {name!r}")
        texts = {
            place: mistakes.attempt(partial(expand, text, self._environ, place), text)
            for place, text in settings.texts()
        }
        mistakes.check()
        return settings.filled(texts)

    def _target(self, name: str, settings: ServerSettings) -> Target:
        if settings.url:
            check_url(settings.url, f"server {name!r}")
            sse, hidden = settings.type == "sse", self._hidden(name)
            return HttpTarget(settings.url, settings.headers, sse, hidden, settings.public)
        command = settings.command or ""
        if "/" in command:  # a path; anything else is looked up in PATH
            command = str(self._resolved(command))
        cwd = settings.cwd or "."
        return StdioTarget(
            command,
            settings.args,
            settings.env,
            cwd if "${" in cwd else str(self._resolved(cwd)),  # the session's folder has no path yet
            hidden=self._hidden(name),
            public=settings.public,
        )

    def _hidden(self, name: str) -> tuple[str, ...]:
        """The values of variables that are named like secrets, wherever they were filled in."""
        used = variables(text for _, text in self.servers[name].texts())
        return tuple(self._environ[used] for used in sorted(filter(names_secret, used)) if used in self._environ)

    def _resolved(self, path: str) -> Path:
        # Not resolved further: a symbolic link may be what makes a command work (a Python of a virtual environment).
        return Path(os.path.abspath(self.path.parent / Path(path).expanduser()))


def load_mcp_config(path: Path, environ: Mapping[str, str] = os.environ) -> McpConfig:
    """The servers that ``path`` configures, checked as far as is possible without starting them.

    Raises UsageError: one line that names the file, and every server and key that is wrong.

    >>> import asyncio, json, sys, tempfile
    >>> from toolgrad_dspy.tools import Library
    >>> town = {"command": sys.executable, "args": ["-m", "toolgrad_dspy.world"]}
    >>> town |= {"isolation": "session", "allow_writes": True}  # what it writes, it keeps in its memory
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
    return _config(path, read_servers(path), environ)


GIVEN = Path("mcpServers")
"""What stands for the file where there is none."""


def mcp_config(document: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> McpConfig:
    """As :func:`load_mcp_config`, of what such a file holds; relative paths start at the working folder.

    >>> len(mcp_config({"mcpServers": {"files": {"command": "npx", "args": ["-y", "some-server"]}}}).servers)
    1
    """
    return _config(GIVEN, servers_in(dict(document), GIVEN), environ)


def _config(path: Path, file: ServersFile, environ: Mapping[str, str]) -> McpConfig:
    mistakes = Mistakes(str(path))
    known = {**client_variables(path.resolve()), **environ}
    servers: dict[str, ServerSettings] = {}
    for name, entry in file.servers.items():
        settings = mistakes.attempt(partial(_settings, path, name, entry, known), None)
        if settings is not None and not settings.disabled:
            servers[name] = settings
    config = McpConfig(path.resolve(), servers, known, file.max_servers)
    config.made(mistakes)  # variables and folders are told here, and not in the middle of a run
    mistakes.check()
    if not servers:
        raise UsageError(f'{path}: no server to use; add one under "mcpServers", or enable one', code="no_servers")
    return config


def _settings(path: Path, name: str, entry: object, environ: Mapping[str, str]) -> ServerSettings:
    """The settings of one server, with the variables of its file of those among its own."""
    settings = parse_entry(name, entry, ServerSettings)
    if settings.env_file is None or settings.disabled:
        return settings
    mistakes = Mistakes(f"server {name!r}: env_file")

    def read(written: str) -> dict[str, str]:
        return read_env(path.parent / Path(expand(written, environ, "the path")).expanduser())

    nothing: dict[str, str] = {}
    own = mistakes.attempt(partial(read, settings.env_file), nothing)
    mistakes.check()
    return settings.model_copy(update={"env": {**own, **settings.env}, "env_file": None})
