"""Progress: lines where there is no terminal, a bar where there is one, nothing when quiet."""

import io

import pytest

from toolgrad_dspy.errors import duration
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import BarProgress, LineProgress, QuietProgress, run_progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def ended(status: str) -> Session:
    return Session.model_validate({"index": 0, "seed": 0, "status": status})


def test_a_line_tells_counts_rate_and_time_left() -> None:
    clock, out = Clock(), io.StringIO()
    with LineProgress(500, before=20, clock=clock, stream=out, interval=5.0) as progress:
        for number in range(100):
            clock.now += 0.125
            progress.add(ended("rejected" if number in (3, 50) else "accepted"))
    lines = out.getvalue().splitlines()
    assert lines[-1] == "120/500 sessions, 98 accepted, 2 rejected, 0 failed, 8.0/s, ETA 48 s"
    assert len(lines) == 3  # one for every five seconds, one at the end


def test_slow_sessions_are_shown_in_seconds_each() -> None:
    clock, out = Clock(), io.StringIO()
    with LineProgress(3, clock=clock, stream=out) as progress:
        clock.now += 90
        progress.add(ended("failed"))
    assert out.getvalue().splitlines()[-1] == "1/3 sessions, 0 accepted, 0 rejected, 1 failed, 90.0 s each, ETA 3 min"


def test_nothing_done_shows_no_rate() -> None:
    out = io.StringIO()
    with LineProgress(3, stream=out):
        pass
    assert out.getvalue() == "0/3 sessions, 0 accepted, 0 rejected, 0 failed\n"


def test_the_progress_fits_where_stderr_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(run_progress(5), LineProgress)
    with run_progress(5, quiet=True) as progress:
        progress.add(ended("accepted"))
    assert isinstance(progress, QuietProgress)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert isinstance(run_progress(5), BarProgress)


def test_the_bar_goes_to_stderr_and_ends_on_the_last_state(capsys: pytest.CaptureFixture[str]) -> None:
    with BarProgress(2) as progress:
        progress.add(ended("accepted"))
        progress.add(ended("failed"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2 sessions, 1 accepted, 0 rejected, 1 failed" in err


@pytest.mark.parametrize(("seconds", "text"), [(9.2, "9 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_last_line_is_not_written_twice() -> None:
    stream = io.StringIO()
    with LineProgress(1, clock=iter(range(0, 100, 10)).__next__, stream=stream) as progress:
        progress.add(Session(index=0, seed=0, status="accepted"))
    assert len(stream.getvalue().splitlines()) == 1
