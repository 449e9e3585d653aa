"""What ``toolgrad-dspy doctor`` prints, for people and as data."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.cli.output import table
from toolgrad_dspy.errors import ToolGradError
from toolgrad_dspy.lm import ROLES
from toolgrad_dspy.lm.inventory import DistinctModel, ModelFacts

PACKAGES = ("dspy", "litellm", "pydantic", "mcp", "optuna", "datasets")

_SOURCES = {"unknown": "-", "list": "model list", "probe": "probe", "embedded": "embedded"}
_WORDS = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of ``source``: their number and the notes about them, or what is wrong."""

    source: str
    count: int = 0
    notes: tuple[str, ...] = ()
    problem: ToolGradError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The ``models`` with their facts, or None where the name leads to no engine; the tools; ``other`` problems."""

    models: tuple[tuple[DistinctModel, ModelFacts | None], ...]
    tools: Tools
    other: tuple[ToolGradError, ...] = ()

    @property
    def problems(self) -> list[str]:
        """One line, with the error's code at its end, for everything that does not work."""
        errors = [*(model.problem for model, _ in self.models), self.tools.problem, *self.other]
        return [error.line for error in errors if error]

    @property
    def unknown(self) -> bool:
        """Whether there is a model whose capabilities are unknown."""
        return any(facts and facts.capabilities.source == "unknown" for _, facts in self.models)

    def lines(self) -> list[str]:
        """The report for reading, without the problems."""
        known = [(model, facts) for model, facts in self.models if facts]
        tools = "does not work" if self.tools.problem else f"{self.tools.count} tools"
        access = ("model", "roles", "engine", "key", "price", "adapter")
        capabilities = ("model", "JSON schema", "of calls", "JSON mode", "tools", "log-probabilities", "known from")
        return [
            f"toolgrad-dspy {__version__}, Python {platform.python_version()}",
            "",
            table(("package", "version"), _versions().items()),
            "",
            table(access, [_access_row(model, facts) for model, facts in known]),
            "",
            table(capabilities, [_capability_row(model, facts) for model, facts in known]),
            "",
            f"tools of {self.tools.source}: {tools}",
            *self.tools.notes,
        ]

    def data(self) -> dict[str, JsonValue]:
        """The report as data, with the problems."""
        return {
            "version": __version__,
            "python": platform.python_version(),
            "packages": dict(_versions()),
            "models": [_model_data(model, facts) for model, facts in self.models],
            "tools": {
                "source": self.tools.source,
                "count": self.tools.count,
                "notes": list(self.tools.notes),
                "problem": self.tools.problem.line if self.tools.problem else None,
            },
            "problems": list(self.problems),
        }


def _access_row(model: DistinctModel, facts: ModelFacts) -> tuple[object, ...]:
    embedded = model.settings.is_rehearsal
    key = "none needed" if embedded else "set" if facts.has_key else "not set"
    price = "free" if embedded else "known" if facts.has_price else "not known"
    return model.name, _roles(model), facts.engine, key, price, _adapters(facts)


def _capability_row(model: DistinctModel, facts: ModelFacts) -> tuple[object, ...]:
    words = [_WORDS[value] for value in facts.capabilities.by_name().values()]
    return model.name, *words, _SOURCES[facts.capabilities.source]


def _model_data(model: DistinctModel, facts: ModelFacts | None) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        "model": model.settings.model,
        "api_base": model.api_base,
        "roles": list(model.roles),
        "fallback_of": list(model.fallback_of),
        "problem": model.problem.line if model.problem else None,
    }
    if facts:
        able = facts.capabilities
        adapters: dict[str, JsonValue] = {
            role: {"name": name, "set": is_set} for role, (name, is_set) in facts.adapters.items()
        }
        shown |= {
            "engine": facts.engine,
            "key": facts.has_key,
            "price": facts.has_price,
            "capabilities": {**able.by_name(), "source": able.source},
            "adapters": adapters,
        }
    return shown


def _adapters(facts: ModelFacts) -> str:
    by_name: dict[str, list[str]] = {}
    for role, (name, is_set) in facts.adapters.items():
        by_name.setdefault(f"{name} (set)" if is_set else name, []).append(role)
    if len(by_name) <= 1:
        return next(iter(by_name), "-")
    return "; ".join(f"{name}: {', '.join(roles)}" for name, roles in by_name.items())


def _roles(model: DistinctModel) -> str:
    shown = [_role_names(model.roles)] if model.roles else []
    if model.fallback_of:
        shown.append(f"fallback: {_role_names(model.fallback_of)}")
    return "; ".join(shown)


def _role_names(roles: tuple[str, ...]) -> str:
    return "all" if len(roles) == len(ROLES) else ", ".join(roles)


def _versions() -> dict[str, str]:
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
