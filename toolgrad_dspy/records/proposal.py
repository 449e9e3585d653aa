"""Proposals, the reports of their execution, and the selection among those."""

from toolgrad_dspy.records.base import OutsideObject, OutsideText, Record
from toolgrad_dspy.records.call import Observation, OutcomeKind, ToolCall, Verdict
from toolgrad_dspy.records.workflow import Origin


class DraftCall(Record):
    """A call as proposed: an argument, at any depth, may be a reference to an earlier result.

    A reference is the object ``{"$from": "s2", "$path": "/results/0/id"}``: step ``s2`` of the workflow, or
    ``"#1"`` for the first call of the same proposal; ``$path`` is a JSON Pointer into that result.
    """

    tool: str
    arguments: OutsideObject = {}


class Proposal(Record):
    """One next piece of work: an imperative instruction and the calls that carry it out, in order.

    ``id`` is ``p1``, ``p2``, ... within its iteration.
    """

    id: str
    instruction: OutsideText
    calls: tuple[DraftCall, ...]


class Attempt(Record):
    """One call that was tried for a proposal.

    ``id`` is ``a1``, ``a2``, ... in the order of the report: origins within the report name it. ``draft`` is the
    1-based position of the draft it was made for, ``turn`` 0 for the draft as proposed and 1, 2, ... for a repair.
    ``observation`` is None when the call was refused before it was sent. ``kept`` says that the report needs this
    call. ``seconds`` is the call's latency, 0 if the same call had been made before and its result was taken.
    ``left_out`` says of each argument that the draft has and the call has not why.
    """

    id: str
    draft: int
    turn: int
    call: ToolCall
    observation: Observation | None
    verdict: Verdict
    origins: tuple[Origin, ...] = ()
    kept: bool = False
    seconds: float = 0.0
    left_out: tuple[OutsideText, ...] = ()


class Report(Record):
    """The execution of one proposal: every attempt in order, and how it ended."""

    proposal: str
    instruction: OutsideText
    outcome: OutcomeKind
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def kept(self) -> tuple[Attempt, ...]:
        """The calls that a workflow takes over with this report, in the order they ran."""
        return tuple(attempt for attempt in self.attempts if attempt.kept)


class Selection(Record):
    """The textual gradient: which report to take, onto which chain, why, and what is lacking now.

    ``report`` is None when nothing is taken. ``chain`` is None for a new chain. ``note`` says how the choice of
    chain was corrected, if the argument origins contradict it.
    """

    report: str | None
    chain: str | None
    reason: OutsideText
    lacking: OutsideText = ""
    note: str = ""
