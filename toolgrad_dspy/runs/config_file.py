"""The configuration file: models by role, the settings of the loop and the metric, in YAML.

    models:
      all: {model: openai/gpt-4.1-mini, temperature: 0.7}
      selector: {model: anthropic/claude-sonnet-4-5, api_key: "${MY_KEY}"}
    program: {iterations: 6, mini_batch: 30}
    metric: {weights: {executed: 1, qor: 2}, votes: 3, temperature: 0.7}

The command line goes before the environment, the environment before the file. An unknown key is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolgrad_dspy.errors import UsageError, hint, one_line, os_reason
from toolgrad_dspy.lm.settings import ROLES, ModelSettings, environment
from toolgrad_dspy.lm.sources import ALL_ROLES
from toolgrad_dspy.metrics import MetricConfig, component_names
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.tools.mcp.secrets import expand


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a file says. ``models`` maps a role's name, or ``all``, to settings; ``source`` names the file."""

    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    program: Mapping[str, Any] = field(default_factory=dict)
    metric: MetricConfig = field(default_factory=MetricConfig)
    source: str = ""


def load_config_file(path: Path | None) -> ConfigFile:
    """The configuration in ``path``; an empty one without a path. Raises UsageError that names file and key."""
    if path is None:
        return ConfigFile()
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_reason(error)}") from None
    except yaml.MarkedYAMLError as error:
        # Its text quotes the line, which may be the one with a key.
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "it cannot be read"
        raise UsageError(f"{path} is not YAML: {where}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not YAML: {one_line(error, 160)}") from None
    top = _mapping(data, f"{path}", ("models", "program", "metric"))
    models = _mapping(top.get("models") or {}, f"{path}: models", (ALL_ROLES, *ROLES))
    return ConfigFile(
        models={
            role: _expanded(_mapping(values or {}, f"{path}: models.{role}", ModelSettings.model_fields), path)
            for role, values in models.items()
        },
        program=_mapping(top.get("program") or {}, f"{path}: program", ProgramConfig.model_fields),
        metric=_metric(top.get("metric") or {}, str(path)),
        source=str(path),
    )


def program_config(file: ConfigFile, **options: object) -> ProgramConfig:
    """The settings of the loop: ``options`` that are not None over the file's. Raises UsageError."""
    from pydantic import ValidationError

    given = {name: value for name, value in options.items() if value is not None}
    try:
        return ProgramConfig(**{**file.program, **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"{file.source}: program.{first['loc'][0]}: {first['msg']}, got {first['input']!r}"
        ) from None


def _metric(given: object, source: str) -> MetricConfig:
    from pydantic import ValidationError

    values = _mapping(given, f"{source}: metric", MetricConfig.model_fields)
    if "weights" in values:
        _mapping(values["weights"], f"{source}: metric.weights", component_names())
    try:
        return MetricConfig(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{source}: metric.{where}: {said}, got {first['input']!r}") from None


def _mapping(value: object, where: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} has to be a mapping of names to values")
    names = tuple(known)
    for key in value:
        if key not in names:
            raise UsageError(f"{where}: unknown key {key!r}; {hint(key, names)}", code="unknown_key")
    return value


def _expanded(values: dict[str, Any], path: Path) -> dict[str, Any]:
    environ = environment()
    return {
        name: expand(value, environ, f"{path}: {name}") if isinstance(value, str) else value
        for name, value in values.items()
    }
