"""``toolgrad-dspy show``: a readable view of a run or of one session's trace."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.options import Json, RunFolder
from toolgrad_dspy.cli.output import note, say, say_json, say_json_list, table
from toolgrad_dspy.cli.prompts import show_prompts
from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.records import Attempt, Check, Iteration, Judgement, Report, Session, SessionStatus, Step

if TYPE_CHECKING:
    from toolgrad_dspy.runs import RunStore

# Characters of a result that are shown.
RESULT_CHARS = 160


# Salvaged sessions are among the accepted.
STATUSES: tuple[str, ...] = (*get_args(SessionStatus), "salvaged")
Status = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        help=f"Show the sessions that ended so, one after another: {', '.join(STATUSES)}; several with commas, or "
        "given again.",
        metavar="STATUS",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", help="With --status or --prompts: so many at most.", min=1, show_default=False),
]


def show(
    run: RunFolder,
    session: Annotated[
        int | None, typer.Argument(help="The index of a session; without it, list all.", metavar="ID")
    ] = None,
    status: Status = None,
    limit: Limit = None,
    only_sample: Annotated[
        bool, typer.Option("--sample", help="Only the session's sample, without its trace.")
    ] = False,
    prompts: Annotated[
        bool,
        typer.Option(
            "--prompts", help="What was sent and answered in each LM call of the session, or which are logged."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """List a run's sessions, or show one, or those that ended alike, with their traces."""
    from toolgrad_dspy.runs import RunStore

    if prompts:
        if status or only_sample:
            raise UsageError("--prompts goes with the ID of a session and --limit alone", code="prompts_alone")
        RunStore.open(run).close()
        show_prompts(run, session, limit, json)
        return
    statuses = _statuses(status) if status else None
    if statuses is not None and session is not None:
        raise UsageError("give the ID of a session, or --status, not both", code="status_with_session")
    if limit is not None and statuses is None:
        raise UsageError("--limit goes with --status or --prompts", code="limit_without_status")
    if only_sample and session is None and statuses is None:
        raise UsageError("--sample needs the ID of a session, or --status", code="sample_without_session")
    view = _sample if only_sample else _whole
    with RunStore.open(run) as store:
        if session is not None:
            _show_one(store.session(session), view, json)
        elif statuses is not None:
            _show_some(store, statuses, limit, view, json)
        else:
            _list(store, json)


def _statuses(given: Sequence[str]) -> frozenset[str]:
    """What ``--status`` names. Raises UsageError (``unknown_status``)."""
    names = [name.strip() for part in given for name in part.split(",")]
    for name in names:
        if name not in STATUSES:
            raise UsageError(
                f"there is no status {one_line(name, 40)!r}; choose from {', '.join(STATUSES)}", code="unknown_status"
            )
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a session: as lines, and as data."""

    lines: Callable[[Session], Iterator[str]]
    data: Callable[[Session], JsonValue]


def _show_one(session: Session, view: View, json: bool) -> None:
    if json:
        say_json(view.data(session))
        return
    for line in view.lines(session):
        say(line)


def _show_some(store: "RunStore", statuses: frozenset[str], limit: int | None, view: View, json: bool) -> None:
    damaged: set[int] = set()
    found = islice(_ended(store, statuses, damaged), limit)
    if json:
        say_json_list(view.data(session) for session in found)
    else:
        for position, session in enumerate(found):
            if position:
                say()
            for line in view.lines(session):
                say(line)
    _tell(store, damaged)


def _ended(store: "RunStore", statuses: frozenset[str], damaged: set[int]) -> Iterator[Session]:
    """The sessions that ended in one of these ways."""
    for session in store.sessions(damaged=damaged):
        if session.status in statuses or (session.salvaged and "salvaged" in statuses):
            yield session


def _list(store: "RunStore", json: bool) -> None:
    damaged: set[int] = set()
    sessions = store.sessions(traces=False, damaged=damaged)
    if json:
        say_json_list(session.model_dump(mode="json", exclude={"trace"}) for session in sessions)
    else:
        rows = [_row(session) for session in sessions]
        rows += [(index, "damaged", None, None, "not as it was stored") for index in damaged]
        rows.sort(key=lambda row: row[0])
        say(table(("id", "status", "steps", "chains", "query or reason"), rows))
    _tell(store, damaged)


def _tell(store: "RunStore", damaged: set[int]) -> None:
    """End with an error if there are ``damaged`` sessions."""
    from toolgrad_dspy.runs import sessions_damaged

    if damaged:
        raise sessions_damaged(store.path, damaged)


def _row(session: Session) -> tuple[int, str, int | None, int | None, str]:
    workflow = session.sample.workflow if session.sample else None
    text = session.reason or (session.sample.query if session.sample else "")
    chains = workflow.chains if workflow else ()
    return session.index, session.status, len(workflow.steps) if workflow else 0, len(chains), one_line(text, 90)


def session_lines(session: Session) -> Iterator[str]:
    """One session for reading: what each iteration did, then the sample."""
    yield from head_lines(session)
    for iteration in session.trace.iterations:
        yield ""
        yield from _iteration_lines(iteration)
    yield ""
    yield from sample_lines(session)
    yield from _check_lines(session.trace.checks)


def head_lines(session: Session) -> Iterator[str]:
    """How a session ended, and what it took."""
    used = session.usage
    yield f"session {session.index} (seed {session.seed}): {session.status}" + (
        f", {session.reason}" if session.reason else ""
    )
    yield f"{used.lm_calls} LM calls, {used.tool_calls} tool calls, {used.tokens} tokens, {session.seconds:.2f} s"


def _only_sample(session: Session) -> Iterator[str]:
    if session.status != "accepted":
        note(f"{session.status}: {session.reason}")
    yield from sample_lines(session)


def _check_lines(checks: Sequence[Check]) -> Iterator[str]:
    """Who decided about the texts; what the rules did not find, in full."""
    if not checks:
        return
    by_rule = sum(check.holds and check.by == "rule" for check in checks)
    yield f"checks: {by_rule} of {len(checks)} by rules"
    for check in checks:
        if not (check.holds and check.by == "rule"):
            verdict = "holds" if check.holds else "does not hold"
            reason = f": {one_line(check.rule, RESULT_CHARS)}" if check.rule else ""
            yield f"  {check.about} {one_line(check.text, RESULT_CHARS)} {verdict}, by {check.by}{reason}"


def _iteration_lines(iteration: Iteration) -> Iterator[str]:
    yield f"iteration {iteration.number}: {len(iteration.offered)} tools offered. {iteration.reason}"
    for report in iteration.reports:
        yield from _report_lines(report)
    selection = iteration.selection
    if selection is not None:
        target = f"{selection.report} onto {selection.chain or 'a new chain'}" if selection.report else "nothing"
        yield f"  selected {target}: {selection.reason}" + (f" [{selection.note}]" if selection.note else "")
        yield f"  lacking now: {selection.lacking}"
    if iteration.added:
        yield f"  added {', '.join(iteration.added)}"
    for failure in iteration.failures:
        yield f"  failed: {failure}"


def _report_lines(report: Report) -> Iterator[str]:
    yield f"  {report.proposal} {report.outcome}: {report.instruction}" + (
        f" ({report.reason})" if report.reason else ""
    )
    for attempt in report.attempts:
        mark = "+" if attempt.kept else "-"
        turn = f", repair {attempt.turn}" if attempt.turn else ""
        yield f"    {mark} {_call(attempt)} -> {_outcome(attempt)}{turn}"
        for reason in attempt.left_out:
            yield f"      left out: {one_line(reason, RESULT_CHARS)}"


def _call(attempt: Attempt) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in attempt.call.arguments.items())
    return f"{attempt.call.tool}({arguments})"


def _outcome(attempt: Attempt) -> str:
    if attempt.verdict.outcome == "failed" or attempt.observation is None:
        return f"{attempt.verdict.outcome} [{attempt.verdict.rule}] {one_line(attempt.verdict.reason, RESULT_CHARS)}"
    return f"{attempt.verdict.outcome} {one_line(attempt.observation.text, RESULT_CHARS)}"


def sample_lines(session: Session) -> Iterator[str]:
    """The sample: query, chains with the origin of each argument, response."""
    if session.sample is None:
        yield "no sample"
        return
    yield f"query: {session.sample.query}"
    for chain in session.sample.workflow.chains:
        yield f"chain {chain.id}"
        for step in chain.steps:
            result = one_line(step.observation.text, RESULT_CHARS)
            yield f"  {step.id} {step.call.tool}({', '.join(_arguments(step))}) -> {result}"
            if step.after:
                yield f"    after {', '.join(step.after)}: by state"
            if step.volatile:
                yield f"    volatile: {', '.join(pointer or 'the whole result' for pointer in step.volatile)}"
    yield f"response: {session.sample.response}"
    if session.trace.judgement is not None:
        yield from judgement_lines(session.trace.judgement)


def judgement_lines(judgement: Judgement) -> Iterator[str]:
    """What judges said of the sample, criterion by criterion."""
    models = ", ".join(dict.fromkeys(call.model for call in judgement.calls))
    yield f"judged by {models}, votes {judgement.votes}"
    for judged in judgement.criteria:
        verdict = "undecided" if judged.holds is None else "holds" if judged.holds else "fails"
        yield f"  {judged.criterion} {verdict}: {one_line(judged.reason, RESULT_CHARS)}"
    quality = judgement.quality
    if quality is not None:
        score = "undecided" if quality.score is None else f"{quality.score:.0f} of 100"
        yield f"  qor {score}" + (f": {one_line(quality.reason, RESULT_CHARS)}" if quality.reason else "")
        for request in quality.requests:
            yield f"    {request.score:.0f} {one_line(f'{request.request}: {request.reason}', RESULT_CHARS)}"


def _arguments(step: Step) -> Iterator[str]:
    from toolgrad_dspy.records import lookup

    for origin in step.origins:
        value = lookup(step.call.arguments, origin.pointer)
        places = " and ".join(f"{source.step}{source.path}" for source in origin.sources)
        source = f"{places} by {origin.rule}" if origin.rule else places or origin.match or origin.kind
        echo = f" (repeated in {origin.echo.step})" if origin.echo else ""
        yield f"{origin.pointer[1:]}={value!r} from {source}{echo}"


_whole = View(session_lines, lambda session: session.model_dump(mode="json"))
_sample = View(_only_sample, lambda session: session.sample.model_dump(mode="json") if session.sample else None)
