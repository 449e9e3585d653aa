"""What ``generate --preview`` and ``--dry-run`` print of sessions that are played and not stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.output import figure, note, say, say_json, say_json_lines, table
from toolgrad_dspy.cli.show import head_lines, sample_lines
from toolgrad_dspy.errors import RunError, UsageError, one_line
from toolgrad_dspy.records import Session

if TYPE_CHECKING:
    from toolgrad_dspy.runs import Estimate, Preview

# Samples of a preview.
PREVIEWED = 3


def how_many(sessions: int | None, preview: bool) -> int:
    """The number of sessions; a preview has its own where none is given. Raises BadParameter."""
    if sessions is None and not preview:
        raise typer.BadParameter("say how many sessions to run, as in -n 20", param_hint="'-n' / '--sessions'")
    return PREVIEWED if sessions is None else sessions


def check_preview(dry_run: bool, output: Path | None, retry_failed: bool) -> None:
    """Raise UsageError for options that a preview has no use for, since it stores nothing."""
    given = {"--dry-run": dry_run, "-o": output is not None, "--retry-failed": retry_failed}
    for option, is_given in given.items():
        if is_given:
            raise UsageError(f"--preview stores nothing; leave out {option}", code="preview_stores_nothing")


def say_preview(preview: "Preview", wanted: int, json: bool) -> None:
    """The sessions as ``show --sample`` shows them, or a line of JSON each. Raises what ended them early."""
    if json:
        say_json_lines(data(session) for session in preview.sessions)
    else:
        for position, session in enumerate(preview.sessions):
            say("\n".join([*([""] if position else []), *_lines(session)]))
    if preview.problem is not None:
        raise preview.problem
    if len(preview.sessions) < wanted:
        note(f"stopped: {len(preview.sessions)} of {wanted} sessions had ended")
        raise typer.Exit(130)
    if all(session.status != "accepted" for session in preview.sessions):
        reason = one_line(preview.sessions[0].reason, 240)
        raise RunError(f"no sample was accepted; session {preview.sessions[0].index}: {reason}", code="no_sample")


def _lines(session: Session) -> Iterator[str]:
    yield from head_lines(session)
    yield from sample_lines(session)


def data(session: Session) -> JsonValue:
    """A session as data, without its trace: as ``show RUN --json`` has them."""
    shown: JsonValue = session.model_dump(mode="json", exclude={"trace"})
    return shown


def say_estimate(guess: "Estimate", json: bool) -> None:
    """The estimate of a run, as a table or as JSON."""
    if json:
        say_json(guess.data())
    else:
        say("\n".join(_estimate_lines(guess)))


def _estimate_lines(guess: "Estimate") -> list[str]:
    rows = []
    for name, (each, spread) in guess.figures.items():
        total, deviation = guess.total(name)
        rows.append((name, *(figure(value) for value in (each, spread, total, deviation))))
    lines = [table(("figure", "per session", "+-", f"{guess.n} sessions", "+-"), rows), ""]
    place = f" of {guess.source}" if guess.source else ""
    lines.append(f"from {guess.sessions} sessions{place}, {guess.accepted} of them accepted; nothing is stored")
    if guess.unpriced:
        lines.append(f"the dollars leave out {guess.unpriced} calls without a known price; see TOOLGRAD_PRICES")
    return lines
