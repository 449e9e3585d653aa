"""The configuration file that a user passes: models by role, the loop, the metric, the gate and the run, in YAML.

    models:
      all: {model: openai/gpt-4.1-mini, temperature: 0.7}
      selector: {model: anthropic/claude-sonnet-4-5, api_key: "${MY_KEY}"}
    program: {iterations: 6, mini_batch: 30}
    metric: {weights: {executed: 1, qor: 2}, votes: 3, temperature: 0.7}
    judge: {criteria: [minimality, "qor>=80"], votes: 3}
    unique: 0.05

The command line overrides the environment, and the environment overrides the file. An unknown key is refused. What a
run folder stores as ``config.yaml`` is another thing: see ``stored_configuration.py``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, one_line
from toolgrad_dspy.judging import GateConfig
from toolgrad_dspy.judging.gate_config import standards
from toolgrad_dspy.lm.settings import ROLES, ModelSettings, environment
from toolgrad_dspy.lm.sources import ALL_ROLES
from toolgrad_dspy.metrics import MetricConfig, component_names
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.secrets import expand
from toolgrad_dspy.yaml_file import known_mapping, read_yaml

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The contents of a file. ``models`` maps a role's name, or ``all``, to settings; ``source`` names the file."""

    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    program: Mapping[str, Any] = field(default_factory=dict)
    metric: MetricConfig = field(default_factory=MetricConfig)
    judge: GateConfig | None = None
    unique: float | None = None
    source: str = ""


def load_config_file(path: Path | None) -> ConfigFile:
    """The configuration in ``path``; an empty one without a path.

    Raises UsageError that names file and key: ``unreadable_file``, ``not_yaml``, ``not_a_mapping``, ``unknown_key``
    or ``invalid_value``.

        file = load_config_file(Path("config.yaml"))
        models = Models.from_environment(file.models, file.source)
        config = program_config(file, iterations=6)
    """
    if path is None:
        return ConfigFile()
    data = read_yaml(path) or {}
    top = known_mapping(data, f"{path}", ("models", "program", "metric", "judge", "unique"))
    models = known_mapping(top.get("models") or {}, f"{path}: models", (ALL_ROLES, *ROLES))
    return ConfigFile(
        models={
            role: _expanded(known_mapping(values or {}, f"{path}: models.{role}", ModelSettings.model_fields), path)
            for role, values in models.items()
        },
        # Its values are checked by program_config, together with the options of the command line.
        program=known_mapping(top.get("program") or {}, f"{path}: program", ProgramConfig.model_fields),
        metric=_metric(top.get("metric") or {}, str(path)),
        # An empty one asks for judges, too: with all that is by default.
        judge=_judge(top["judge"] or {}, str(path)) if "judge" in top else None,
        unique=_share(top.get("unique"), f"{path}: unique"),
        source=str(path),
    )


def program_config(file: ConfigFile, **options: object) -> ProgramConfig:
    """The settings of the loop: those of the file, overridden by each of ``options`` that is not None.

    Raises UsageError (``invalid_value``).
    """
    given = {name: value for name, value in options.items() if value is not None}
    return _checked(ProgramConfig, {**file.program, **given}, f"{file.source}: program")


def gate_config(file: ConfigFile, criteria: str | None = None, votes: int | None = None) -> GateConfig | None:
    """The gate of the file, if it has one, overridden by what is not None; ``criteria`` asks for one without a file.

    Raises UsageError (``unknown_criterion``, ``even_votes``, ``no_gate`` for votes on nothing).
    """
    if criteria is None and file.judge is None:
        if votes is not None:
            raise UsageError("--judge-votes needs --judge, which says what to vote on", code="no_gate")
        return None
    if votes is not None and votes % 2 == 0:
        raise UsageError(f"the number of votes has to be odd; got {votes}", code="even_votes")
    given = {} if file.judge is None else file.judge.model_dump()
    if criteria is not None:
        given["criteria"] = [str(standard) for standard in standards(criteria)]
    if votes is not None:
        given["votes"] = votes
    return GateConfig(**given)


def _share(given: object, where: str) -> float | None:
    if given is None:
        return None
    # YAML's yes is a bool, which would pass for 1.
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1:
        got = one_line(repr(given), 80)
        raise UsageError(f"{where}: it has to be a share, from 0 to 1, got {got}", code="invalid_value")
    return float(given)


def _judge(given: object, source: str) -> GateConfig:
    values = known_mapping(given, f"{source}: judge", GateConfig.model_fields)
    return _checked(GateConfig, values, f"{source}: judge")


def _metric(given: object, source: str) -> MetricConfig:
    values = known_mapping(given, f"{source}: metric", MetricConfig.model_fields)
    if "weights" in values:
        known_mapping(values["weights"], f"{source}: metric.weights", component_names())
    return _checked(MetricConfig, values, f"{source}: metric")


def _checked(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """``values`` as a ``model`` without secrets: the message shows the value that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        place, problem = first_problem(error)
        value = error.errors(include_url=False)[0]["input"]
        key = f"{where}.{place}" if place else where
        raise UsageError(f"{key}: {problem}, got {one_line(repr(value), 80)}", code="invalid_value") from None


def _expanded(values: dict[str, Any], path: Path) -> dict[str, Any]:
    environ = environment()

    def expanded(name: str, value: str) -> str:
        # A .env that came with a folder must not say where a key goes, not even a part of it.
        return expand(value, os.environ if name == "api_base" else environ, f"{path}: {name}")

    return {name: expanded(name, value) if isinstance(value, str) else value for name, value in values.items()}
