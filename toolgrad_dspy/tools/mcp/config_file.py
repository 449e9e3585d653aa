"""Reading a servers file, and saying what is wrong with it; no value appears in that, since it may be secret."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from toolgrad_dspy.errors import Mistakes, UsageError, nearest, problems
from toolgrad_dspy.json_file import read_json
from toolgrad_dspy.tools.mcp.client_spellings import SERVERS, as_ours, max_servers_of, servers_of

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ServersFile:
    """The entries of a servers file by name, unchecked, and how many servers may run at once, if it says so."""

    servers: dict[str, Any]
    max_servers: int | None


def read_servers(path: Path) -> ServersFile:
    """What is in a servers file. Raises UsageError: the codes of :func:`servers_in`, and of
    :func:`~toolgrad_dspy.json_file.read_json`.
    """
    return servers_in(read_json(path), path)


def servers_in(document: object, path: Path) -> ServersFile:
    """What is in the ``document`` of a servers file, which is called ``path``.

    Raises UsageError: ``unknown_key`` for what is nearly ``mcpServers``, ``not_a_servers_file``, ``invalid_value``
    for a number of servers that is none.
    """
    if isinstance(document, dict):
        servers = servers_of(document)
        if servers is not None:
            return ServersFile(servers, _max_servers(path, document))
        if not document.keys() & set(SERVERS):
            # A document without anything like it is not such a file at all.
            near = nearest("mcpServers", document, cutoff=0.5)
            if near:
                raise UsageError(f'{path}: unknown key {near!r}; did you mean "mcpServers"?', code="unknown_key")
    raise UsageError(
        f'{path}: must be of the form {{"mcpServers": {{"<name>": {{"command": ..., "args": [...]}}}}}}',
        code="not_a_servers_file",
    )


def _max_servers(path: Path, document: dict[str, Any]) -> int | None:
    given = max_servers_of(document)
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 1):
        return given
    raise UsageError(f'{path}: "maxServers" must be a number, 1 or more', code="invalid_value")


def parse_entry(name: str, entry: object, model: type[ModelT]) -> ModelT:
    """``entry`` as a ``model``. Raises UsageError (``invalid_server``, ``unknown_key``) with all that is wrong."""
    where = f"server {name!r}"
    if not isinstance(entry, dict):
        raise UsageError(f'{where}: must be an object with "command" or "url"', code="invalid_server")
    try:
        return model.model_validate(as_ours(entry))
    except ValidationError as error:
        found = problems(error)
        unknown = {str(one["loc"][0]) for one in error.errors(include_url=False) if one["type"] == "extra_forbidden"}
    # Raised after the `except`: pydantic's error holds the values, which may be secret, and would be its context.
    mistakes = Mistakes(where)
    for key, message in found:
        if key in unknown:
            near = nearest(key, sorted(model.model_fields))
            meant = f"did you mean {json.dumps(near)}?" if near else "remove it"
            mistakes.add(f"unknown key {json.dumps(key)}; {meant}", "unknown_key")
        else:
            # Without a key it is about the entry as a whole: "command" and "url" together, for example.
            mistakes.add(f"{json.dumps(key)}: {message}" if key else message, "invalid_server")
    raise mistakes.as_one()
