"""What ``toolgrad-dspy doctor`` prints, for people and as data."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.cli.output import table
from toolgrad_dspy.lm import ROLES
from toolgrad_dspy.lm.inventory import Facts, Subject

PACKAGES = ("dspy", "litellm", "pydantic", "mcp", "optuna", "datasets")

_SOURCES = {"unknown": "-", "list": "model list", "probe": "probe", "embedded": "embedded"}
_WORDS = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of ``source``: how many there are and what their servers have to tell, or what is wrong."""

    source: str
    count: int = 0
    notes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """``models`` with their facts, None where the name leads to no engine; the tools; ``other`` problems."""

    models: tuple[tuple[Subject, Facts | None], ...]
    tools: Tools
    other: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """One line for each thing that does not work."""
        found = [*(subject.problem for subject, _ in self.models), self.tools.problem, *self.other]
        return [problem for problem in found if problem]

    @property
    def unknown(self) -> bool:
        """Whether there is a model of which nothing is known."""
        return any(facts and facts.capabilities.source == "unknown" for _, facts in self.models)

    def lines(self) -> list[str]:
        """For reading."""
        known = [(subject, facts) for subject, facts in self.models if facts]
        tools = "does not work" if self.tools.problem else f"{self.tools.count} tools"
        reached = ("model", "roles", "engine", "key", "price", "adapter")
        can = ("model", "JSON schema", "JSON mode", "tools", "log-probabilities", "known from")
        return [
            f"toolgrad-dspy {__version__}, Python {platform.python_version()}",
            "",
            table(("package", "version"), _versions().items()),
            "",
            table(reached, [_reached(subject, facts) for subject, facts in known]),
            "",
            table(can, [_can(subject, facts) for subject, facts in known]),
            "",
            f"tools of {self.tools.source}: {tools}",
            *self.tools.notes,
        ]

    def data(self) -> dict[str, JsonValue]:
        """As data."""
        return {
            "version": __version__,
            "python": platform.python_version(),
            "packages": dict(_versions()),
            "models": [_data(subject, facts) for subject, facts in self.models],
            "tools": {
                "source": self.tools.source,
                "count": self.tools.count,
                "notes": list(self.tools.notes),
                "problem": self.tools.problem,
            },
            "problems": list(self.problems),
        }


def _reached(subject: Subject, facts: Facts) -> tuple[object, ...]:
    embedded = subject.settings.is_rehearsal
    key = "none needed" if embedded else "set" if facts.has_key else "not set"
    price = "free" if embedded else "known" if facts.has_price else "not known"
    return subject.name, _roles(subject), facts.engine, key, price, _adapters(facts)


def _can(subject: Subject, facts: Facts) -> tuple[object, ...]:
    words = [_WORDS[value] for value in facts.capabilities.found().values()]
    return subject.name, *words, _SOURCES[facts.capabilities.source]


def _data(subject: Subject, facts: Facts | None) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        "model": subject.settings.model,
        "api_base": subject.api_base,
        "roles": list(subject.roles),
        "fallback_of": list(subject.stands_in),
        "problem": subject.problem,
    }
    if facts:
        can = facts.capabilities
        adapters: dict[str, JsonValue] = {
            role: {"name": name, "set": is_set} for role, (name, is_set) in facts.adapters.items()
        }
        shown |= {
            "engine": facts.engine,
            "key": facts.has_key,
            "price": facts.has_price,
            "capabilities": {**can.found(), "source": can.source},
            "adapters": adapters,
        }
    return shown


def _adapters(facts: Facts) -> str:
    by_name: dict[str, list[str]] = {}
    for role, (name, is_set) in facts.adapters.items():
        by_name.setdefault(f"{name} (set)" if is_set else name, []).append(role)
    if len(by_name) <= 1:
        return next(iter(by_name), "-")
    return "; ".join(f"{name}: {', '.join(roles)}" for name, roles in by_name.items())


def _roles(subject: Subject) -> str:
    shown = [_named(subject.roles)] if subject.roles else []
    if subject.stands_in:
        shown.append(f"fallback: {_named(subject.stands_in)}")
    return "; ".join(shown)


def _named(roles: tuple[str, ...]) -> str:
    return "all" if len(roles) == len(ROLES) else ", ".join(roles)


def _versions() -> dict[str, str]:
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
