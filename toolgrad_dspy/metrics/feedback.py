"""Feedback on one step of a session, from what happened in it: for the proposer, and for the selector.

Each line states a fact and where it shows. It names what went wrong and leaves the remedy to the reader.
"""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from toolgrad_dspy.metrics.sample_rules import repeated
from toolgrad_dspy.metrics.trace_rules import redundant, sound, steps_before
from toolgrad_dspy.provenance.origins import alike
from toolgrad_dspy.records import Attempt, Iteration, Report, Session, Step, last_key, leaves, lookup

# Values that stand for a value rather than being one.
PLACEHOLDER = re.compile(
    r"^(example|string|text|value|test|sample|placeholder|foo|bar|dummy|todo|tbd|n/?a|x{2,}|your[_ -].*"
    r"|<.*>|\{.*\})$",
    re.IGNORECASE,
)
ID = re.compile(r"(^|_)ids?$", re.IGNORECASE)
# Words of an argument or result key: lacking that names one is concrete.
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def proposer_feedback(session: Session, iteration: Iteration) -> list[str]:
    """One line per finding on the proposals of ``iteration``."""
    if not iteration.reports:
        return [f"No proposal came about: {'; '.join(iteration.failures) or 'none was made'}."]
    before = steps_before(session, iteration.number)
    lines: list[str] = []
    for report in iteration.reports:
        lines += _on_proposal(report, before)
    drafts = [attempt for report in iteration.reports for attempt in report.attempts if attempt.turn == 0]
    if before and not any(_uses(attempt, before) for attempt in drafts):
        lines.append("In all proposals, no call uses a result of the workflow.")
    lacking = set(_KEY.findall(_lacking_before(session, iteration.number)))
    parameters = {last_key(pointer) for attempt in drafts for pointer, _ in leaves(attempt.call.arguments)}
    if lacking and not any(alike(parameter, key) for parameter in parameters for key in lacking):
        lines.append(f"This does not address what is lacking: {', '.join(sorted(lacking))}.")
    lines += _unknown_origins(session, iteration)
    return lines


def _unknown_origins(session: Session, iteration: Iteration) -> Iterator[str]:
    """The arguments of the iteration's steps that neither the query states nor anything else gives."""
    steps = session.sample.workflow.steps if session.sample else ()
    for step in steps:
        for origin in step.origins:
            if step.id in iteration.added and origin.kind == "unknown":
                value = lookup(step.call.arguments, origin.pointer)
                shown = f"{last_key(origin.pointer)} = {value!r} of {step.call.tool}"
                yield f"{step.id}: {shown} has no known origin, and the query does not state it."


def _on_proposal(report: Report, before: tuple[Step, ...]) -> Iterator[str]:
    name = report.proposal
    if report.outcome == "failed" or report.reason:
        yield f"{name} failed: {report.reason or 'no call succeeded'}."
    elif any(attempt.turn for attempt in report.attempts):
        yield f"{name} ran only after a repair."
    else:
        yield f"{name} ran at once" + (", but its result is empty." if report.outcome == "empty" else ".")
    if report.kept and redundant(report, before):
        yield f"{name} repeats a call of the workflow."
    yield from (f"{name}: {said}." for said in _same_results(report, before))
    for attempt in report.attempts:
        if attempt.turn == 0:
            yield from _on_draft(name, attempt, before)


def _same_results(report: Report, before: tuple[Step, ...]) -> Iterator[str]:
    """The calls of the report that are new but told nothing new."""
    for attempt in report.kept:
        if attempt.observation is not None and all(attempt.call != step.call for step in before):
            earlier = repeated(attempt.call, attempt.observation, before)
            if earlier is not None:
                yield f"the result of {attempt.call.tool} is that of {earlier} again"


def _on_draft(name: str, attempt: Attempt, before: tuple[Step, ...]) -> Iterator[str]:
    tool = attempt.call.tool
    earlier = next((step.id for step in before if step.call.tool == tool), None)
    if earlier is not None:
        yield f"{name}: the tool {tool} was used before, in {earlier}."
    from_results = {origin.pointer for origin in attempt.origins if origin.kind == "result"}
    for pointer, value in leaves(attempt.call.arguments):
        if pointer in from_results or not isinstance(value, (str, int, float)) or "/$" in pointer:
            continue
        parameter = last_key(pointer)
        if isinstance(value, str) and PLACEHOLDER.match(value):
            yield f"{name}: {parameter} = {value!r} of {tool} looks like a placeholder."
        holder = _holder(parameter, before)
        if holder is not None and not any(o.pointer == pointer and o.kind == "schema" for o in attempt.origins):
            yield f"{name}: {parameter} = {value!r} of {tool} was made up although step {holder} already holds one."
        elif holder is None and ID.search(parameter) and attempt.verdict.outcome == "failed":
            yield f"{name}: no result holds a value for {parameter} of {tool}, so it could only be guessed."


def _holder(parameter: str, before: tuple[Step, ...]) -> str | None:
    """The latest step whose result has a value under the parameter's own name, ids and compound names only."""
    if "_" not in parameter:
        return None
    for step in reversed(before):
        for path, value in leaves(step.observation.value):
            if last_key(path) and value not in (None, "", [], {}) and alike(parameter, last_key(path)):
                return step.id if "_" in last_key(path) else None
    return None


def _uses(attempt: Attempt, before: tuple[Step, ...]) -> bool:
    known = {step.id for step in before}
    return any(origin.step in known for origin in attempt.origins)


def _lacking_before(session: Session, number: int) -> str:
    """What the selector of the latest earlier iteration said was lacking."""
    said = [i.selection.lacking for i in session.trace.iterations if i.number < number and i.selection is not None]
    return said[-1] if said else ""


def selector_feedback(session: Session, iteration: Iteration) -> list[str]:
    """One line per finding on the selection of ``iteration``."""
    selection = iteration.selection
    if selection is None:
        return [f"No selection came about: {'; '.join(iteration.failures) or 'there was nothing to select'}."]
    before = steps_before(session, iteration.number)
    lines = []
    chosen = next((report for report in iteration.reports if report.proposal == selection.report), None)
    if chosen is None:
        verdict = "rightly" if sound(session, iteration) else "although a report with something new was there"
        lines.append(f"Nothing was chosen, {verdict}.")
    else:
        lines += _on_choice(chosen, iteration, before, selection.note)
    if not _concrete(selection.lacking, session):
        lines.append(f"{selection.lacking!r} says nothing concrete about what is lacking.")
    return lines or ["The selection is sound."]


def _on_choice(chosen: Report, iteration: Iteration, before: tuple[Step, ...], note: str) -> Iterator[str]:
    if chosen.outcome == "empty":
        yield f"The chosen report {chosen.proposal} came back empty."
    if redundant(chosen, before):
        yield f"The chosen report {chosen.proposal} adds nothing new: the workflow has these calls already."
    yield from (f"In the chosen report {chosen.proposal}, {said}." for said in _same_results(chosen, before))
    if note:
        yield f"The chosen report {chosen.proposal} belongs to chain {note.split('corrected to ')[-1]}."
    if not _builds_on(chosen, before):
        for other in iteration.reports:
            if other is not chosen and other.outcome == "ok" and (steps := _builds_on(other, before)):
                yield f"{other.proposal} was passed over although it builds on {', '.join(steps)}."


def _builds_on(report: Report, before: tuple[Step, ...]) -> list[str]:
    known = {step.id for step in before}
    return sorted({o.step for a in report.kept for o in a.origins if o.step in known and o.step is not None})


def _concrete(lacking: str, session: Session) -> bool:
    """Whether the text names something of the session: a tool, an argument or result key, or a value in a result."""
    if _KEY.search(lacking):
        return True
    steps = session.sample.workflow.steps if session.sample else ()
    words = {word.lower() for word in re.findall(r"\w{4,}", lacking)}
    known: set[str] = set()
    for step in steps:
        known.update(_words(step.call.tool))
        for path, value in leaves(step.observation.value):
            known.update(_words(last_key(path)))
            known.update(_words(value))
    return len(words & known) >= 2


def _words(value: JsonValue) -> list[str]:
    return re.findall(r"[a-z]{4,}", str(value).lower().replace("_", " "))
