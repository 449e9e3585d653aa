"""Each role's settings, and where each value came from: the defaults, a configuration file over them, the environment
over both, and the ``--model`` of a command over all.

Within the file and within the environment, a value for one role takes precedence over the one for all roles.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import JsonValue, SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from toolgrad_dspy.errors import Mistakes, brief, problems
from toolgrad_dspy.lm.credentials import checked_base, checked_key
from toolgrad_dspy.lm.providers import checked_name
from toolgrad_dspy.lm.settings import PREFIX, REHEARSAL, ROLES, ModelSettings, Role, environment

DEFAULT = "default"
MODEL_OPTION = "--model"
# The name under which a configuration file has the settings of all roles.
ALL_ROLES = "all"

RoleValues = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    """A role's settings. ``came_from`` says for each field where its value came from: ``default``, the name of a
    variable (after ``.env:`` if it stands there), a file and the key in it, or ``--model``.
    """

    settings: ModelSettings
    came_from: Mapping[str, str]


def resolve(
    file: Mapping[str, RoleValues] | None = None, source: str = "the file", model: str | None = None
) -> dict[Role, ResolvedSettings]:
    """The settings of every role. ``file`` maps a role's name, or ``all``, to values from the file ``source``;
    ``model``, if given, plays every role.

    Raises UsageError that names the variables, and the keys in the file, that are wrong, and for a ``model`` that is
    no name (``unknown_model``).
    """
    environment()  # raises for a .env that cannot be read
    if model is not None:
        model = checked_name(model, MODEL_OPTION)
    mistakes = Mistakes("")
    work = {role: partial(_resolve_role, role, file or {}, source, model) for role in ROLES}
    resolved = {role: mistakes.attempt(one, None) for role, one in work.items()}
    mistakes.check()
    return {role: settings for role, settings in resolved.items() if settings is not None}


def _resolve_role(role: Role, file: Mapping[str, RoleValues], source: str, model: str | None) -> ResolvedSettings:
    values: dict[str, Any] = {}
    came_from = dict.fromkeys(ModelSettings.model_fields, DEFAULT)
    # From the weakest source to the strongest: what comes later replaces what came before.
    for section in (ALL_ROLES, role):
        for field, value in file.get(section, {}).items():
            values[field], came_from[field] = value, f"{source}: models.{section}.{field}"
    for prefix in (PREFIX, f"{PREFIX}{role.upper()}_"):
        for place, variables in _variables(prefix):
            # The source for .env also gives whatever begins with the prefix: the variables of single roles.
            for field in ModelSettings.model_fields.keys() & variables.keys():
                values[field], came_from[field] = variables[field], f"{place}{prefix}{field.upper()}"
    if model is not None:
        _replace_model(model, values, came_from)
    settings = checked_settings(values, lambda field: came_from.get(field, f"{source}: {field}"))
    return ResolvedSettings(_with_checked_access(settings, came_from), came_from)


def _replace_model(model: str, values: dict[str, Any], came_from: dict[str, str]) -> None:
    """Put ``model`` in the place of the one in ``values``, without an address and a key of another provider."""
    before = str(values.get("model", REHEARSAL))
    if before != REHEARSAL and before.partition("/")[0] != model.partition("/")[0]:
        for field in ("api_base", "api_key"):
            values.pop(field, None)
            came_from[field] = DEFAULT
    values["model"], came_from["model"] = model, MODEL_OPTION


def checked_settings(values: Mapping[str, Any], place: Callable[[str], str]) -> ModelSettings:
    """``values`` as settings; ``place`` says where the value of a field stands.

    Raises UsageError (``invalid_value``) about all that are wrong.
    """
    try:
        return ModelSettings(**values)
    except ValidationError as error:
        found = problems(error)
    # Keys are secret, and so may be a part of an address, and the value of a field whose name is misspelt.
    quoted = ModelSettings.model_fields.keys() - {"api_key", "api_base"}
    mistakes = Mistakes("")
    for field, message in found:
        got = f", got {brief(values.get(field))}" if field in quoted else ""
        mistakes.add(f"{place(field)}: {message}{got}", "invalid_value")
    raise mistakes.as_one()


def _with_checked_access(settings: ModelSettings, came_from: Mapping[str, str]) -> ModelSettings:
    """``settings`` with the address and the key checked. Raises UsageError."""
    base, key = settings.api_base, settings.api_key
    checked = {
        "api_base": (base and checked_base(base, came_from["api_base"])) or None,
        "api_key": SecretStr(checked_key(key.get_secret_value(), came_from["api_key"])) if key else None,
    }
    return settings.model_copy(update=checked)


def _variables(prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields that ``.env``, and then the environment, set under ``prefix``, each with the name of the place."""
    yield ".env: ", DotEnvSettingsSource(ModelSettings, env_file=".env", env_prefix=prefix)()
    yield "", EnvSettingsSource(ModelSettings, env_prefix=prefix)()
