"""Samples of a run that are alike: how many there are, and refusing those beyond a share.

Two samples are alike if they make the same calls, tools and arguments in order, whatever the values that came from
results; or if their queries are equal but for case, punctuation and white space.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from toolgrad_dspy.records import Sample, Session, SessionStatus, Step
from toolgrad_dspy.records.pointer import escape
from toolgrad_dspy.runs.store import RunStore

DUPLICATE = "duplicate"
"""The kind of reason, :attr:`Session.reason_key`, of a session that was refused for being like an earlier one."""

# Between why a session was refused and the reason that it had before: what was taken out of its sample.
_BEFORE = "; "
# Shares are decimal fractions, which floats only come near.
_ROUNDING = 1e-9
_WORD = re.compile(r"\w+")


def call_signature(sample: Sample) -> str:
    """The calls in the order they ran, with their arguments; null for each value that came from a result.

    >>> from toolgrad_dspy.records import Chain, Observation, ToolCall, Workflow
    >>> call = ToolCall(tool="find", arguments={"kind": "cafe"})
    >>> step = Step(id="s1", call=call, observation=Observation(text="Bean"))
    >>> workflow = Workflow(chains=(Chain(id="c1", steps=(step,)),))
    >>> call_signature(Sample(id="x", seed=0, query="Any cafes?", workflow=workflow, response="Two."))
    'find({"kind": "cafe"})'
    """
    return " ".join(map(_signed, sample.workflow.steps))


def plain_query(sample: Sample) -> str:
    """The words of the query, in lower case."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", sample.query).casefold()))


@dataclass(slots=True)
class Alike:
    """Counts texts that are equal: what it has seen is a digest of each, and the index it was seen at first."""

    first: dict[bytes, int] = field(default_factory=dict)
    counts: Counter[bytes] = field(default_factory=Counter)

    def add(self, index: int, text: str) -> None:
        """Count a text."""
        digest = _digest(text)
        self.first.setdefault(digest, index)
        self.counts[digest] += 1

    def earlier(self, text: str) -> int | None:
        """The index at which ``text`` was seen first."""
        return self.first.get(_digest(text))

    @property
    def share(self) -> float | None:
        """The share of texts that were there before; None if there are none."""
        total = self.counts.total()
        return (total - len(self.counts)) / total if total else None

    def most_frequent(self, most: int) -> Iterator[tuple[int, int]]:
        """Where the texts that were seen more than once were seen first, and how often, at most so many."""
        for digest, count in self.counts.most_common(most):
            if count > 1:
                yield self.first[digest], count


def refused(samples: Iterable[tuple[int, Sample]], share: float) -> Iterator[tuple[int, str]]:
    """The indices of ``samples``, given in the order of their index, that are refused, and why.

    Of those that are kept, at most the ``share`` is like an earlier one, up to every index: so a sample is decided by
    those before it alone, and one that is added later changes nothing.
    """
    calls, queries = Alike(), Alike()
    kept = alike = 0
    for index, sample in samples:
        signature, query = call_signature(sample), plain_query(sample)
        same_calls, same_query = calls.earlier(signature), queries.earlier(query)
        is_alike = same_calls is not None or same_query is not None
        if is_alike and alike + 1 > share * (kept + 1) + _ROUNDING:
            what, other = ("calls", same_calls) if same_calls is not None else ("query", same_query)
            yield index, f"the same {what} as session {other}"
            continue
        kept, alike = kept + 1, alike + is_alike
        calls.add(index, signature)
        queries.add(index, query)


def refuse_duplicates(store: RunStore, share: float) -> None:
    """Reject the accepted sessions of ``store`` that are alike beyond ``share``, in one transaction.

    All are decided anew, those that were refused before too: of two that are alike the one with the lower index
    stays, whichever ended first. Nothing is deleted. Raises StoreError.
    """
    before: dict[int, tuple[SessionStatus, str]] = {}

    def candidates() -> Iterator[tuple[int, Sample]]:
        for session in store.sessions(traces=False):
            if session.sample is not None and (session.status == "accepted" or session.reason_key == DUPLICATE):
                before[session.index] = session.status, session.reason
                yield session.index, session.sample

    why = dict(refused(candidates(), share))
    now = {index: _decision(*decided, why.get(index)) for index, decided in before.items()}
    store.decide({index: decided for index, decided in now.items() if decided != before[index]})


def without_duplicates(sessions: Sequence[Session], share: float) -> list[Session]:
    """``sessions``, in the order of their index, with those rejected that are alike beyond ``share``."""
    accepted = ((session.index, session.sample) for session in sessions if session.status == "accepted")
    why = dict(refused(((index, sample) for index, sample in accepted if sample is not None), share))

    def decided(session: Session) -> Session:
        if session.index not in why:
            return session
        status, reason = _decision(session.status, session.reason, why[session.index])
        return session.model_copy(update={"status": status, "reason": reason})

    return [decided(session) for session in sessions]


def _decision(status: SessionStatus, reason: str, why: str | None) -> tuple[SessionStatus, str]:
    """The status and the reason of a session that is refused for ``why``, or accepted; ``reason`` is what it had."""
    own = reason if status == "accepted" else reason.partition(_BEFORE)[2]
    if why is None:
        return "accepted", own
    return "rejected", f"{DUPLICATE}: {why}" + (f"{_BEFORE}{own}" if own else "")


def _signed(step: Step) -> str:
    taken = {origin.pointer for origin in step.origins if origin.kind == "result"}
    arguments = _without(step.call.arguments, taken, "")
    return f"{step.call.tool}({json.dumps(arguments, sort_keys=True, ensure_ascii=False)})"


def _without(value: JsonValue, taken: set[str], pointer: str) -> JsonValue:
    """``value`` with null for each leaf that stands at a pointer of ``taken``."""
    if pointer in taken:
        return None
    if isinstance(value, dict):
        return {key: _without(item, taken, f"{pointer}/{escape(key)}") for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, taken, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
