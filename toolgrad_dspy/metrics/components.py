"""The named parts of the optimization metric, and their default weights."""

from collections.abc import Callable, Iterable, Mapping

from toolgrad_dspy.metrics import sample_rules
from toolgrad_dspy.metrics import trace_rules as rules
from toolgrad_dspy.records import JudgeGroup, Sample, Session


def _of_sample(rule: Callable[[Sample], float]) -> Callable[[Session], float]:
    """``rule`` on a session's sample; 0 for a session without one."""
    return lambda session: 0.0 if session.sample is None else rule(session.sample)


# Parts that rules decide.
PARTS: Mapping[str, Callable[[Session], float]] = {
    "executed": rules.executed,
    "known_origins": _of_sample(sample_rules.known_origins),
    "dependent": _of_sample(sample_rules.dependent),
    "distinct_tools": _of_sample(sample_rules.distinct_tools),
    "sound_selections": rules.sound_selections,
    "growth": rules.growth,
    "valid": rules.valid,
    "chain_depth": _of_sample(sample_rules.chain_depth),
    "no_redundancy": _of_sample(sample_rules.no_redundancy),
    "no_leak": _of_sample(sample_rules.no_leak),
    "length": _of_sample(sample_rules.length),
}

# Parts that need a judge, and the call of the judge that decides each.
JUDGED_PARTS: Mapping[str, JudgeGroup] = {
    "qor": "quality",
    "specificity": "instruction",
    "coherence": "instruction",
    "solvability": "instruction",
    "alignment": "instruction",
    "sufficiency": "calls",
    "minimality": "calls",
}

ALL_PARTS = (*PARTS, *JUDGED_PARTS)

# What makes data worth having first: calls that run, and steps that build on one another.
WEIGHTS: Mapping[str, float] = {
    "executed": 3.0,
    "known_origins": 1.0,
    "dependent": 3.0,
    "distinct_tools": 1.0,
    "sound_selections": 2.0,
    "growth": 1.0,
    "valid": 1.0,
}


def groups_of(parts: Iterable[str]) -> tuple[JudgeGroup, ...]:
    """The calls of the judge that ``parts`` need, each once, in a fixed order."""
    wanted = {JUDGED_PARTS[name] for name in parts if name in JUDGED_PARTS}
    return tuple(group for group in dict.fromkeys(JUDGED_PARTS.values()) if group in wanted)
