"""The search space: what a YAML file describes, or the built-in one.

    models:
      all: [openai/gpt-4.1-mini, {model: openai/qwen, api_base: "http://localhost:8000/v1", api_key: "${MY_KEY}"}]
      selector: [openai/gpt-4.1, anthropic/claude-sonnet-4-5]
    optimizer: [none, gepa]
    iterations: {low: 2, high: 10}
    temperature: {proposer: [null, 0.7, 1.0]}
    metric: {weights: {executed: 1, qor: 2}}
    known: [{iterations: 6, optimizer: gepa}]

Every key except ``metric`` and ``known`` holds choices, or a range; ``models`` and ``temperature`` do so for ``all``
roles of the loop or for single ones. Settings that the file does not name keep the value that the environment and the
defaults give them, in all trials.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna import Trial
from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, hint
from toolgrad_dspy.lm import LOOP_ROLES, Models, ModelSettings
from toolgrad_dspy.lm.sources import ALL_ROLES
from toolgrad_dspy.optimizers import OPTIMIZERS
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.sampling import Uniform
from toolgrad_dspy.secrets import masked_secret, masked_value
from toolgrad_dspy.sweeps.dimensions import Dimension, Label, dimension
from toolgrad_dspy.yaml_file import known_mapping, read_yaml

# The program as it is, not tuned.
NO_OPTIMIZER = "none"
LOOP_KEYS = ("mini_batch", "proposals", "iterations", "repairs", "mend", "chains", "update", "base")
# The ways to draw a mini-batch of tools that a trial can be given.
SAMPLINGS = (Uniform.name,)
# The judge measures, so it stays the same in all trials; no trial asks the student.
SEARCHED_ROLES = (ALL_ROLES, *LOOP_ROLES, "reflection")
KEYS = ("models", "optimizer", *LOOP_KEYS, "temperature", "adapter", "sampling")

# Written out, whatever optimizers there may be: with a longer list, studies begun earlier would be of another space.
DEFAULT: Mapping[str, JsonValue] = {
    "optimizer": ["none", "gepa"],
    "mini_batch": {"low": 10, "high": 50, "step": 2},
    "proposals": {"low": 1, "high": 5},
    "iterations": {"low": 2, "high": 10},
    "repairs": {"low": 0, "high": 3},
    "mend": ["needed", "all"],
    "update": ["last", "each"],
    "temperature": [None, 0.3, 0.6, 0.9],
    "adapter": ["chat", "json"],
    "sampling": [Uniform.name],
}


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """``dimensions`` in the order of a table; ``known`` are settings to try first; ``data`` is the file's content.

    >>> load_space(None).searched
    ('optimizer', 'mini_batch', 'proposals', 'iterations', 'repairs', 'mend', 'update', 'temperature', 'adapter')
    """

    dimensions: tuple[Dimension, ...]
    known: tuple[dict[str, Label], ...]
    metric: Mapping[str, JsonValue]
    data: Mapping[str, JsonValue]

    def draw(self, trial: Trial) -> dict[str, JsonValue]:
        """The value of every dimension in ``trial``, by name."""
        return {dimension.name: dimension.draw(trial) for dimension in self.dimensions}

    @property
    def searched(self) -> tuple[str, ...]:
        """The names of the dimensions that differ between trials."""
        return tuple(dimension.name for dimension in self.dimensions if len(dimension.corners) > 1)

    @property
    def searches_models(self) -> bool:
        """Whether the space names models: those of the environment are not all that trials use."""
        return any(dimension.name.partition(".")[0] == "model" for dimension in self.dimensions)

    @property
    def tunes(self) -> bool:
        """Whether a trial may have an optimizer."""
        optimizers = self.get("optimizer")
        return optimizers is not None and any(corner != NO_OPTIMIZER for corner in optimizers.corners)

    def get(self, name: str) -> Dimension | None:
        """The dimension ``name``, or None."""
        return next((dimension for dimension in self.dimensions if dimension.name == name), None)


def load_space(path: Path | None, model: str | None = None) -> SearchSpace:
    """The space in ``path``, or the built-in one, for a sweep whose ``--model`` is ``model``.

    Raises UsageError that names file and key.
    """
    if path is None:
        return _space(DEFAULT, "the built-in space", model)
    data = read_yaml(path)
    return _space(known_mapping(data, str(path), (*KEYS, "metric", "known")), str(path), model)


def _space(data: Mapping[str, JsonValue], where: str, model: str | None) -> SearchSpace:
    dimensions: list[Dimension] = []
    for key in KEYS:
        if key not in data:
            continue
        value = data[key]
        # A temperature is one for all roles, or a mapping by role. A mapping with "low" is a range, for all roles.
        by_role = key == "models" or (key == "temperature" and isinstance(value, dict) and "low" not in value)
        if not by_role:
            dimensions.append(dimension(key, value, where))
            continue
        for role, choices in known_mapping(value, f"{where}: {key}", SEARCHED_ROLES).items():
            name = key.removesuffix("s")
            dimensions.append(dimension(name if role == ALL_ROLES else f"{name}.{role}", choices, where))
    for searched in dimensions:
        for corner in searched.corners:
            _check(searched.name, corner, where)
    if not any(len(searched.corners) > 1 for searched in dimensions):
        raise UsageError(f"{where}: nothing to search: no key has more than one choice", code="nothing_to_search")
    return SearchSpace(
        tuple(dimensions),
        _known(data.get("known"), dimensions, where, model),
        _any_mapping(data.get("metric") or {}, f"{where}: metric"),
        data,
    )


def _known(
    listed: JsonValue, dimensions: Sequence[Dimension], where: str, model: str | None
) -> tuple[dict[str, Label], ...]:
    """The settings to begin with, as the study stores them; the defaults where the file names none."""
    by_name = {dimension.name: dimension for dimension in dimensions}
    if listed is None:
        return (_defaults(dimensions, model),)
    if not isinstance(listed, list):
        raise UsageError(f"{where}: known must be a list of settings", code="invalid_value")
    settings = [known_mapping(values, f"{where}: known", by_name) for values in listed]
    return tuple({name: by_name[name].label(value) for name, value in values.items()} for values in settings)


def _defaults(dimensions: Iterable[Dimension], model: str | None) -> dict[str, Label]:
    """What a command without other options uses, as far as it is in the space."""
    adapter = Models.from_environment(model=model).adapter_name("proposer")
    values = {**ProgramConfig().model_dump(), "optimizer": NO_OPTIMIZER, "adapter": adapter, "temperature": None}
    labels = {}
    for searched in dimensions:
        if searched.name in values:
            try:
                labels[searched.name] = searched.label(values[searched.name])
            except UsageError:  # the space leaves the default out: it is drawn like the rest
                continue
    return labels


def _check(name: str, value: JsonValue, where: str) -> None:
    """Raise UsageError for a value that no trial could use."""
    key = name.partition(".")[0]
    if key == "optimizer":
        _check_known(name, value, (NO_OPTIMIZER, *OPTIMIZERS), where)
    elif key == "sampling":
        _check_known(name, value, SAMPLINGS, where)
    elif key == "model":
        _check_model(name, value, where)
    elif key in LOOP_KEYS:
        _validate(ProgramConfig, {key: value}, f"{where}: {name}")
    else:
        _validate(ModelSettings, {key: value}, f"{where}: {name}")


def _check_model(name: str, value: JsonValue, where: str) -> None:
    if isinstance(value, str):
        return
    settings = known_mapping(value, f"{where}: {name}", ModelSettings.model_fields)
    if "model" not in settings:
        raise UsageError(
            f"{where}: {name}: a choice is a model's name, or settings with 'model' among them", code="invalid_value"
        )
    for field, masked in (("api_key", masked_secret), ("api_base", masked_value)):
        setting = settings.get(field)
        if setting is not None and masked(str(setting)).shown != str(setting):
            raise UsageError(
                f"{where}: {name}: the study stores this file, and {field} may hold a key: write it as ${{VARIABLE}}",
                code="stored_secret",
            )
    # An address may be a variable, whose value is known only when it is used.
    plain = {field: setting for field, setting in settings.items() if "${" not in str(setting)}
    _validate(ModelSettings, plain, f"{where}: {name}")


def _validate(model: type[ProgramConfig] | type[ModelSettings], values: Mapping[str, Any], where: str) -> None:
    try:
        model(**values)
    except ValidationError as error:
        place, problem = first_problem(error)
        field = place.partition(".")[0]
        shown = f", got {values[field]!r}" if field in values and field not in ("api_key", "api_base") else ""
        raise UsageError(f"{where}: {problem}{shown}", code="invalid_value") from None


def _check_known(name: str, value: JsonValue, known: Iterable[str], where: str) -> None:
    names = tuple(known)
    if value not in names:
        raise UsageError(f"{where}: {name}: unknown {value!r}; {hint(value, names)}", code="unknown_key")


def _any_mapping(value: object, where: str) -> Mapping[str, Any]:
    return known_mapping(value, where, value if isinstance(value, dict) else ())
