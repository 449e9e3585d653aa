"""Runs whose samples judges have to accept: from the specification to the figures."""

import asyncio
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.support.judged import calls
from tests.support.refusals import refused
from tests.support.scripted_model import Answer, ScriptedModels
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import GateConfig
from toolgrad_dspy.lm import Budget, Caps, Models
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import Judgement, Session
from toolgrad_dspy.runs import (
    LocalEngine,
    ModelsSpec,
    RunSpec,
    RunStatistics,
    RunStore,
    estimate,
    gate_config,
    generate_run,
    load_config_file,
    statistics,
    typical_session,
)
from toolgrad_dspy.runs.engines.conformance import CHECKS, Case, Check, small_spec

SMALL = ProgramConfig(iterations=2, mini_batch=12)
EASY, OTHER = GateConfig(criteria=("coherence",)), GateConfig(criteria=("qor>=100", "coherence"))


def spec(n: int = 4, gate: GateConfig | None = EASY, **settings: Any) -> RunSpec:
    return RunSpec(n=n, program=SMALL.model_copy(update=settings), gate=gate)


def run(folder: Path, of: RunSpec) -> tuple[RunStatistics, list[Session], list[str]]:
    told: list[str] = []
    figures = asyncio.run(generate_run(of, folder, say=told.append))
    with RunStore.open(folder) as store:
        return figures, list(store.sessions()), told


def judgements(sessions: list[Session]) -> list[Judgement]:
    """Those of the sessions whose samples the rules had accepted, one at least."""
    given = [session.trace.judgement for session in sessions if session.trace.judgement is not None]
    assert given
    return given


def test_a_judgement_is_stored_with_its_session(tmp_path: Path) -> None:
    _, sessions, told = run(tmp_path / "run", spec())
    for judgement in judgements(sessions):
        assert judgement.on("coherence").holds  # type: ignore[union-attr]
        assert judgement.shown_chars == SMALL.written_chars
        assert [call.group for call in judgement.calls] == ["instruction"]
    assert all(session.trace.judgement for session in sessions if session.status == "accepted")
    assert any("scripted" in line for line in told)


class Picky(ModelsSpec):
    """Rehearsal, but for judges of calls: of three samples one is sound, one redundant, and one not understood."""

    def build(self, caps: Caps | None = None) -> Models:
        answers: cycle[Answer] = cycle([calls(), calls(minimal=False), "?", "?"])
        models = ScriptedModels(judge=lambda prompt: next(answers) if "sufficiency" in prompt.outputs else None)
        models.budget = Budget(caps)
        return models


def test_what_judges_refuse_is_counted_by_criterion_and_is_no_sample(tmp_path: Path) -> None:
    of = replace(spec(n=9, gate=GateConfig(criteria=("minimality",))), models=Picky.from_environment())
    figures = asyncio.run(generate_run(of, tmp_path / "run", engine=LocalEngine(1)))
    with RunStore.open(tmp_path / "run") as store:
        judged = [session for session in store.sessions() if session.trace.judgement is not None]
    expected = [reason for reason, _ in zip(cycle([(), ("minimality",), ("undecided",)]), judged, strict=False)]
    assert [session.refused_by for session in judged] == expected
    assert len(judged) >= 3
    assert figures.refused_by_criterion == {
        "minimality": expected.count(("minimality",)),
        "undecided": expected.count(("undecided",)),
    }
    assert figures.rejected_by_reason["judged"] == expected.count(("minimality",))
    assert figures.accepted == expected.count(()) == len((tmp_path / "run/samples.jsonl").read_text().splitlines())


def test_a_run_is_resumed_with_the_same_gate_only(tmp_path: Path) -> None:
    run(tmp_path / "run", spec(n=1))
    assert run(tmp_path / "run", spec(n=2))[0].sessions == 2
    for other, named in ((None, "judge"), (OTHER, "judge.criteria"), (EASY.model_copy(update={"votes": 3}), "votes")):
        with refused(UsageError, "other_configuration", named):
            run(tmp_path / "run", spec(n=2, gate=other))


def test_without_a_gate_nothing_of_it_is_stored(tmp_path: Path) -> None:
    _, sessions, told = run(tmp_path / "run", spec(n=1, gate=None))
    with RunStore.open(tmp_path / "run") as store:
        assert "judge" not in store.config()
    assert sessions[0].trace.judgement is None
    assert not any("scripted" in line for line in told)


def test_an_estimate_counts_the_judges(tmp_path: Path) -> None:
    free, judged = (asyncio.run(estimate(spec(gate=gate), sessions=2)) for gate in (None, EASY))
    accepted_by_rules = free.accepted / free.sessions
    assert judged.figures["LM calls"][0] == free.figures["LM calls"][0] + accepted_by_rules > 0
    assert judged.figures["tokens"][0] > free.figures["tokens"][0]


def test_what_is_expected_of_judges_is_near_what_they_take(tmp_path: Path) -> None:
    gate = GateConfig(criteria=("all", "qor>=0"), votes=3)
    _, sessions, _ = run(tmp_path / "run", spec(n=6, gate=gate, iterations=6))
    with RunStore.open(tmp_path / "run") as store:
        tools = store.tools()
    models, config = Models.from_environment(), SMALL.model_copy(update={"iterations": 6})
    free, judged = (typical_session(config, tools, models, one) for one in (None, gate))
    given = judgements(sessions)
    assert {sum(call.calls for call in judgement.calls) for judgement in given} == {gate.calls}
    assert judged.lm_calls - free.lm_calls == gate.calls
    read = sum(call.input_tokens for judgement in given for call in judgement.calls) / len(given)
    assert judged.input_tokens - free.input_tokens == pytest.approx(read, rel=0.3)


def test_of_a_sessions_calls_those_of_the_judges_are_kept_back(tmp_path: Path) -> None:
    _, sessions, _ = run(tmp_path / "run", spec(n=8, iterations=6, max_calls=9, gate=GateConfig()))
    assert all(session.usage.lm_calls <= 9 for session in sessions)
    assert all(sum(call.calls for call in judgement.calls) == 2 for judgement in judgements(sessions))
    assert not any("undecided" in session.refused_by for session in sessions)


def test_calls_that_do_not_suffice_for_judges_are_refused_before_the_first(tmp_path: Path) -> None:
    with refused(UsageError, "too_few_calls", 6):
        run(tmp_path / "run", spec(max_calls=5, gate=GateConfig()))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_an_engine_keeps_its_contract_with_a_gate(check: Check) -> None:
    plain = small_spec()
    judged = RunSpec(n=plain.n, models=plain.models, program=plain.program, gate=EASY)
    check(Case(make=lambda: LocalEngine(4), spec=judged))


# Where it is asked for


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("judge:\n", GateConfig()),
        ("judge: {}\n", GateConfig()),
        ("judge: {criteria: minimality, votes: 3}\n", GateConfig(criteria=("minimality",), votes=3)),
        ('judge: {criteria: [coherence, "qor>=70"], temperature: 0}\n',
         GateConfig(criteria=("coherence", "qor>=70"), temperature=0)),
        ("program: {iterations: 2}\n", None),
    ],
)  # fmt: skip
def test_a_configuration_file_may_ask_for_judges(tmp_path: Path, text: str, expected: GateConfig | None) -> None:
    assert load_config_file(written(tmp_path, text)).judge == expected


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("judge: {criteria: [minimalty]}\n", "invalid_value", "judge.criteria"),
        ("judge: {criteria: 3}\n", "invalid_value", "judge.criteria"),
        ("judge: {votes: 2}\n", "invalid_value", "judge.votes"),
        ("judge: {by: all}\n", "unknown_key", "by"),
        ("judge: all\n", "not_a_mapping", "judge"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path, text: str, code: str, named: str) -> None:
    with refused(UsageError, code, named):
        load_config_file(written(tmp_path, text))


def test_the_command_line_overrides_the_file(tmp_path: Path) -> None:
    file = load_config_file(written(tmp_path, "judge: {criteria: coherence, votes: 3, temperature: 0.5}\n"))
    assert gate_config(file, "minimality") == GateConfig(criteria=("minimality",), votes=3, temperature=0.5)
    assert gate_config(file, votes=5) == GateConfig(criteria=("coherence",), votes=5, temperature=0.5)
    empty = load_config_file(None)
    assert gate_config(empty) is None
    assert gate_config(empty, "all") == GateConfig()


@pytest.mark.parametrize(
    ("criteria", "votes", "code"),
    [("beauty", None, "unknown_criterion"), ("all", 2, "even_votes"), (None, 3, "no_gate")],
)
def test_a_gate_that_cannot_be_is_refused(criteria: str | None, votes: int | None, code: str) -> None:
    with refused(UsageError, code):
        gate_config(load_config_file(None), criteria, votes)


def test_a_figure_of_an_older_run_has_no_criteria(tmp_path: Path) -> None:
    run(tmp_path / "run", spec(n=1, gate=None))
    with RunStore.open(tmp_path / "run") as store:
        assert statistics(store).refused_by_criterion == {}
