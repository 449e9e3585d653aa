"""Each role's settings, and where each value came from: the defaults, a configuration file over them, the environment
over both.

Within the file and within the environment a value for one role goes before the one for all roles.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from toolgrad_dspy.errors import UsageError, first_problem
from toolgrad_dspy.lm.credentials import checked_base, checked_key
from toolgrad_dspy.lm.settings import PREFIX, ROLES, ModelSettings, Role, environment

DEFAULT = "default"
# The name under which a configuration file has the settings of all roles.
ALL_ROLES = "all"

RoleValues = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A role's settings. ``origins`` tells for each field where its value came from, in words."""

    settings: ModelSettings
    origins: Mapping[str, str]


def resolve(file: Mapping[str, RoleValues] | None = None, source: str = "the file") -> dict[Role, Resolved]:
    """The settings of every role. ``file`` maps a role's name, or ``all``, to values from the file ``source``.

    Raises UsageError that names the variable, or the key in the file, that is wrong.
    """
    environment()  # raises for a .env that cannot be read
    return {role: _role(role, file or {}, source) for role in ROLES}


def _role(role: Role, file: Mapping[str, RoleValues], source: str) -> Resolved:
    values: dict[str, Any] = {}
    origins = dict.fromkeys(ModelSettings.model_fields, DEFAULT)
    for section in (ALL_ROLES, role):
        for field, value in file.get(section, {}).items():
            values[field], origins[field] = value, f"{source}: models.{section}.{field}"
    for prefix in (PREFIX, f"{PREFIX}{role.upper()}_"):
        for place, read in _sources(prefix):
            # The source for .env also gives what only begins with the prefix: the variables of single roles.
            for field in ModelSettings.model_fields.keys() & read.keys():
                values[field], origins[field] = read[field], f"{place}{prefix}{field.upper()}"
    try:
        settings = ModelSettings(**values)
    except ValidationError as error:
        field, message = first_problem(error)
        shown = "" if field in ("api_key", "api_base") else f", got {values.get(field)!r}"
        raise UsageError(f"{origins.get(field, f'{source}: {field}')}: {message}{shown}") from None
    return Resolved(_with_access(settings, origins), origins)


def _with_access(settings: ModelSettings, origins: Mapping[str, str]) -> ModelSettings:
    """``settings`` with its address and its key checked. Raises UsageError."""
    base, key = settings.api_base, settings.api_key
    checked = {
        "api_base": (base and checked_base(base, origins["api_base"])) or None,
        "api_key": SecretStr(checked_key(key.get_secret_value(), origins["api_key"])) if key else None,
    }
    return settings.model_copy(update=checked)


def _sources(prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What ``.env`` and then the environment set under ``prefix``, with where it stands."""
    yield ".env: ", DotEnvSettingsSource(ModelSettings, env_file=".env", env_prefix=prefix)()
    yield "", EnvSettingsSource(ModelSettings, env_prefix=prefix)()
