"""What a compile writes about how far it has come."""

import io

import pytest

from toolgrad_dspy.cli.compile import progress
from toolgrad_dspy.cli.compile.progress import CompileProgress
from toolgrad_dspy.tuning import TuningUsage


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, *, quiet: bool = False) -> list[str]:
    """The lines of a compile with a recording, of which three sessions are scored at most."""
    with CompileProgress(3, quiet, "a note", stream) as shown:
        shown.say("tools: the town")
        shown.stage("recording")
        shown.count(1, 12)
        shown.stage("tuning")
        shown.show(TuningUsage(metric_calls=1))
        shown.show(TuningUsage(metric_calls=2, best=0.7))
        shown.stage("comparison")
        shown.count(8, 8)
    return stream.getvalue().splitlines()


def test_every_stage_tells_its_sessions_and_the_best_score_once_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    lines = told(io.StringIO())
    assert lines[:2] == ["a note", "tools: the town"]
    assert [line for line in lines if line.startswith("  ")] == [
        "  1/12 sessions",
        "  1/3 sessions scored",
        "  2/3 sessions scored, the best 0.700",
        "  8/8 sessions",
    ]
    assert len(lines) == 9, "and a line for each stage"


def test_where_there_is_no_terminal_sessions_are_told_every_few_seconds_only() -> None:
    assert not [line for line in told(io.StringIO()) if line.startswith("  ")]


def test_on_a_terminal_the_line_is_written_in_place_and_removed_at_the_end() -> None:
    terminal = Terminal()
    told(terminal)
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_quiet_compile_writes_nothing() -> None:
    assert told(Terminal(), quiet=True) == []


def test_there_may_be_a_journal_to_resume_from_as_soon_as_a_stage_begins() -> None:
    shown = CompileProgress(3, quiet=True)
    assert not shown.begun
    shown.stage("recording")
    assert shown.begun
