"""Reading a configuration file, and saying in one line what is wrong with it."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, nearest, os_reason

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_servers(path: Path) -> dict[str, Any]:
    """The entries under ``mcpServers``, unchecked. Other keys of the file belong to its client."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist", code="file_missing") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {os_reason(error)}", code="unreadable_file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} cannot be read: it is not UTF-8 text", code="unreadable_file") from error
    try:
        document = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{path}, {where}: not JSON: {error.msg}", code="not_json") from error
    except _RepeatedKeyError as error:
        raise UsageError(
            f"{path}: the key {error.args[0]!r} occurs twice in one object; remove one", code="repeated_key"
        ) from error
    servers = document.get("mcpServers") if isinstance(document, dict) else None
    if isinstance(servers, dict):
        return servers
    if isinstance(document, dict) and "mcpServers" not in document:
        # Some clients call it "servers". A document without anything like it is not such a file at all.
        near = nearest("mcpServers", document, cutoff=0.5)
        if near:
            raise UsageError(f'{path}: unknown key {near!r}; did you mean "mcpServers"?', code="unknown_key")
    raise UsageError(
        f'{path}: must be of the form {{"mcpServers": {{"<name>": {{"command": ..., "args": [...]}}}}}}',
        code="not_a_servers_file",
    )


def parse_entry(path: Path, name: str, entry: object, model: type[ModelT]) -> ModelT:
    """``entry`` as a ``model``. Raises UsageError with the first thing that is wrong; no value appears in it."""
    where = f"{path}: server {name!r}"
    if not isinstance(entry, dict):
        raise UsageError(f'{where}: must be an object with "command" or "url"', code="invalid_server")
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        key, message = first_problem(error)
        is_unknown = error.errors(include_url=False)[0]["type"] == "extra_forbidden"
    # Raised after the `except`: pydantic's error holds the values, which may be secret, and would be its context.
    if is_unknown:
        near = nearest(key, sorted(_keys(model)))
        meant = f"did you mean {json.dumps(near)}?" if near else "remove it"
        raise UsageError(f"{where}: unknown key {json.dumps(key)}; {meant}", code="unknown_key")
    # Without a key it is about the entry as a whole: "command" and "url" together, for example.
    problem = f"{json.dumps(key)}: {message}" if key else message
    raise UsageError(f"{where}: {problem}", code="invalid_server")


class _RepeatedKeyError(Exception):
    """JSON allows it, and parsers keep the last value: a server would be gone without a word."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key, value in pairs:
        if key in known:
            raise _RepeatedKeyError(key)
        known[key] = value
    return known


def _keys(model: type[BaseModel]) -> set[str]:
    """Every key the model accepts."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            keys.update(choice for choice in alias.choices if isinstance(choice, str))
        else:
            keys.add(alias if isinstance(alias, str) else name)
    return keys
