"""Feedback on one step of a session, from what happened in it: for the proposer, and for the selector.

Each finding states a fact and where it shows. It names what went wrong and leaves the remedy to the reader. Programs
go by the codes. The rehearsal model, like any other, reads the texts: ``lm/rehearsal/habits.py`` knows their wording.
"""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.metrics.trace_rules import redundant, sound, steps_before
from toolgrad_dspy.provenance.made_up import unknowable
from toolgrad_dspy.provenance.placeholders import is_placeholder
from toolgrad_dspy.provenance.repeats import repeated
from toolgrad_dspy.records import (
    Attempt,
    Iteration,
    Report,
    Selection,
    Session,
    Step,
    alike,
    last_key,
    leaves,
    lookup,
)

# Words of an argument or result key: lacking that names one is concrete.
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")

# The proposer


def proposer_feedback(session: Session, iteration: Iteration) -> list[Finding]:
    """The findings on the proposals of ``iteration``, one at least.

    Codes: ``no_proposal``; on a proposal ``proposal_ran`` (praise), ``proposal_failed``, ``proposal_repaired``,
    ``empty_result``, ``repeated_call``, ``repeated_result``; on its draft calls ``tool_used_before``,
    ``placeholder``, ``made_up_value``, ``guessed_id``; on all proposals together ``uses_no_result``,
    ``lacking_not_addressed``, ``unknown_origin``, ``pick_not_determined``.
    """
    if not iteration.reports:
        reason = "; ".join(iteration.failures) or "none was made"
        return [Finding("no_proposal", f"No proposal came about: {reason}.")]
    before = steps_before(session, iteration.number)
    findings: list[Finding] = []
    for report in iteration.reports:
        findings += _on_proposal(report, before)
    # Repair turns are the executor's: the proposer is told of its own drafts only.
    drafts = [attempt for report in iteration.reports for attempt in report.attempts if attempt.turn == 0]
    if before and not any(_uses(attempt, before) for attempt in drafts):
        findings.append(Finding("uses_no_result", "In all proposals, no call uses a result of the workflow."))
    lacking = set(_KEY.findall(_lacking_before(session, iteration.number)))
    parameters = {last_key(pointer) for attempt in drafts for pointer, _ in leaves(attempt.call.arguments)}
    if lacking and not any(alike(parameter, key) for parameter in parameters for key in lacking):
        text = f"This does not address what is lacking: {', '.join(sorted(lacking))}."
        findings.append(Finding("lacking_not_addressed", text))
    findings += _unknown_origins(session, iteration)
    findings += _undetermined_picks(session, iteration)
    return findings


def _unknown_origins(session: Session, iteration: Iteration) -> Iterator[Finding]:
    """The arguments of the iteration's steps that neither the query states nor anything else gives."""
    steps = session.sample.workflow.steps if session.sample else ()
    for step in steps:
        for origin in step.origins:
            if step.id in iteration.added and origin.kind == "unknown":
                value = lookup(step.call.arguments, origin.pointer)
                shown = f"{last_key(origin.pointer)} = {value!r} of {step.call.tool}"
                text = f"{step.id}: {shown} has no known origin, and the query does not state it."
                yield Finding("unknown_origin", text)


def _undetermined_picks(session: Session, iteration: Iteration) -> Iterator[Finding]:
    """What the iteration's steps took out of several, and no query that was written for it could tell from them."""
    for check in session.trace.checks:
        # What nobody decided may well be determined.
        if check.about == "pick" and not check.holds and check.by == "model" and check.step in iteration.added:
            yield Finding("pick_not_determined", f"{check.step}: nothing in the query tells {check.text}.")


def _on_proposal(report: Report, before: tuple[Step, ...]) -> Iterator[Finding]:
    name = report.proposal
    # A reason without a failed outcome: the first calls ran, a later one did not.
    if report.outcome == "failed" or report.reason:
        yield Finding("proposal_failed", f"{name} failed: {report.reason or 'no call succeeded'}.")
    elif any(attempt.turn for attempt in report.attempts):
        yield Finding("proposal_repaired", f"{name} ran only after a repair.")
    elif report.outcome == "empty":
        yield Finding("empty_result", f"{name} ran at once, but its result is empty.")
    else:
        yield Finding("proposal_ran", f"{name} ran at once.", praise=True)
    if report.kept and redundant(report, before):
        yield Finding("repeated_call", f"{name} repeats a call of the workflow.")
    yield from (Finding("repeated_result", f"{name}: {text}.") for text in _same_results(report, before))
    for attempt in report.attempts:
        if attempt.turn == 0:
            yield from _on_draft(name, attempt, before)


def _same_results(report: Report, before: tuple[Step, ...]) -> Iterator[str]:
    """What to say of each call of the report that is new but gave a result that was there already."""
    for attempt in report.kept:
        if attempt.observation is not None and all(attempt.call != step.call for step in before):
            earlier = repeated(attempt.call, attempt.observation, before)
            if earlier is not None:
                yield f"the result of {attempt.call.tool} is that of {earlier} again"


def _on_draft(name: str, attempt: Attempt, before: tuple[Step, ...]) -> Iterator[Finding]:
    tool = attempt.call.tool
    earlier = next((step.id for step in before if step.call.tool == tool), None)
    if earlier is not None:
        yield Finding("tool_used_before", f"{name}: the tool {tool} was used before, in {earlier}.")
    from_results = {origin.pointer for origin in attempt.origins if origin.kind == "result"}
    # Below "/$" is part of a reference, not a value.
    made = [
        (pointer, last_key(pointer), value)
        for pointer, value in leaves(attempt.call.arguments)
        if pointer not in from_results and isinstance(value, (str, int, float)) and "/$" not in pointer
    ]
    # One finding for a call: three of them are one thing to be mended.
    if odd := [f"{parameter} = {value!r}" for _, parameter, value in made if is_placeholder(value)]:
        says = "looks like a placeholder" if len(odd) == 1 else "look like placeholders"
        yield Finding("placeholder", f"{name}: {' and '.join(odd)} of {tool} {says}.")
    guessed = []
    for pointer, parameter, value in made:
        holder = _holder(parameter, before)
        # A default or one of an enum's values is not made up, even where a result holds another.
        if holder is not None and not any(o.pointer == pointer and o.kind == "schema" for o in attempt.origins):
            shown = f"{parameter} = {value!r} of {tool}"
            text = f"{name}: {shown} was made up although step {holder} already holds one."
            yield Finding("made_up_value", text)
        # Only where it failed: an id that works came from somewhere, the tool's description for instance.
        elif holder is None and unknowable(parameter) and attempt.verdict.outcome == "failed":
            guessed.append(parameter)
    if guessed:
        text = f"{name}: no result holds a value for {' or '.join(guessed)} of {tool}, so it could only be guessed."
        yield Finding("guessed_id", text)


def _holder(parameter: str, before: tuple[Step, ...]) -> str | None:
    """The latest step whose result has a value under the parameter's own name, ids and compound names only."""
    # Plain names (date, name, city) mean different things in different tools.
    if "_" not in parameter:
        return None
    for step in reversed(before):
        for path, value in leaves(step.observation.value):
            if last_key(path) and value not in (None, "", [], {}) and alike(parameter, last_key(path)):
                return step.id if "_" in last_key(path) else None
    return None


def _uses(attempt: Attempt, before: tuple[Step, ...]) -> bool:
    known = {step.id for step in before}
    return any(source.step in known for origin in attempt.origins for source in origin.sources)


def _lacking_before(session: Session, number: int) -> str:
    """What the selector of the latest earlier iteration said was lacking."""
    texts = [i.selection.lacking for i in session.trace.iterations if i.number < number and i.selection is not None]
    return texts[-1] if texts else ""


# The selector


def selector_feedback(session: Session, iteration: Iteration) -> list[Finding]:
    """The findings on the selection of ``iteration``, one at least.

    Codes: ``no_selection``, ``nothing_chosen_rightly`` (praise), ``nothing_chosen_wrongly``; on the chosen report
    ``empty_result``, ``repeated_call``, ``repeated_result``, ``wrong_chain``, ``deeper_report_passed_over``; on what
    the selector says is lacking ``vague_lacking``; and ``sound_selection`` (praise) if there is no other.
    """
    selection = iteration.selection
    if selection is None:
        reason = "; ".join(iteration.failures) or "there was nothing to select"
        return [Finding("no_selection", f"No selection came about: {reason}.")]
    before = steps_before(session, iteration.number)
    findings: list[Finding] = []
    chosen = next((report for report in iteration.reports if report.proposal == selection.report), None)
    if chosen is not None:
        findings += _on_choice(chosen, iteration, before, selection)
    elif sound(session, iteration):
        findings.append(Finding("nothing_chosen_rightly", "Nothing was chosen, rightly.", praise=True))
    else:
        text = "Nothing was chosen, although a report with something new was there."
        findings.append(Finding("nothing_chosen_wrongly", text))
    if not _concrete(selection.lacking, session):
        text = f"{selection.lacking!r} says nothing concrete about what is lacking."
        findings.append(Finding("vague_lacking", text))
    return findings or [Finding("sound_selection", "The selection is sound.", praise=True)]


def _on_choice(
    chosen: Report, iteration: Iteration, before: tuple[Step, ...], selection: Selection
) -> Iterator[Finding]:
    name = f"The chosen report {chosen.proposal}"
    if chosen.outcome == "empty":
        yield Finding("empty_result", f"{name} came back empty.")
    if redundant(chosen, before):
        yield Finding("repeated_call", f"{name} adds nothing new: the workflow has these calls already.")
    for text in _same_results(chosen, before):
        yield Finding("repeated_result", f"In the chosen report {chosen.proposal}, {text}.")
    if selection.note:  # the chain is the corrected one
        text = f"{name} belongs to chain {selection.chain}: its arguments come from there."
        yield Finding("wrong_chain", text)
    if not _builds_on(chosen, before):
        for report in iteration.reports:
            if report is not chosen and report.outcome == "ok" and (steps := _builds_on(report, before)):
                text = f"{report.proposal} was passed over although it builds on {', '.join(steps)}."
                yield Finding("deeper_report_passed_over", text)


def _builds_on(report: Report, before: tuple[Step, ...]) -> list[str]:
    known = {step.id for step in before}
    return sorted({s.step for a in report.kept for o in a.origins for s in o.sources if s.step in known})


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
    # One word in common may be chance ("time", "place").
    return len(words & known) >= 2


def _words(value: JsonValue) -> list[str]:
    return re.findall(r"[a-z]{4,}", str(value).lower().replace("_", " "))
