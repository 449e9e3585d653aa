"""The yield and the cost of a run, in the terms of the ToolGrad paper (arXiv 2508.04086, section on efficiency)."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import Record, RoleUsage, Sample, Session, ToolUsage
from toolgrad_dspy.runs.duplicates import Alike, call_signature, plain_query
from toolgrad_dspy.runs.store import RunStore

# How many of the most frequent signatures and queries are told, and how much of each, in characters.
MOST_FREQUENT = 3
SHOWN_CHARS = 120


class RunStatistics(Record):
    """Figures of a run. A mean over nothing is None.

    *Per sample* divides what all sessions used, failed and rejected ones included, by the number of accepted samples:
    the cost of a usable sample. Content figures (steps, chains, dependence) are means over the accepted samples.

    - ``pass_rate``: share of the sessions that end with an accepted triple (query, workflow, response).
    - ``steps_per_sample``: ground-truth tools: the calls over all chains.
    - ``dependent_*``: steps that have to come after an earlier one; ``value_dependent_*`` those with an argument that
      comes from its result, ``state_dependent_*`` those that need its effect, or would change what it gave. A step
      can be both.
    - ``tool_calls_per_sample`` counts failed calls too; ``replayed_calls_per_sample`` counts the calls that only
      repeat accepted steps: on branches, to check them, and to find the order that state asks for.
    - ``*_by_reason``: counts by :attr:`Session.reason_key`; ``refused_by_criterion``: those that judges rejected, by
      each of the criteria that did not hold (:attr:`Session.refused_by`). ``salvaged`` are among the accepted.
    - ``equal_*_share``: the share of accepted samples whose call signature, or query, an earlier one has
      (``duplicates.py``); ``most_frequent_*`` counts those that occur more than once, the first three.
    - ``checks``: decisions about the texts of all sessions, by what they are about; ``checks_by_rules_share`` and
      ``checks_by_model_share``: which share of each was decided by a rule, and by a model. Nobody decided the rest.
    - ``readings_per_sample``: LM calls of the role ``judge``, which reads what the rules leave open.
    - ``tools`` and ``servers``: how all calls ended, repeated ones too, of every tool, and over those of every source
      (:class:`~toolgrad_dspy.records.ToolUsage`).
    - ``damaged``: the indices of sessions that are not as they were stored. No other figure counts them.
    """

    sessions: int
    accepted: int
    salvaged: int
    rejected: int
    failed: int
    rejected_by_reason: dict[str, int]
    failed_by_reason: dict[str, int]
    refused_by_criterion: dict[str, int] = {}
    pass_rate: float | None

    steps_per_sample: float | None
    chains_per_sample: float | None
    dependent_steps_per_sample: float | None
    dependent_step_share: float | None
    value_dependent_steps_per_sample: float | None
    state_dependent_steps_per_sample: float | None
    distinct_tools: int

    equal_signatures_share: float | None
    equal_queries_share: float | None
    most_frequent_signatures: dict[str, int] = {}
    most_frequent_queries: dict[str, int] = {}

    checks: dict[str, int] = {}
    checks_by_rules_share: dict[str, float] = {}
    checks_by_model_share: dict[str, float] = {}
    readings_per_sample: float | None

    lm_calls_per_sample: float | None
    lm_calls_per_sample_by_role: dict[str, float]
    lm_calls_per_step: float | None
    tool_calls_per_sample: float | None
    replayed_calls_per_sample: float | None
    input_tokens_per_sample: float | None
    output_tokens_per_sample: float | None
    seconds_per_session: float | None
    tools: dict[str, ToolUsage] = {}
    servers: dict[str, ToolUsage] = {}
    damaged: tuple[int, ...] = ()


def statistics(store: RunStore) -> RunStatistics:
    """The figures of the run so far, in one pass over the store. Raises StoreError.

    >>> with RunStore.open(Path("runs/three")) as store:
    ...     figures = statistics(store)
    >>> figures.sessions, figures.accepted, figures.pass_rate
    (3, 3, 1.0)
    """
    totals = _Totals()
    damaged: set[int] = set()
    for session in store.sessions(traces=False, damaged=damaged):
        totals.add(session)
    figures = totals.statistics()
    return figures.model_copy(
        update={
            "most_frequent_signatures": _most_frequent(store, totals.signatures, call_signature),
            "most_frequent_queries": _most_frequent(store, totals.queries, lambda sample: sample.query),
            **_checked(store, damaged),
            "servers": _by_source(store, figures.tools),
            "damaged": tuple(sorted(damaged)),
        }
    )


def _most_frequent(store: RunStore, alike: Alike, text: Callable[[Sample], str]) -> dict[str, int]:
    """The texts that occur most often, each as the first sample has it."""
    found: Counter[str] = Counter()
    for index, count in alike.most_frequent(MOST_FREQUENT):
        sample = store.session(index, traces=False).sample
        # Two long texts may be equal in what is shown of them.
        found[one_line(text(sample), SHOWN_CHARS) if sample else ""] += count
    return dict(found)


def _checked(store: RunStore, damaged: set[int]) -> dict[str, dict[str, int] | dict[str, float]]:
    """The figures of the decisions about texts."""
    totals: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {"rule": Counter(), "model": Counter(), "nobody": Counter()}
    for about, decided, count in store.checks(damaged):
        totals[about] += count
        by[decided][about] += count
    shares = {who: {about: counts[about] / totals[about] for about in totals} for who, counts in by.items()}
    return {
        "checks": dict(totals),
        "checks_by_rules_share": shares["rule"],
        "checks_by_model_share": shares["model"],
    }


def _by_source(store: RunStore, tools: Mapping[str, ToolUsage]) -> dict[str, ToolUsage]:
    """The counts of ``tools``, those of a source together."""
    sources: dict[str, ToolUsage] = {}
    for tool in store.tools():
        if tool.name in tools:
            sources[tool.source] = sources.get(tool.source, ToolUsage()).plus(tools[tool.name])
    return dict(sorted(sources.items()))


@dataclass(slots=True)
class _Totals:
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: {"rejected": Counter(), "failed": Counter()})
    refused: Counter[str] = field(default_factory=Counter)
    salvaged: int = 0
    signatures: Alike = field(default_factory=Alike)
    queries: Alike = field(default_factory=Alike)
    steps: int = 0
    chains: int = 0
    dependent: int = 0
    value_dependent: int = 0
    state_dependent: int = 0
    tools: set[str] = field(default_factory=set)
    called: dict[str, ToolUsage] = field(default_factory=dict)
    roles: dict[str, RoleUsage] = field(default_factory=dict)
    tool_calls: int = 0
    replayed_calls: int = 0
    seconds: float = 0.0

    def add(self, session: Session) -> None:
        self.statuses[session.status] += 1
        if session.status != "accepted":
            self.reasons[session.status][session.reason_key] += 1
            self.refused.update(session.refused_by)
        elif session.sample is not None:
            self._add_content(session.sample)
            self.salvaged += session.salvaged
            self.signatures.add(session.index, call_signature(session.sample))
            self.queries.add(session.index, plain_query(session.sample))
        for role, used in session.usage.roles.items():
            self.roles[role] = self.roles.get(role, RoleUsage()).plus(used)
        for tool, counts in session.usage.tools.items():
            self.called[tool] = self.called.get(tool, ToolUsage()).plus(counts)
        self.tool_calls += session.usage.tool_calls
        self.replayed_calls += session.usage.replayed_calls
        self.seconds += session.seconds

    def _add_content(self, sample: Sample) -> None:
        steps = sample.workflow.steps
        self.steps += len(steps)
        self.chains += len(sample.workflow.chains)
        self.dependent += sum(1 for step in steps if step.depends_on)
        self.value_dependent += sum(1 for step in steps if step.uses)
        self.state_dependent += sum(1 for step in steps if step.after)
        self.tools.update(step.call.tool for step in steps)

    def statistics(self) -> RunStatistics:
        sessions, accepted = self.statuses.total(), self.statuses["accepted"]
        calls = sum(used.calls for used in self.roles.values())
        by_role = {role: _mean(self.roles[role].calls, accepted) for role in sorted(self.roles)}
        return RunStatistics(
            sessions=sessions,
            accepted=accepted,
            salvaged=self.salvaged,
            rejected=self.statuses["rejected"],
            failed=self.statuses["failed"],
            rejected_by_reason=dict(self.reasons["rejected"].most_common()),
            failed_by_reason=dict(self.reasons["failed"].most_common()),
            refused_by_criterion=dict(self.refused.most_common()),
            pass_rate=_mean(accepted, sessions),
            steps_per_sample=_mean(self.steps, accepted),
            chains_per_sample=_mean(self.chains, accepted),
            dependent_steps_per_sample=_mean(self.dependent, accepted),
            dependent_step_share=_mean(self.dependent, self.steps),
            value_dependent_steps_per_sample=_mean(self.value_dependent, accepted),
            state_dependent_steps_per_sample=_mean(self.state_dependent, accepted),
            distinct_tools=len(self.tools),
            equal_signatures_share=self.signatures.share,
            equal_queries_share=self.queries.share,
            readings_per_sample=_mean(self.roles.get("judge", RoleUsage()).calls, accepted),
            lm_calls_per_sample=_mean(calls, accepted),
            lm_calls_per_sample_by_role={role: mean for role, mean in by_role.items() if mean is not None},
            lm_calls_per_step=_mean(calls, self.steps),
            tool_calls_per_sample=_mean(self.tool_calls, accepted),
            replayed_calls_per_sample=_mean(self.replayed_calls, accepted),
            input_tokens_per_sample=_mean(sum(used.input_tokens for used in self.roles.values()), accepted),
            output_tokens_per_sample=_mean(sum(used.output_tokens for used in self.roles.values()), accepted),
            seconds_per_session=_mean(self.seconds, sessions),
            tools=dict(sorted(self.called.items())),
        )


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
