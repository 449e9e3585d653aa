"""The named components of the optimization metric: an open registry, and the default weights.

A component gives each session a number in [0, 1], higher is better. Most are rules: functions of a session, or of its
sample (:func:`of_sample`). Others are decided by a judge (:class:`Judged`). Your own component is registered under a
name, and can then be weighed like the built-in ones, in Python and in a configuration file that is read afterwards:

    def brief(sample: Sample) -> float:
        return float(len(sample.response) <= 300)

    register("brief", of_sample(brief))
    metric = Metric({"executed": 3, "brief": 1})

The contract, which ``conformance.py`` checks: a rule gives a value for every session, also for one without a sample,
with an empty trace or failed; the same value every time; and it changes nothing. It may be called from many threads.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from toolgrad_dspy.errors import UsageError, hint
from toolgrad_dspy.judging.prompts import CRITERIA, GROUPS
from toolgrad_dspy.metrics import iteration_rules, sample_rules, trace_rules, worth
from toolgrad_dspy.metrics.iteration_rules import IterationRule
from toolgrad_dspy.records import Criterion, JudgeGroup, Judgement, Sample, Session

SessionRule = Callable[[Session], float]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The name under which the parts of a score tell how much of the floor was reached. No component is called so.
FLOOR_PART = "floor"


def _unchanged(share: float) -> float:
    return share


@dataclass(frozen=True, slots=True)
class Judged:
    """A component that a judge decides: the ``group`` of questions to ask, and the ``criterion`` to read.

    ``criterion`` is one that the group decides, or ``qor`` of the group ``quality``. What was judged, in [0, 1] (the
    share that holds; of QoR a hundredth), goes through ``curve``:

        register("all_aligned", Judged("instruction", "alignment", curve=lambda share: float(share == 1)))

    Raises UsageError for a criterion that the group does not decide (``unknown_criterion``).
    """

    group: JudgeGroup
    criterion: Criterion | Literal["qor"]
    curve: Callable[[float], float] = _unchanged

    def __post_init__(self) -> None:
        decided: dict[str, tuple[str, ...]] = {group: CRITERIA[group] or ("qor",) for group in GROUPS}
        if self.criterion not in decided.get(self.group, ()):
            known = "; ".join(f"{group}: {', '.join(names)}" for group, names in decided.items())
            raise UsageError(
                f"the judge's group {self.group!r} does not decide {self.criterion!r}; choose from {known}",
                code="unknown_criterion",
            )

    def value(self, judgement: Judgement) -> float | None:
        """The component's value; None when it was not judged."""
        if self.criterion == "qor":
            quality = judgement.quality
            share = None if quality is None or quality.score is None else quality.score / 100
        else:
            judged = judgement.on(self.criterion)
            share = None if judged is None else judged.score
        return None if share is None else self.curve(share)


def of_sample(rule: Callable[[Sample], float]) -> SessionRule:
    """``rule`` as a rule of the session: 0 for a session without a sample."""
    return lambda session: 0.0 if session.sample is None else rule(session.sample)


_rules: dict[str, SessionRule] = {}
_step_rules: dict[str, IterationRule] = {}
_judged: dict[str, Judged] = {}

# Views of the registry as it is when they are read: the rules by name, those that single iterations tell something
# about, and the components that need a judge.
RULE_COMPONENTS: Mapping[str, SessionRule] = MappingProxyType(_rules)
ITERATION_COMPONENTS: Mapping[str, IterationRule] = MappingProxyType(_step_rules)
JUDGED_COMPONENTS: Mapping[str, Judged] = MappingProxyType(_judged)


def register(name: str, rule: SessionRule | Judged, *, iteration_rule: IterationRule | None = None) -> None:
    """Add a component, for the rest of the process.

    >>> from toolgrad_dspy.metrics.metric import Metric
    >>> register("brief", of_sample(lambda sample: float(len(sample.response) <= 300)))
    >>> Metric({"brief": 1}, floor=0).score(Session(index=0, seed=0, status="failed")).parts
    {'brief': 0.0}
    >>> unregister("brief")

    ``name`` is in snake case. ``iteration_rule`` says what a single iteration adds to the component; without one, it
    does not count where a program is tuned on recorded iterations. Raises UsageError for a name that is taken
    (``duplicate_component``: nothing is ever overwritten) or cannot be one (``component_name``), and for an iteration
    rule of a judged component (``judged_iteration_rule``).
    """
    if not _NAME.fullmatch(name) or name == FLOOR_PART:
        raise UsageError(
            f"{name!r} cannot name a metric component; use a name like short_query", code="component_name"
        )
    if name in component_names():
        raise UsageError(
            f"there is a metric component {name!r} already; choose another name, or unregister your own first",
            code="duplicate_component",
        )
    if isinstance(rule, Judged):
        # A judge reads whole samples: it tells nothing about a single step.
        if iteration_rule is not None:
            raise UsageError(
                f"the judged component {name!r} cannot have an iteration rule", code="judged_iteration_rule"
            )
        _judged[name] = rule
        return
    _rules[name] = rule
    if iteration_rule is not None:
        _step_rules[name] = iteration_rule


def unregister(name: str) -> None:
    """Remove a component of your own. Metrics that weigh it can no longer be used.

    Raises UsageError for one that does not exist (``unknown_component``) and for a built-in one
    (``builtin_component``).
    """
    require(name)
    if name in BUILTIN:
        raise UsageError(f"the metric component {name!r} is built in and stays", code="builtin_component")
    for registry in (_rules, _step_rules, _judged):
        registry.pop(name, None)


def component_names() -> tuple[str, ...]:
    """The names of all components: first the rules, then those that a judge decides."""
    return (*_rules, *_judged)


def require(name: str) -> None:
    """Raise UsageError if there is no component ``name`` (``unknown_component``)."""
    known = component_names()
    if name not in known:
        raise UsageError(f"unknown metric component {name!r}; {hint(name, known)}", code="unknown_component")


def groups_of(names: Iterable[str]) -> tuple[JudgeGroup, ...]:
    """The calls of the judge that the components need, each once, in a fixed order."""
    wanted = {_judged[name].group for name in names if name in _judged}
    return tuple(group for group in GROUPS if group in wanted)


def rule_value(name: str, session: Session) -> float:
    """The value of a rule component. Raises UsageError if it is not in [0, 1] (``component_out_of_range``)."""
    return in_range(name, _rules[name](session), session)


def in_range(name: str, value: float, session: Session) -> float:
    """``value``, checked: outside of [0, 1] one component would silently outweigh all others. Raises UsageError."""
    if not 0 <= value <= 1:
        raise UsageError(
            f"the metric component {name!r} gave {value} for session {session.index}; it has to give a number from 0 "
            "to 1",
            code="component_out_of_range",
        )
    return value


register("executed", trace_rules.executed, iteration_rule=iteration_rules.executed)
register("known_origins", of_sample(sample_rules.known_origins))
register("dependent", of_sample(sample_rules.dependent), iteration_rule=iteration_rules.dependent)
register("distinct_tools", of_sample(sample_rules.distinct_tools), iteration_rule=iteration_rules.distinct_tools)
register("sound_selections", trace_rules.sound_selections, iteration_rule=iteration_rules.sound_selections)
register("growth", trace_rules.growth, iteration_rule=iteration_rules.growth)
register("valid", trace_rules.valid)
register("chain_depth", of_sample(sample_rules.chain_depth))
register("no_redundancy", of_sample(sample_rules.no_redundancy), iteration_rule=iteration_rules.no_redundancy)
register("no_leak", of_sample(sample_rules.no_leak))
register("length", of_sample(sample_rules.length))
register("useful_steps", worth.useful_steps, iteration_rule=iteration_rules.useful_steps)
register("picks_determined", worth.picks_determined)
register("texts_at_once", worth.texts_at_once)
register("efficiency", worth.efficiency)
register("qor", Judged("quality", "qor"))
register("specificity", Judged("instruction", "specificity"))
register("coherence", Judged("instruction", "coherence"))
register("solvability", Judged("instruction", "solvability"))
register("alignment", Judged("instruction", "alignment"))
register("sufficiency", Judged("calls", "sufficiency"))
register("minimality", Judged("calls", "minimality"))

BUILTIN = frozenset(component_names())

# What a sample is worth: steps that build on one another and each tell something, with different tools, and texts
# that pass, best at once. Then its price, and how proposals and selections go: all that single iterations tell of it.
WEIGHTS: Mapping[str, float] = {
    "dependent": 3.0,
    "useful_steps": 2.0,
    "distinct_tools": 1.0,
    "picks_determined": 1.0,
    "texts_at_once": 1.0,
    "valid": 2.0,
    "efficiency": 1.0,
    "executed": 1.0,
    "sound_selections": 1.0,
}

# Useful steps that a session should have, and the share of its score that reaching them is: the other components are
# shares of steps, and highest in the shortest samples. No paper has the figures. Five is one more than the shipped
# program has to give on average (benchmarks/generate.py); with a fifth of the score, two iterations (three steps)
# score clearly less than eight.
FLOOR = 5
FLOOR_SHARE = 0.2
