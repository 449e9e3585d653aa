"""The search space: what a YAML file describes, or the built-in one.

    models:
      all: [openai/gpt-4.1-mini, {model: openai/qwen, api_base: "http://localhost:8000/v1", api_key: "${MY_KEY}"}]
      selector: [openai/gpt-4.1, anthropic/claude-sonnet-4-5]
    optimizer: [none, gepa]
    iterations: {low: 2, high: 10}
    temperature: {proposer: [null, 0.7, 1.0]}
    metric: {weights: {executed: 1, qor: 2}}
    known: [{iterations: 6, optimizer: gepa}]

Every key but ``metric`` and ``known`` holds choices, or a range; ``models`` and ``temperature`` do so for ``all``
roles of the loop or for one. What is not named stays as the environment and the defaults have it, in all trials.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna import Trial
from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import UsageError, hint, one_line
from toolgrad_dspy.lm import LOOP_ROLES, Models, ModelSettings
from toolgrad_dspy.lm.sources import ALL_ROLES
from toolgrad_dspy.optimizers import OPTIMIZERS
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.sweeps.dimensions import Dimension, dimension

# The program as it is, not tuned.
NO_OPTIMIZER = "none"
LOOP_KEYS = ("mini_batch", "proposals", "iterations", "repairs", "chains", "update")
# How a mini-batch of tools is drawn: the library has one way.
SAMPLINGS = ("uniform",)
# The judge measures, so it stays the same in all trials; nothing of a trial asks the student.
SWEPT_ROLES = (ALL_ROLES, *LOOP_ROLES, "reflection")
KEYS = ("models", "optimizer", *LOOP_KEYS, "temperature", "adapter", "sampling")

# Frozen here, whatever optimizers there may be: another space is another study.
DEFAULT: Mapping[str, JsonValue] = {
    "optimizer": ["none", "gepa"],
    "mini_batch": {"low": 10, "high": 50, "step": 10},
    "proposals": {"low": 1, "high": 5},
    "iterations": {"low": 2, "high": 10},
    "repairs": {"low": 0, "high": 3},
    "update": ["last", "each"],
    "temperature": [None, 0.3, 0.6, 0.9],
    "adapter": ["chat", "json"],
    "sampling": ["uniform"],
}


@dataclass(frozen=True, slots=True)
class Space:
    """``dimensions`` in the order of a table; ``known`` are settings to try first; ``data`` is the file's content."""

    dimensions: tuple[Dimension, ...]
    known: tuple[dict[str, Any], ...]
    metric: Mapping[str, JsonValue]
    data: Mapping[str, JsonValue]

    def draw(self, trial: Trial) -> dict[str, JsonValue]:
        """The value of every dimension in ``trial``, by name."""
        return {one.name: one.draw(trial) for one in self.dimensions}

    @property
    def searched(self) -> tuple[str, ...]:
        """The names of the dimensions that differ between trials."""
        return tuple(one.name for one in self.dimensions if len(one.corners) > 1)

    def get(self, name: str) -> Dimension | None:
        return next((one for one in self.dimensions if one.name == name), None)


def load(path: Path | None) -> Space:
    """The space in ``path``, or the built-in one. Raises UsageError that names file and key."""
    if path is None:
        return _space(DEFAULT, "the built-in space")
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not YAML: {one_line(error, 160)}") from None
    return _space(_mapping(data, str(path), (*KEYS, "metric", "known")), str(path))


def _space(data: Mapping[str, JsonValue], where: str) -> Space:
    dimensions: list[Dimension] = []
    for key in KEYS:
        if key not in data:
            continue
        given = data[key]
        per_role = key == "models" or (key == "temperature" and isinstance(given, dict) and "low" not in given)
        if not per_role:
            dimensions.append(dimension(key, given, where))
            continue
        for role, choices in _mapping(given, f"{where}: {key}", SWEPT_ROLES).items():
            name = key.removesuffix("s")
            dimensions.append(dimension(name if role == ALL_ROLES else f"{name}.{role}", choices, where))
    for one in dimensions:
        for value in one.corners:
            _check(one.name, value, where)
    if not any(len(one.corners) > 1 for one in dimensions):
        raise UsageError(f"{where}: nothing to search: no key has more than one choice")
    metric = data.get("metric") or {}
    return Space(
        tuple(dimensions), _known(data.get("known"), dimensions, where), _plain(metric, f"{where}: metric"), data
    )


def _known(given: JsonValue, dimensions: list[Dimension], where: str) -> tuple[dict[str, Any], ...]:
    """The settings to begin with, as the study stores them; the defaults where the file names none."""
    named = {one.name: one for one in dimensions}
    if given is None:
        return (_defaults(dimensions),)
    if not isinstance(given, list):
        raise UsageError(f"{where}: known has to be a list of settings")
    return tuple(
        {name: named[name].label(value) for name, value in _mapping(one, f"{where}: known", named).items()}
        for one in given
    )


def _defaults(dimensions: Iterable[Dimension]) -> dict[str, Any]:
    """What a command without options does, as far as it is in the space."""
    adapter = Models.from_environment().adapter_name("proposer")
    values = {**ProgramConfig().model_dump(), "optimizer": NO_OPTIMIZER, "adapter": adapter, "temperature": None}
    found = {}
    for one in dimensions:
        if one.name in values:
            try:
                found[one.name] = one.label(values[one.name])
            except UsageError:
                continue
    return found


def _check(name: str, value: JsonValue, where: str) -> None:
    """Raise UsageError for a value that no trial could use."""
    key = name.partition(".")[0]
    if key == "optimizer":
        _one_of(name, value, (NO_OPTIMIZER, *OPTIMIZERS), where)
    elif key == "sampling":
        _one_of(name, value, SAMPLINGS, where)
    elif key == "model":
        _check_model(name, value, where)
    elif key in LOOP_KEYS:
        _validated(ProgramConfig, {key: value}, f"{where}: {name}")
    else:
        _validated(ModelSettings, {key: value}, f"{where}: {name}")


def _check_model(name: str, value: JsonValue, where: str) -> None:
    if isinstance(value, str):
        return
    settings = _mapping(value, f"{where}: {name}", ModelSettings.model_fields)
    if "model" not in settings:
        raise UsageError(f"{where}: {name}: a choice is a model's name, or settings with 'model' among them")
    key = settings.get("api_key")
    if key is not None and not (str(key).startswith("${") and str(key).endswith("}")):
        raise UsageError(f"{where}: {name}: the study stores this file, so write api_key as ${{VARIABLE}}")
    # An address may be a variable, which is known when it is used.
    plain = {field: one for field, one in settings.items() if "${" not in str(one)}
    _validated(ModelSettings, plain, f"{where}: {name}")


def _validated(model: type[ProgramConfig] | type[ModelSettings], values: Mapping[str, Any], where: str) -> None:
    try:
        model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        shown = "" if first["loc"][0] in ("api_key", "api_base") else f", got {values.get(str(first['loc'][0]))!r}"
        raise UsageError(f"{where}: {first['msg']}{shown}") from None


def _one_of(name: str, value: JsonValue, known: tuple[str, ...], where: str) -> None:
    if value not in known:
        raise UsageError(f"{where}: {name}: unknown {value!r}; {hint(value, known)}", code="unknown_key")


def _mapping(value: object, where: str, known: Iterable[str]) -> Mapping[str, Any]:
    names = tuple(known)
    for key in _plain(value, where):
        _one_of("key", key, names, where)
    return _plain(value, where)


def _plain(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} has to be a mapping of names to values")
    return value
