"""Feedback for the executor, which mends calls, and for the updater, which writes the texts."""

from collections.abc import Iterable, Iterator, Mapping

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.metrics.sample_rules import LONG, SHORT
from toolgrad_dspy.provenance.statements import contains
from toolgrad_dspy.records import Attempt, Check, CheckSubject, Iteration, Report, Sample, Session, last_key, lookup
from toolgrad_dspy.texts import internal_values, leaked_names

# Characters of what a check is about, and of the reason of a session, that are passed on.
SHOWN = 300
# The code and the text of what a check that does not hold is about, by whether that is a step of the workflow.
_LACKING: Mapping[tuple[CheckSubject, bool], tuple[str, str]] = {
    ("choice", True): ("choice_not_conveyed", "The query does not convey {}."),
    ("pick", True): ("pick_not_determined", "The query does not say {}."),
    ("request", False): ("request_unserved", "No call serves what the query asks for: {}."),
    ("request", True): ("call_not_asked", "Nothing in the query asks for {}."),
    ("claim", False): ("claim_unsupported", "Neither a result nor the query has what the response says: {}."),
    ("answer", True): ("not_answered", "The response does not tell {}."),
}

# The executor


def executor_feedback(session: Session, iteration: Iteration) -> list[Finding]:
    """The findings on the repairs of ``iteration``, one at least.

    Codes: on a proposal with a repair ``repaired`` (praise), ``not_repaired``, ``repeated_failure``; ``gave_up`` on
    one whose failed call nobody replaced; ``nothing_to_repair`` (praise) if no call failed.
    """
    findings = [finding for report in iteration.reports for finding in _on_repairs(report)]
    return findings or [Finding("nothing_to_repair", "No call had to be mended.", praise=True)]


def _on_repairs(report: Report) -> Iterator[Finding]:
    drafts: dict[int, list[Attempt]] = {}
    for attempt in report.attempts:
        drafts.setdefault(attempt.draft, []).append(attempt)
    for attempts in drafts.values():
        first, last = attempts[0], attempts[-1]
        if first.verdict.outcome != "failed":
            continue
        name = f"{report.proposal}: {first.call.tool}"
        failed = first.verdict.reason.rstrip(".")
        if last.turn == 0:
            yield Finding("gave_up", f"{name} failed ({failed}), and no call was made in its place.")
            continue
        if last.verdict.outcome == "failed":
            told = f"{last.call.tool} still fails: {last.verdict.reason.rstrip('.')}"
            yield Finding("not_repaired", f"{name} failed ({failed}), and after {last.turn} turns {told}.")
        else:
            yield Finding("repaired", f"{name} failed ({failed}), and was mended.", praise=True)
        tried = [first.call]
        for attempt in attempts[1:]:
            if attempt.verdict.outcome == "failed" and attempt.call in tried:
                text = f"{name}: turn {attempt.turn} makes the same call again that had failed before."
                yield Finding("repeated_failure", text)
            tried.append(attempt.call)


# The updater


def updater_feedback(session: Session) -> list[Finding]:
    """The findings on the texts of the sample, one at least.

    Codes: ``no_sample``, ``empty_query``, ``empty_response``, ``value_not_stated``, ``internal_value``,
    ``tool_named``, ``query_length``; where a model has decided it, ``choice_not_conveyed``, ``pick_not_determined``,
    ``request_unserved``, ``call_not_asked``, ``claim_unsupported``, ``not_answered``; of texts that did not pass as
    they were first written ``rewritten``, ``salvaged``; ``sound_texts`` (praise) if there is no other.
    """
    sample = session.sample
    if sample is None:
        return [Finding("no_sample", "There was no workflow to write for.")]
    findings = [*_on_texts(sample), *_on_checks(session.trace.checks)]
    if session.trace.rewritten:
        findings.append(
            Finding("rewritten", "The texts that were written first broke a rule, and were written again.")
        )
    if session.salvaged:
        text = f"What the query does not say was taken out of the sample: {one_line(session.reason, SHOWN)}."
        findings.append(Finding("salvaged", text))
    return findings or [Finding("sound_texts", "Query and response keep all rules.", praise=True)]


def _on_checks(checks: Iterable[Check]) -> Iterator[Finding]:
    """What a model found the texts to lack. What nobody decided is no complaint: the reason for it is elsewhere."""
    for check in checks:
        lacking = _LACKING.get((check.about, check.step is not None))
        if lacking is not None and not check.holds and check.by == "model":
            code, text = lacking
            yield Finding(code, text.format(one_line(check.text, SHOWN)))


def _on_texts(sample: Sample) -> Iterator[Finding]:
    if not sample.query:
        yield Finding("empty_query", "There is no query.")
    if not sample.response:
        yield Finding("empty_response", "There is no response.")
    for step in sample.workflow.steps:
        for origin in step.origins:
            if origin.kind == "unknown":
                shown = f"{last_key(origin.pointer)} = {lookup(step.call.arguments, origin.pointer)!r}"
                text = f"The query does not state {shown}, which {step.id} ({step.call.tool}) takes from it."
                yield Finding("value_not_stated", text)
    for value in internal_values(sample.workflow):
        if contains(sample.query, value):
            text = f"The query contains the internal value {value!r}, which no person knows."
            yield Finding("internal_value", text)
    names = frozenset({*sample.offered, *(step.call.tool for step in sample.workflow.steps)})
    for part, written in (("query", sample.query), ("response", sample.response)):
        for name in leaked_names(written, names):
            yield Finding("tool_named", f"The {part} names the tool {name}.")
    words = len(sample.query.split())
    if sample.query and not SHORT <= words <= LONG:
        yield Finding("query_length", f"The query has {words} words, and a person's request {SHORT} to {LONG}.")
