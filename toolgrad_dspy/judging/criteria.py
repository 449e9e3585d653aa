"""From a judge's answers to votes on the criteria: pure functions, no model is asked.

Specificity, coherence and parameter alignment are not asked for, they follow from what the judge extracted. Asked
directly, judges are 20, 8 and 4 points less accurate on them (arXiv 2409.16341, section 4).
"""

from collections.abc import Sequence
from functools import cache

from pydantic import JsonValue

from toolgrad_dspy.judging.choices import chosen
from toolgrad_dspy.judging.pairing import paired
from toolgrad_dspy.judging.slots import Slot
from toolgrad_dspy.judging.voting import Vote, no_vote
from toolgrad_dspy.provenance.statements import same_value, states
from toolgrad_dspy.records import Step
from toolgrad_dspy.signatures import MISSING, ExtractedValue, JudgedPair, Ruling

# Words beyond which a value is a message rather than a name.
LONG = 4


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


def alignment(slots: Sequence[Slot], values: Sequence[ExtractedValue], steps: Sequence[Step]) -> Vote:
    """Holds iff every argument that the query has to state is what the judge read out of the query, call by call.

    Calls that the query may be served by in either order change places as wholes (:func:`paired`); what was read for
    one parameter alone never moves to another call. How freely a value may be written is up to :func:`same_value`, a
    choice to :func:`chosen`.
    """
    answers = _answers(slots, values)
    if isinstance(answers, Vote):
        return answers
    # A slot without values is a required parameter that the call left out: specificity's matter, not alignment's.
    wanted = [slot for slot in slots if slot.values]
    slots_of_step: dict[str, list[Slot]] = {}
    for slot in wanted:
        slots_of_step.setdefault(slot.step, []).append(slot)
    read = {(slot.step, slot.parameter): answers[slot.number].value for slot in slots}

    @cache
    def amiss(call: str, reading: str) -> tuple[Slot, ...]:
        return tuple(
            slot
            for slot in slots_of_step.get(call, ())
            if not _says(read.get((reading, slot.parameter), MISSING), slot)
        )

    reading_of = paired(steps, lambda call, reading: len(amiss(call.id, reading.id)))
    wrong = [slot for step in steps for slot in amiss(step.id, reading_of[step.id])]
    reasons = [_contradiction(slot, read.get((reading_of[slot.step], slot.parameter), MISSING)) for slot in wrong]
    return _share(len(wanted), wrong, reasons, "every argument is what the query says")


def _says(text: str, slot: Slot) -> bool:
    """Whether ``text`` gives all values of ``slot``; of a choice, all of them and no other option."""
    if _is_missing(text):
        return False
    if not slot.options and len(slot.values) == 1:
        (value,) = slot.values
        # A message may be reworded: what stands beside it then says nothing against it.
        return same_value(text, value, slot.about) or (_is_long(value) and states(text, value, slot.about))
    if not slot.options:
        return all(states(text, value, slot.about) for value in slot.values)
    meant = chosen(text, slot.options, slot.about.name)
    return set(map(repr, meant)) == set(map(repr, slot.values))


def _is_long(value: JsonValue) -> bool:
    return isinstance(value, str) and len(value.split()) > LONG


def _contradiction(slot: Slot, text: str) -> str:
    given = " and ".join(repr(value) for value in slot.values)
    seen = "gives none" if _is_missing(text) else f"gives {text!r}"
    return f"{given} is not the {_name(slot)} of the query, which {seen}"


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
