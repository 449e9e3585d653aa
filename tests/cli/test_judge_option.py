"""``generate --judge``: the option with and without criteria, and what the commands show of it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.cli.test_commands import one_line
from tests.support.command import run
from tests.support.sessions import sample, step
from toolgrad_dspy.cli.optional_value import optional_values
from toolgrad_dspy.cli.options import JUDGE_BY, JudgeBy, Seed
from toolgrad_dspy.cli.show import session_lines
from toolgrad_dspy.records import CriterionJudgement, Judgement, Quality, RequestScore, Session, Trace

SMALL = ("-n", "1", "--iterations", "2", "--quiet")


SIX = ["specificity", "alignment", "sufficiency", "minimality", "solvability", "coherence"]


app = typer.Typer()


@app.command(cls=optional_values({"--judge": JUDGE_BY}))
def told(judge: JudgeBy = None, seed: Seed = 0) -> None:
    """The option on a command of its own."""
    typer.echo(f"{judge} {seed}")


@pytest.mark.parametrize(
    ("words", "judged_by"),
    [
        ("", "None 0"),
        ("--judge", "all 0"),
        ("--judge --seed 1", "all 1"),
        ("--seed 1 --judge", "all 1"),
        ("--judge minimality --seed 1", "minimality 1"),
        ("--judge=coherence,qor>=80", "coherence,qor>=80 0"),
    ],
)
def test_the_option_may_stand_without_criteria(words: str, judged_by: str) -> None:
    assert CliRunner().invoke(app, words.split()).stdout.strip() == judged_by


def test_an_unknown_criterion_ends_the_command_with_a_hint(tmp_path: Path) -> None:
    done = run(tmp_path, "generate", *SMALL, "-o", "a", "--judge", "minimalty", code=2)
    assert "'minimality'" in one_line(done)
    assert "[unknown_criterion]" in one_line(done)


@pytest.mark.slow
def test_a_judged_run_from_the_first_command_to_its_figures(tmp_path: Path) -> None:
    done = run(tmp_path, "generate", "-n", "2", "--iterations", "2", "-o", "a", "--judge", "--judge-votes", "3")
    assert "scripted" in done.stderr
    shown = run(tmp_path, "show", "a", "0").stdout
    assert all(f"{criterion} holds" in shown for criterion in SIX)
    figures = json.loads(run(tmp_path, "stats", "a", "--json").stdout)
    assert figures["lm_calls_per_sample_by_role"]["judge"] >= 6
    refused = run(tmp_path, "generate", "-n", "2", "--iterations", "2", "-o", "a", code=2)
    assert "judge.votes" in one_line(refused)
    guess = run(tmp_path, "generate", "-n", "2", "--iterations", "2", "--dry-run", "--judge", "all", "--json")
    assert json.loads(guess.stdout)["figures"]["LM calls"]["mean"] > 0


def test_a_session_shows_what_judges_said_of_it() -> None:
    criteria = (
        CriterionJudgement(criterion="minimality", holds=False, score=0, reason="s1 is not\nneeded", votes=1),
        CriterionJudgement(criterion="alignment", holds=True, score=1, reason="all is said", votes=1),
        CriterionJudgement(criterion="coherence", holds=None, score=None, reason="no answer"),
    )
    requests = (RequestScore(request="find it", score=40, reason="the name is wrong"),)
    judgement = Judgement(criteria=criteria, quality=Quality(score=40, requests=requests, votes=1))
    session = Session(
        index=0,
        seed=0,
        status="rejected",
        reason="judged: minimality: s1 is not needed",
        sample=sample(step("s1")),
        trace=Trace(judgement=judgement),
    )
    shown = "\n".join(session_lines(session))
    for line in (
        "minimality fails: s1 is not needed",
        "alignment holds: all is said",
        "coherence undecided: no answer",
    ):
        assert f"  {line}" in shown
    assert "qor 40 of 100" in shown
    assert "the name is wrong" in shown
