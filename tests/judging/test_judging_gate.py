"""The gate: what judges let pass, what they refuse, and what it costs."""

import asyncio
from typing import Any

import pytest

from tests.support.judged import SAMPLE, TOOLS, calls, instruction, quality, scripted
from tests.support.refusals import refused
from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import Gate, GateConfig
from toolgrad_dspy.judging.gate_config import SIX, standards
from toolgrad_dspy.lm import BudgetSpentError, Caps, Models, ModelSettings
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.records import RoleUsage, Session, Usage

RIGHT = instruction("cafe", "4", "May 14, 2026")
USED = Usage(roles={"proposer": RoleUsage(calls=2, input_tokens=100)}, tool_calls=5)
ACCEPTED = Session(index=3, seed=1, status="accepted", sample=SAMPLE, usage=USED, seconds=2.0)


def judged(models: Models, session: Session = ACCEPTED, *, max_calls: int | None = None, **config: Any) -> Session:
    gate = Gate(GateConfig(**config), models, lambda: TOOLS, max_calls=max_calls)
    return asyncio.run(gate.judged(session))


def test_a_sample_that_meets_every_criterion_passes_with_its_judgement() -> None:
    session = judged(scripted(instruction=[RIGHT], calls=[calls()]))
    assert (session.status, session.reason, session.refused_by) == ("accepted", "", ())
    judgement = session.trace.judgement
    assert judgement is not None
    assert {criterion.criterion for criterion in judgement.criteria} == set(SIX)
    assert session.sample == SAMPLE
    assert Session.model_validate_json(session.model_dump_json()) == session


def test_a_salvaged_sample_that_passes_keeps_what_was_taken_out_of_it() -> None:
    salvaged = ACCEPTED.model_copy(update={"reason": "salvaged: chain c2 was dropped"})
    passed = judged(scripted(instruction=[RIGHT], calls=[calls()]), salvaged)
    assert (passed.status, passed.reason, passed.salvaged) == ("accepted", salvaged.reason, True)
    assert judged(scripted(instruction=[RIGHT], calls=[calls(minimal=False)]), salvaged).reason_key == "judged"


def test_one_criterion_that_fails_rejects_the_sample_and_is_named() -> None:
    session = judged(scripted(instruction=[RIGHT], calls=[calls(minimal=False)]))
    assert (session.status, session.reason_key, session.refused_by) == ("rejected", "judged", ("minimality",))
    assert "s1 is not needed" in session.reason
    assert session.sample == SAMPLE


def test_only_the_criteria_that_are_named_decide_and_only_their_calls_are_made() -> None:
    models = scripted(calls=[calls(sufficient=False)])
    session = judged(models, criteria="minimality")
    assert session.status == "accepted"
    assert models.meter.calls == 1
    assert session.trace.judgement is not None
    assert session.trace.judgement.on("sufficiency").holds is False  # type: ignore[union-attr]


@pytest.mark.parametrize(("score", "status"), [(79, "rejected"), (80, "accepted")])
def test_a_score_has_to_reach_its_threshold(score: int, status: str) -> None:
    session = judged(scripted(quality=[quality(score)]), criteria=["qor>=80"])
    assert session.status == status
    assert session.refused_by == (() if status == "accepted" else ("qor>=80",))


@pytest.mark.parametrize(
    ("answers", "config"),
    [
        ({"calls": ["?"] * 2, "instruction": [RIGHT]}, {}),
        ({"calls": ["?"] * 2}, {"criteria": "sufficiency"}),
        ({"quality": ["?"] * 2}, {"criteria": "qor>=1"}),
        ({"calls": [calls(True), calls(False), "?", "?"]}, {"criteria": "sufficiency", "votes": 3}),
        ({"instruction": [instruction("cafe")]}, {"criteria": "alignment"}),
    ],
    ids=["one of two calls", "the only call", "no score", "a tie", "a blank is left out"],
)
def test_what_no_judge_has_decided_is_not_accepted(answers: dict[str, Any], config: dict[str, Any]) -> None:
    session = judged(scripted(**answers), **config)
    assert session.status == "rejected"
    assert session.reason.startswith("judge: undecided")
    assert session.refused_by == ("undecided",)
    assert session.trace.judgement is not None


def test_a_criterion_that_fails_is_the_reason_whatever_else_is_undecided() -> None:
    session = judged(scripted(calls=["?"] * 2, instruction=[instruction("cafe", "5", "May 14")]))
    assert session.refused_by == ("alignment",)


def test_an_unusable_answer_is_among_the_sessions_faults() -> None:
    session = judged(scripted(calls=["?", calls()]), criteria="minimality")
    assert session.status == "accepted"
    assert [(fault.role, fault.kind) for fault in session.trace.faults] == [("judge", "no_fields")]


def test_what_judging_took_is_the_sessions() -> None:
    models = scripted(instruction=[RIGHT] * 3, calls=[calls()] * 3)
    session = judged(models, votes=3)
    used = session.usage
    assert used.roles["judge"] == models.meter.roles()["judge"]
    assert used.roles["judge"].calls == 6
    assert (used.roles["proposer"], used.tool_calls) == (USED.roles["proposer"], 5)
    assert session.seconds > ACCEPTED.seconds


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_what_the_rules_refuse_is_not_judged(status: Any) -> None:
    models = scripted()
    session = ACCEPTED.model_copy(update={"status": status, "reason": "replay: s1"})
    assert judged(models, session) is session
    assert models.meter.calls == 0


def test_a_session_makes_no_more_calls_than_it_may() -> None:
    models = scripted()
    assert judged(models, max_calls=4).status == "accepted"
    short = judged(models, max_calls=3)
    assert short.reason.startswith("judge: undecided")
    assert short.usage.lm_calls <= 3
    spent = judged(models, max_calls=2)
    assert (spent.status, spent.usage.lm_calls) == ("rejected", 2)


def test_the_budget_ends_the_run_and_not_the_sample() -> None:
    models = scripted()
    models.budget = Budget(Caps(lm_calls=0))
    gated = ScriptedModels()
    gated.budget = models.budget
    with pytest.raises(BudgetSpentError):
        judged(gated)


def test_a_scripted_judge_is_told_as_what_it_is() -> None:
    (told,) = Gate(GateConfig(), Models.from_environment(), lambda: TOOLS).notes
    assert "rehearsal" in told
    real = Models({**Models.from_environment().settings, "judge": ModelSettings(model="openai/mine")})
    assert Gate(GateConfig(), real, lambda: TOOLS).notes == ()


# Its settings


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("all", list(SIX)),
        (" Minimality , qor>=80,minimality", ["minimality", "qor>=80"]),
        ("qor >= 72.5", ["qor>=72.5"]),
        ("all,qor>=0", [*SIX, "qor>=0"]),
        (["alignment"], ["alignment"]),
    ],
)
def test_criteria_are_named_with_commas_or_as_a_list(given: Any, named: list[str]) -> None:
    assert [str(standard) for standard in standards(given)] == named
    assert list(GateConfig(criteria=given).criteria) == named


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("minimalty", "'minimality'"),
        ("beauty", "specificity"),
        ("qor", "qor>=80"),
        ("qor>=101", "0 to 100"),
        ("qor>80", "qor>=80"),
        ("", "specificity"),
        ([], "no criterion"),
        ("coherence,,", "specificity"),
    ],
)
def test_an_unknown_criterion_is_refused_with_what_was_meant(given: Any, words: str) -> None:
    with refused(UsageError, "unknown_criterion", words):
        standards(given)
    with pytest.raises(ValueError, match="criteri"):
        GateConfig(criteria=given)


@pytest.mark.parametrize("votes", [0, 2, True])
def test_votes_are_an_odd_number(votes: Any) -> None:
    with pytest.raises(ValueError, match="votes"):
        GateConfig(votes=votes)


def test_the_calls_of_a_gate_are_those_of_its_groups_and_votes() -> None:
    assert GateConfig().calls == 2
    assert GateConfig(criteria=("all", "qor>=50"), votes=3).calls == 9
    assert GateConfig(criteria=("coherence",)).groups == ("instruction",)
