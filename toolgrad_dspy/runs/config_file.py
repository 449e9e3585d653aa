"""The configuration file that a user passes: models by role, the loop, the metric, the gate and the run, in YAML.

    models:
      all: {model: openai/gpt-4.1-mini, temperature: 0.7}
      selector: {model: anthropic/claude-sonnet-4-5, api_key: "${MY_KEY}"}
    program: {iterations: 6, mini_batch: 30}
    metric: {weights: {executed: 1, qor: 2}, votes: 3, temperature: 0.7}
    judge: {criteria: [minimality, "qor>=80"], votes: 3}
    unique: 0.05
    log_prompts: true

The command line overrides the environment, and the environment overrides the file. An unknown key is refused. What a
run folder stores as ``config.yaml`` is another thing: see ``stored_configuration.py``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from toolgrad_dspy.errors import Mistakes, UsageError, brief, problems
from toolgrad_dspy.judging import GateConfig
from toolgrad_dspy.judging.gate_config import standards
from toolgrad_dspy.lm.settings import ROLES, ModelSettings, environment
from toolgrad_dspy.lm.sources import ALL_ROLES, checked_settings
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
    log_prompts: bool = False
    source: str = ""


def load_config_file(path: Path | None) -> ConfigFile:
    """The configuration in ``path``; an empty one without a path.

    Raises UsageError that names the file, and all keys that are wrong: ``not_a_mapping``, ``unknown_key``,
    ``invalid_value``, ``variable_not_set``; or the codes of :func:`~toolgrad_dspy.yaml_file.read_yaml`.

        file = load_config_file(Path("config.yaml"))
        models = Models.from_environment(file.models, file.source)
        config = program_config(file, iterations=6)
    """
    if path is None:
        return ConfigFile()
    mistakes = Mistakes(str(path))
    given = read_yaml(path) or {}
    keys = ("models", "program", "metric", "judge", "unique", "log_prompts")
    nothing: dict[str, Any] = {}
    mistakes.attempt(lambda: known_mapping(given, "", keys), nothing)
    top = given if isinstance(given, dict) else nothing
    environ = environment()
    file = ConfigFile(
        models=mistakes.attempt(lambda: _models(top.get("models") or {}, environ), nothing),
        program=mistakes.attempt(lambda: _program(top.get("program") or {}), nothing),
        metric=mistakes.attempt(lambda: _metric(top.get("metric") or {}), MetricConfig()),
        # An empty one asks for judges, too: with all that is by default.
        judge=mistakes.attempt(lambda: _judge(top["judge"] or {}) if "judge" in top else None, None),
        unique=mistakes.attempt(lambda: _share(top.get("unique"), "unique"), None),
        log_prompts=mistakes.attempt(lambda: _switch(top.get("log_prompts", False), "log_prompts"), False),
        source=str(path),
    )
    mistakes.check()
    return file


def program_config(file: ConfigFile, **options: object) -> ProgramConfig:
    """The settings of the loop: those of the file, overridden by each of ``options`` that is not None.

    Raises UsageError (``invalid_value``).
    """
    given = {name: value for name, value in options.items() if value is not None}
    return _checked(ProgramConfig, {**file.program, **given}, f"{file.source}: program" if file.source else "program")


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
        raise UsageError(f"{where}: it has to be a share, from 0 to 1, got {brief(given)}", code="invalid_value")
    return float(given)


def _switch(given: object, where: str) -> bool:
    if not isinstance(given, bool):
        raise UsageError(f"{where}: it has to be true or false, got {brief(given)}", code="invalid_value")
    return given


def _models(given: object, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The settings by role, with variables filled in."""
    mistakes = Mistakes("")
    known = known_mapping(given, "models", (ALL_ROLES, *ROLES))

    def settings(role: str, values: object) -> dict[str, Any]:
        named = known_mapping(values or {}, f"models.{role}", ModelSettings.model_fields)
        filled = {name: _expanded(name, value, environ, f"models.{role}.{name}") for name, value in named.items()}
        checked_settings(filled, lambda field: f"models.{role}.{field}")
        return filled

    read: dict[str, dict[str, Any]] = {}
    for role, values in known.items():
        read[role] = mistakes.attempt(partial(settings, role, values), {})
    mistakes.check()
    return read


def _program(given: object) -> dict[str, Any]:
    """The settings of the loop. Options may override them, which is no reason to let a wrong one stand."""
    values = known_mapping(given, "program", ProgramConfig.model_fields)
    _checked(ProgramConfig, values, "program")
    return values


def _judge(given: object) -> GateConfig:
    return _checked(GateConfig, known_mapping(given, "judge", GateConfig.model_fields), "judge")


def _metric(given: object) -> MetricConfig:
    values = known_mapping(given, "metric", MetricConfig.model_fields)
    if "weights" in values:
        known_mapping(values["weights"], "metric.weights", component_names())
    return _checked(MetricConfig, values, "metric")


def _checked(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """``values`` as a ``model`` without secrets: the message shows the values that are wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        inputs = {".".join(map(str, found["loc"])): found["input"] for found in error.errors(include_url=False)}
        found = problems(error)
    mistakes = Mistakes("")
    for place, problem in found:
        mistakes.add(f"{where}{'.' if place else ''}{place}: {problem}, got {brief(inputs[place])}", "invalid_value")
    raise mistakes.as_one()


def _expanded(name: str, value: Any, environ: Mapping[str, str], where: str) -> Any:
    # A .env that came with a folder must not say where a key goes, not even a part of it.
    known = os.environ if name == "api_base" else environ
    return expand(value, known, where) if isinstance(value, str) else value
