"""Checking the stored samples of a run again, with all rules and without a model."""

from collections import Counter

from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.records import Record, Sample, Session, Tool
from toolgrad_dspy.runs.store import RunStore
from toolgrad_dspy.texts import examine


class SampleFault(Record):
    """One fault of a stored sample: the session's index, what kind it is, and what is wrong."""

    index: int
    code: str
    text: str


class Verification(Record):
    """What the rules find in the accepted samples of a run.

    ``sound`` ones have no fault. What the rules leave open was decided by a model when the sample was made
    (``by_model``); where no such decision is stored, it is a fault (``undecided``). A session that is not as it was
    stored is a fault, too (``damaged``), and not counted among the samples.
    """

    samples: int
    sound: int
    by_model: int
    faults: tuple[SampleFault, ...]

    @property
    def by_code(self) -> dict[str, int]:
        """How many faults there are of each kind, the most frequent first."""
        return dict(Counter(fault.code for fault in self.faults).most_common())


def verify(store: RunStore) -> Verification:
    """Check every accepted sample of a run with the rules as they are today. Raises StoreError.

    >>> with RunStore.open(Path("runs/three")) as store:
    ...     found = verify(store)
    >>> found.samples, found.sound
    (3, 3)
    """
    tools = {tool.name: tool for tool in store.tools()}
    shown_chars = _shown_chars(store)
    faults: list[SampleFault] = []
    samples = by_model = 0
    damaged: set[int] = set()
    for session in store.sessions("accepted", damaged=damaged):
        if session.sample is None:
            continue
        samples += 1
        decided, found = _faults(session, session.sample, tools, shown_chars)
        by_model += decided
        faults += found
    sound = samples - len({fault.index for fault in faults})
    changed = [SampleFault(index=i, code="damaged", text="it is not as it was stored") for i in sorted(damaged)]
    return Verification(samples=samples, sound=sound, by_model=by_model, faults=(*changed, *faults))


def _faults(
    session: Session, sample: Sample, tools: dict[str, Tool], shown_chars: int
) -> tuple[int, list[SampleFault]]:
    """How many decisions a model has made about the sample, and its faults."""
    unknown = [step.call.tool for step in sample.workflow.steps if step.call.tool not in tools]
    found = examine(
        sample.query, sample.response, sample.workflow, tools, names=sample.offered, shown_chars=shown_chars
    )
    held = {(check.about, check.text) for check in session.trace.checks if check.holds and check.by == "model"}
    faults = [SampleFault(index=session.index, code="unknown_tool", text=f"the run has no tool {n}") for n in unknown]
    faults += [SampleFault(index=session.index, code=v.code, text=v.text) for v in found.broken]
    decided = [question for question in found.questions if (question.about, question.text) in held]
    faults += [
        SampleFault(index=session.index, code="undecided", text=question.violation.text)
        for question in found.questions
        if question not in decided
    ]
    return len(decided), faults


def _shown_chars(store: RunStore) -> int:
    """How much of each result the writer of the responses was shown."""
    settings = store.config().get("program")
    stored = settings.get("written_chars") if isinstance(settings, dict) else None
    return stored if isinstance(stored, int) else ProgramConfig().written_chars
