"""From a judge's answers to votes on the criteria: pure functions, no model is asked.

Specificity, coherence and parameter alignment are not asked for, they follow from what the judge extracted. Asked
directly, judges are 20, 8 and 4 points less accurate on them (arXiv 2409.16341, section 4).
"""

from collections.abc import Sequence

from toolgrad_dspy.judging.slots import Slot
from toolgrad_dspy.judging.voting import Vote, no_vote
from toolgrad_dspy.provenance.statements import states
from toolgrad_dspy.signatures import MISSING, ExtractedValue, JudgedPair, Ruling


def direct(ruling: Ruling) -> Vote:
    """A criterion that was asked for: solvability, sufficiency, minimality."""
    return Vote(ruling.holds, float(ruling.holds), ruling.reason)


def specificity(slots: Sequence[Slot], values: Sequence[ExtractedValue]) -> Vote:
    """Holds iff the query gives a value for every slot of a required parameter."""
    answers = _answers(slots, values)
    if isinstance(answers, Vote):
        return answers
    wanted = [slot for slot in slots if slot.required]
    missing = [slot for slot in wanted if _is_missing(answers[slot.number].value)]
    reasons = [f"the query gives no {_name(slot)}: {answers[slot.number].reason}" for slot in missing]
    return _share(len(wanted), missing, reasons, "the query gives every value that is required")


def alignment(slots: Sequence[Slot], values: Sequence[ExtractedValue]) -> Vote:
    """Holds iff every argument that the query has to state is what the judge read out of the query.

    Of several calls to one tool, each may have any of the values that were read for that parameter: the query need
    not state them in the order of the calls. How freely a value may be written is up to :func:`states`.
    """
    answers = _answers(slots, values)
    if isinstance(answers, Vote):
        return answers
    read: dict[tuple[str, str], list[str]] = {}
    for slot in slots:
        value = answers[slot.number].value
        if not _is_missing(value):
            read.setdefault((slot.tool, slot.parameter), []).append(value)
    # A slot without values is a required parameter that the call left out: specificity's matter, not alignment's.
    wanted = [slot for slot in slots if slot.values]
    wrong, reasons = [], []
    for slot in wanted:
        texts = read.get((slot.tool, slot.parameter), [])
        unstated = [value for value in slot.values if not any(states(text, value) for text in texts)]
        if unstated:
            wrong.append(slot)
            given = ", ".join(repr(value) for value in unstated)
            seen = f"gives {' and '.join(map(repr, texts))}" if texts else "gives none"
            reasons.append(f"{given} is not the {_name(slot)} of the query, which {seen}")
    return _share(len(wanted), wrong, reasons, "every argument is what the query says")


def coherence(pairs: Sequence[tuple[str, str]], answers: Sequence[JudgedPair]) -> Vote:
    """Holds iff in every pair of successive sentences the second can follow the first; with one sentence, too."""
    # Backwards, so that of two answers about one pair the first stands.
    judged = {answer.pair: answer for answer in reversed(answers)}
    numbers = range(1, len(pairs) + 1)
    absent = next((number for number in numbers if number not in judged), None)
    if absent is not None:
        return no_vote(f"the answer leaves out the pair of sentences {absent}")
    broken = [number for number in numbers if not judged[number].follows]
    reason = "; ".join(f"{pairs[n - 1][1]!r} does not follow: {judged[n].reason}" for n in broken)
    score = 1 - len(broken) / len(pairs) if pairs else 1.0
    return Vote(not broken, score, reason or "each sentence follows the one before it")


def _answers(slots: Sequence[Slot], values: Sequence[ExtractedValue]) -> dict[int, ExtractedValue] | Vote:
    """The answer to each slot by its number, the first one if there are more; or the vote that one is left out.

    An answer that leaves a slot out is not usable for the others either: its numbers may have slipped.
    """
    answers = {value.blank: value for value in reversed(values)}
    absent = next((slot for slot in slots if slot.number not in answers), None)
    return answers if absent is None else no_vote(f"the answer leaves out the {_name(absent)}")


def _is_missing(value: str) -> bool:
    # Models add to the mark: "#missing (not stated)".
    return not value.strip() or value.strip().lower().startswith(MISSING)


def _name(slot: Slot) -> str:
    return f"{slot.parameter} of {slot.tool} ({slot.step})"


def _share(wanted: int, wrong: Sequence[Slot], reasons: Sequence[str], fine: str) -> Vote:
    """The vote where ``wrong`` of ``wanted`` slots do not hold; with none wanted, it holds."""
    steps = tuple(dict.fromkeys(slot.step for slot in wrong))
    return Vote(not wrong, 1 - len(wrong) / wanted if wanted else 1.0, "; ".join(reasons) or fine, steps)
