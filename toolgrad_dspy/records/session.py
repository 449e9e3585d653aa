"""The outcome of one session of the loop: its sample, its trace and what it used."""

from typing import Literal

from toolgrad_dspy.records.answer import AnswerFault
from toolgrad_dspy.records.base import OutsideText, Record
from toolgrad_dspy.records.check import Check
from toolgrad_dspy.records.judgement import Judgement
from toolgrad_dspy.records.proposal import Proposal, Report, Selection
from toolgrad_dspy.records.workflow import Workflow

# How the reason of a session begins that judges rejected: a criterion does not hold, or could not be decided.
JUDGED = "judged"
UNDECIDED = "judge: undecided"

SessionStatus = Literal["accepted", "rejected", "failed"]


class Iteration(Record):
    """One pass of the loop. ``failures`` holds what went wrong in it, one line each (a failed step is data)."""

    number: int
    offered: tuple[str, ...]
    reason: OutsideText = ""
    proposals: tuple[Proposal, ...] = ()
    reports: tuple[Report, ...] = ()
    selection: Selection | None = None
    added: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


class Trace(Record):
    """Everything that a session did, in order. ``faults`` are those of models' answers, used or not.

    ``checks`` are the decisions about the texts as they are stored, in the order of the workflow. ``rewritten`` says
    that these are a second writing, since the first broke a rule. ``judgement`` is that of the judges, where they
    decide over acceptance.
    """

    iterations: tuple[Iteration, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[AnswerFault, ...] = ()
    checks: tuple[Check, ...] = ()
    judgement: Judgement | None = None
    rewritten: bool = False


class RoleUsage(Record):
    """What one LM role used in a session.

    ``cached_tokens`` counts those of the input tokens that came from the provider's prompt cache. ``usd`` is the cost
    of the calls whose price is known, ``unpriced`` the number of the others.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def plus(self, other: "RoleUsage") -> "RoleUsage":
        """The sum of both."""
        return RoleUsage(**{name: getattr(self, name) + getattr(other, name) for name in RoleUsage.model_fields})

    def minus(self, other: "RoleUsage") -> "RoleUsage":
        """The difference to ``other``."""
        return RoleUsage(**{name: getattr(self, name) - getattr(other, name) for name in RoleUsage.model_fields})


class ToolUsage(Record):
    """How the calls of a tool ended, repeated ones too.

    ``failures`` counts them by :data:`~toolgrad_dspy.records.ErrorKind`; a crash of the server is ``connection``, and
    what the last one said is ``last_crash``.
    """

    calls: int = 0
    failures: dict[str, int] = {}
    last_crash: OutsideText = ""

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    def plus(self, other: "ToolUsage") -> "ToolUsage":
        """Both together; ``other`` came later."""
        kinds = sorted({*self.failures, *other.failures})
        return ToolUsage(
            calls=self.calls + other.calls,
            failures={kind: self.failures.get(kind, 0) + other.failures.get(kind, 0) for kind in kinds},
            last_crash=other.last_crash or self.last_crash,
        )


class Usage(Record):
    """What a session used. ``tool_calls`` counts failed calls too; ``replayed_calls`` those that repeat others.

    ``tools`` says how they ended, by tool. ``unanswered`` counts LM calls that got no answer after all attempts: for
    a rate limit, an outage, a time limit.
    """

    roles: dict[str, RoleUsage] = {}
    tool_calls: int = 0
    replayed_calls: int = 0
    tools: dict[str, ToolUsage] = {}
    unanswered: int = 0

    @property
    def lm_calls(self) -> int:
        return sum(role.calls for role in self.roles.values())

    @property
    def all_tool_calls(self) -> int:
        """Tool calls, the repeated ones too."""
        return self.tool_calls + self.replayed_calls

    @property
    def tokens(self) -> int:
        """Input and output tokens over all roles."""
        return sum(role.input_tokens + role.output_tokens for role in self.roles.values())


class Sample(Record):
    """A training sample (q, W, r): the user's query, the workflow that answers it, the response.

    ``offered`` names the tools the proposer saw in the session, used or not: exports draw their
    distractors from it.
    """

    id: str
    seed: int
    query: OutsideText
    workflow: Workflow
    response: OutsideText
    offered: tuple[str, ...] = ()


class Session(Record):
    """One session's outcome.

    ``accepted``: the sample passed every check. ``rejected``: there is a sample or a part of one, and
    ``reason`` says which check it failed. ``failed``: there is no sample, and ``reason`` says why.
    An accepted one has a reason if it was salvaged: what was taken out because the query did not ask for it.
    """

    index: int
    seed: int
    status: SessionStatus
    reason: str = ""
    sample: Sample | None = None
    trace: Trace = Trace()
    usage: Usage = Usage()
    seconds: float = 0.0

    @property
    def salvaged(self) -> bool:
        """Whether something was taken out of the sample before it was accepted."""
        return self.status == "accepted" and bool(self.reason)

    @property
    def reason_key(self) -> str:
        """The kind of reason, by which statistics group: the reason up to its first colon.

        >>> Session(index=0, seed=0, status="rejected", reason="replay: s1 gave another result").reason_key
        'replay'
        """
        return self.reason.partition(":")[0].strip() or "not given"

    @property
    def refused_by(self) -> tuple[str, ...]:
        """The criteria for which judges rejected the session, or ``undecided``; none if they did not.

        >>> Session(index=0, seed=0, status="rejected", reason="judged: minimality, qor>=80: twice").refused_by
        ('minimality', 'qor>=80')
        """
        if self.reason.startswith(UNDECIDED):
            return ("undecided",)
        if self.reason_key != JUDGED:
            return ()
        return tuple(self.reason.split(":")[1].strip().split(", "))
