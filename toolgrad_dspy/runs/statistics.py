"""The yield and the cost of a run, in the terms of the ToolGrad paper (arXiv 2508.04086, section on efficiency)."""

from collections import Counter
from dataclasses import dataclass, field

from toolgrad_dspy.records import Record, RoleUsage, Sample, Session
from toolgrad_dspy.runs.store import RunStore


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
      each of the criteria that did not hold (:attr:`Session.refused_by`).
    """

    sessions: int
    accepted: int
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

    lm_calls_per_sample: float | None
    lm_calls_per_sample_by_role: dict[str, float]
    lm_calls_per_step: float | None
    tool_calls_per_sample: float | None
    replayed_calls_per_sample: float | None
    input_tokens_per_sample: float | None
    output_tokens_per_sample: float | None
    seconds_per_session: float | None


def statistics(store: RunStore) -> RunStatistics:
    """The figures of the run so far, in one pass over the store. Raises StoreError.

    >>> with RunStore.open(Path("runs/three")) as store:
    ...     figures = statistics(store)
    >>> figures.sessions, figures.accepted, figures.pass_rate
    (3, 3, 1.0)
    """
    totals = _Totals()
    for session in store.sessions(traces=False):
        totals.add(session)
    return totals.statistics()


@dataclass(slots=True)
class _Totals:
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: {"rejected": Counter(), "failed": Counter()})
    refused: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    chains: int = 0
    dependent: int = 0
    value_dependent: int = 0
    state_dependent: int = 0
    tools: set[str] = field(default_factory=set)
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
        for role, used in session.usage.roles.items():
            self.roles[role] = self.roles.get(role, RoleUsage()).plus(used)
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
            lm_calls_per_sample=_mean(calls, accepted),
            lm_calls_per_sample_by_role={role: mean for role, mean in by_role.items() if mean is not None},
            lm_calls_per_step=_mean(calls, self.steps),
            tool_calls_per_sample=_mean(self.tool_calls, accepted),
            replayed_calls_per_sample=_mean(self.replayed_calls, accepted),
            input_tokens_per_sample=_mean(sum(used.input_tokens for used in self.roles.values()), accepted),
            output_tokens_per_sample=_mean(sum(used.output_tokens for used in self.roles.values()), accepted),
            seconds_per_session=_mean(self.seconds, sessions),
        )


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
