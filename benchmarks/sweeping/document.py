"""A trial's settings as the configuration file that gives them: what a trial runs on is what ``best.yaml`` says.

The file names the settings of every role, so that it stands on its own; keys are not among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import JsonValue

from sweeping.space import LOOP_KEYS, Space
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import LOOP_ROLES, ROLES, Models, Role
from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.lm.settings import PRICES_VARIABLE, environment
from toolgrad_dspy.lm.sources import ALL_ROLES, resolve
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import ConfigFile, load_config_file, program_config

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a document comes to, in this process's environment."""

    models: Models
    loop: ProgramConfig
    file: ConfigFile


def document(drawn: Mapping[str, JsonValue], metric: Mapping[str, JsonValue]) -> Document:
    """The configuration file of a trial with the values ``drawn``, by the names of dimensions."""
    roles = {role: {**found.settings.public(), **_role(drawn, role)} for role, found in resolve().items()}
    alike = all(values == roles["proposer"] for values in roles.values())
    loop = ProgramConfig(**{key: drawn[key] for key in LOOP_KEYS if key in drawn})  # type: ignore[arg-type]
    return {
        "models": {ALL_ROLES: roles["proposer"]} if alike else roles,
        "program": loop.model_dump(mode="json"),
        **({"metric": dict(metric)} if metric else {}),
    }


def _role(drawn: Mapping[str, JsonValue], role: Role) -> dict[str, JsonValue]:
    """What the trial sets of one role's model: that for all roles of the loop, and over it that for this one."""
    found: dict[str, JsonValue] = {}
    for name, value in drawn.items():
        field, _, of = name.partition(".")
        if field in ("model", "temperature", "adapter") and (of == role or (not of and role in LOOP_ROLES)):
            found |= value if isinstance(value, dict) else {field: value}
    return found


def text(content: Document) -> str:
    """``content`` as YAML."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)


def settings(content: Document, name: str) -> Settings:
    """What the commands make of ``content`` as their ``--config`` file.

    Raises UsageError, also where the environment, which goes before a file, sets something else.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text(content), encoding="utf-8")
        file = load_config_file(path)
    for role, found in resolve(file.models, name).items():
        for field, value in {**file.models.get(ALL_ROLES, {}), **file.models.get(role, {})}.items():
            if field != "api_key" and value != getattr(found.settings, field):
                variable = found.origins[field]
                raise UsageError(f"{variable} goes before the {field} of the space; unset it, or leave it out there")
    return Settings(Models.from_environment(file.models, name), program_config(file), file)


def check(space: Space) -> None:
    """Raise UsageError for a choice that the environment or the rules of a configuration file forbid."""
    first = {one.name: one.corners[0] for one in space.dimensions}
    for one in space.dimensions:
        for value in one.corners:
            settings(document({**first, one.name: value}, space.metric), "the space")


def all_priced(space: Space) -> bool:
    """Whether the price of every model that can play a role of the loop is known; the rehearsal model has none."""
    path = environment().get(PRICES_VARIABLE)
    prices = Prices.load(Path(path) if path else None)
    return all(prices.of(name) is not None for name in _models(space))


def _models(space: Space) -> Iterator[str]:
    fixed = resolve()
    for role in LOOP_ROLES:
        found = space.get(f"model.{role}") or space.get("model")
        for value in found.corners if found else ({},):
            given = value if isinstance(value, dict) else {"model": value}
            chosen = fixed[role].settings.model_copy(update=given)
            yield from (chosen.model, *chosen.fallback_models)


def fixed_models() -> dict[str, JsonValue]:
    """Every role's settings as the environment has them, without secrets."""
    return {role: resolve()[role].settings.public() for role in ROLES}
