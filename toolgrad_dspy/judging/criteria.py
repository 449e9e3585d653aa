"""From a judge's answers to votes on the criteria: pure functions, no model is asked.

Specificity, coherence and parameter alignment are not asked for, they follow from what the judge extracted. Asked
directly, judges are 20, 8 and 4 points less accurate on them (arXiv 2409.16341, section 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from toolgrad_dspy.judging.slots import Slot
from toolgrad_dspy.provenance.mentions import states
from toolgrad_dspy.signatures import MISSING, ExtractedValue, JudgedPair, Ruling


@dataclass(frozen=True, slots=True)
class Vote:
    """What one answer says of one criterion: ``score`` is the share that holds; ``holds`` is None if it says nothing.

    ``steps`` names the steps that a failure is about.
    """

    holds: bool | None
    score: float
    reason: str
    steps: tuple[str, ...] = ()


def nothing(reason: str) -> Vote:
    """The vote of an answer that is not usable."""
    return Vote(None, 0.0, reason)


def direct(ruling: Ruling) -> Vote:
    """A criterion that was asked for: solvability, sufficiency, minimality."""
    return Vote(ruling.holds, float(ruling.holds), ruling.reason)


def specificity(blanks: Sequence[Slot], values: Sequence[ExtractedValue]) -> Vote:
    """Holds iff the query gives a value for every blank of a required parameter."""
    said = _filled(blanks, values)
    if isinstance(said, Vote):
        return said
    wanted = [blank for blank in blanks if blank.required]
    missing = [blank for blank in wanted if _is_missing(said[blank.number].value)]
    reasons = [f"the query gives no {_named(b)}: {said[b.number].reason}" for b in missing]
    return _share(len(wanted), missing, reasons, "the query gives every value that is required")


def alignment(blanks: Sequence[Slot], values: Sequence[ExtractedValue]) -> Vote:
    """Holds iff every argument that the query has to state is what the judge read out of the query.

    Of calls to the same tool, any may have any of the values that were read for that parameter: which is whose the
    query need not say in the calls' order. How freely a value may be written is :func:`states`'.
    """
    said = _filled(blanks, values)
    if isinstance(said, Vote):
        return said
    read: dict[tuple[str, str], list[str]] = {}
    for blank in blanks:
        value = said[blank.number].value
        if not _is_missing(value):
            read.setdefault((blank.tool, blank.parameter), []).append(value)
    wanted = [blank for blank in blanks if blank.values]
    wrong, reasons = [], []
    for blank in wanted:
        texts = read.get((blank.tool, blank.parameter), [])
        strange = [v for v in blank.values if not any(states(text, v) for text in texts)]
        if strange:
            wrong.append(blank)
            given = ", ".join(repr(value) for value in strange)
            seen = f"gives {' and '.join(map(repr, texts))}" if texts else "gives none"
            reasons.append(f"{given} is not the {_named(blank)} of the query, which {seen}")
    return _share(len(wanted), wrong, reasons, "every argument is what the query says")


def coherence(pairs: Sequence[tuple[str, str]], answers: Sequence[JudgedPair]) -> Vote:
    """Holds iff of every pair of successive sentences the second can come after the first; with one sentence, too."""
    judged = {answer.pair: answer for answer in reversed(answers)}
    numbers = range(1, len(pairs) + 1)
    absent = [number for number in numbers if number not in judged]
    if absent:
        return nothing(f"the answer leaves out the pair of sentences {absent[0]}")
    broken = [number for number in numbers if not judged[number].follows]
    reason = "; ".join(f"{pairs[n - 1][1]!r} does not follow: {judged[n].reason}" for n in broken)
    score = 1 - len(broken) / len(pairs) if pairs else 1.0
    return Vote(not broken, score, reason or "each sentence follows the one before it")


def _filled(blanks: Sequence[Slot], values: Sequence[ExtractedValue]) -> dict[int, ExtractedValue] | Vote:
    """The answer to each blank by its number, the first one if there are more; or the vote that one is left out."""
    said = {value.blank: value for value in reversed(values)}
    absent = next((blank for blank in blanks if blank.number not in said), None)
    return said if absent is None else nothing(f"the answer leaves out the {_named(absent)}")


def _is_missing(value: str) -> bool:
    return not value.strip() or value.strip().lower().startswith(MISSING)


def _named(blank: Slot) -> str:
    return f"{blank.parameter} of {blank.tool} ({blank.step})"


def _share(wanted: int, wrong: Sequence[Slot], reasons: Sequence[str], fine: str) -> Vote:
    steps = tuple(dict.fromkeys(blank.step for blank in wrong))
    return Vote(not wrong, 1 - len(wrong) / wanted if wanted else 1.0, "; ".join(reasons) or fine, steps)
