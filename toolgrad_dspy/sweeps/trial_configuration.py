"""A trial's settings as a configuration file: a trial runs on exactly what ``best.yaml`` says.

The file has the settings of every role, so that it does not depend on the environment. Keys are not in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import LOOP_ROLES, Models, ModelSettings, Role
from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.lm.settings import PRICES_VARIABLE, environment
from toolgrad_dspy.lm.sources import ALL_ROLES, resolve
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import ConfigFile, load_config_file, program_config
from toolgrad_dspy.sweeps.space import LOOP_KEYS, SearchSpace

# The content of a configuration file.
ConfigurationData = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """What the configuration file of a trial gives in this process's environment."""

    models: Models
    loop: ProgramConfig
    file: ConfigFile


def trial_configuration(
    drawn: Mapping[str, JsonValue], metric: Mapping[str, JsonValue], model: str | None = None
) -> ConfigurationData:
    """The configuration file of a trial with the values ``drawn``, by the names of dimensions; ``model`` plays every
    role for which none is drawn.
    """
    fixed = resolve(model=model)
    roles = {role: {**_written(resolved.settings), **_of_role(drawn, role)} for role, resolved in fixed.items()}
    alike = all(values == roles["proposer"] for values in roles.values())
    loop = ProgramConfig.model_validate({key: drawn[key] for key in LOOP_KEYS if key in drawn})
    return {
        "models": {ALL_ROLES: roles["proposer"]} if alike else roles,
        "program": loop.model_dump(mode="json"),
        **({"metric": dict(metric)} if metric else {}),
    }


def _written(settings: ModelSettings) -> dict[str, JsonValue]:
    """The settings of the environment. An address with a key in it stays there, as the keys do."""
    public = settings.public()
    return {name: value for name, value in public.items() if name != "api_base" or value == settings.api_base}


def _of_role(drawn: Mapping[str, JsonValue], role: Role) -> dict[str, JsonValue]:
    """What the trial sets for one role's model: the values for all roles of the loop, then those for this role."""
    settings: dict[str, JsonValue] = {}
    # A dimension for all roles stands before those for single ones in a space, so that these replace it.
    for name, value in drawn.items():
        field, _, only = name.partition(".")
        if field in ("model", "temperature", "adapter") and (only == role or (not only and role in LOOP_ROLES)):
            settings |= value if isinstance(value, dict) else {field: value}
    return settings


def as_yaml(content: ConfigurationData) -> str:
    """``content`` as YAML."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)


def trial_settings(content: ConfigurationData, name: str, model: str | None = None) -> TrialSettings:
    """What a command with this ``--model`` makes of ``content`` as its ``--config`` file.

    Raises UsageError, also where the environment or the option, which go before a file, set something else.
    """
    # Through a file, so that a trial reads its settings by the same code as a command does.
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(as_yaml(content), encoding="utf-8")
        file = load_config_file(path)
    for role, resolved in resolve(file.models, name, model).items():
        for field, value in {**file.models.get(ALL_ROLES, {}), **file.models.get(role, {})}.items():
            # A key is a variable in the file and a secret in the settings: the two never compare equal.
            if field != "api_key" and value != getattr(resolved.settings, field):
                raise UsageError(
                    f"{resolved.came_from[field]} goes before the {field} of the space; unset it, or remove {field} "
                    "from the space",
                    code="environment_goes_first",
                )
    return TrialSettings(Models.from_environment(file.models, name, model), program_config(file), file)


def check_space(space: SearchSpace, model: str | None = None) -> None:
    """Raise UsageError for a choice that ``--model``, the environment or the rules of a configuration file forbid."""
    first = {dimension.name: dimension.corners[0] for dimension in space.dimensions}
    for dimension in space.dimensions:
        for value in dimension.corners:
            content = trial_configuration({**first, dimension.name: value}, space.metric, model)
            trial_settings(content, "the space", model)


def all_priced(space: SearchSpace, model: str | None = None) -> bool:
    """Whether the price of every model that can have a role of the loop is known; the rehearsal model has none."""
    path = environment().get(PRICES_VARIABLE)
    prices = Prices.load(Path(path) if path else None)
    return all(prices.of(name) is not None for name in _model_names(space, model))


def _model_names(space: SearchSpace, model: str | None) -> Iterator[str]:
    fixed = resolve(model=model)
    for role in LOOP_ROLES:
        searched = space.get(f"model.{role}") or space.get("model")
        # A role that the space does not name keeps the model of the environment.
        for value in searched.corners if searched else ({},):
            changed = value if isinstance(value, dict) else {"model": value}
            chosen = fixed[role].settings.model_copy(update=changed)
            yield from (chosen.model, *chosen.fallback_models)


def fixed_models(model: str | None = None) -> dict[str, JsonValue]:
    """Every role's settings as ``--model`` and the environment have them, without secrets."""
    return {role: resolved.settings.public() for role, resolved in resolve(model=model).items()}
