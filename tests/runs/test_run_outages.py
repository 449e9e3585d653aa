"""Runs whose model stops to answer: nothing of an outage is stored, and everything is there in the end."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats import WireAnswer
from tests.support.outages import KINDS, Outage, out
from toolgrad_dspy.errors import RunError, UnansweredError, UnavailableError
from toolgrad_dspy.lm import REHEARSAL, ROLES, BudgetSpentError, Caps, ModelSettings
from toolgrad_dspy.lm.calls import availability
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import LocalEngine, ModelsSpec, RunSpec, RunStore, execute, generate_run

SESSIONS = 6


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(availability, "LONGEST_PAUSE", 0.2)


def spec(server: ModelServer | None, wait: float = 60, n: int = SESSIONS, **settings: object) -> RunSpec:
    """A short run of the model at ``server``, or of the embedded one."""
    own: dict[str, object] = {"model": REHEARSAL}
    if server is not None:
        own = {
            "model": server.model,
            "api_base": server.url,
            "api_key": SecretStr("none"),
            "retries": 1,
            "timeout": 0.5,
            **settings,
        }
    models = ModelsSpec(dict.fromkeys(ROLES, ModelSettings.model_validate(own)), wait=wait)
    return RunSpec(n=n, models=models, program=ProgramConfig(iterations=2, mini_batch=12))


def samples(folder: Path) -> str:
    return (folder / "samples.jsonl").read_text()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    execute(generate_run(spec(None), folder))
    return samples(folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at_once", [1, 6])
def test_an_outage_in_mid_run_costs_no_session(undisturbed: str, tmp_path: Path, kind: str, at_once: int) -> None:
    said: list[str] = []
    outage = Outage(kind, after=15, seconds=1.5)
    with out(outage) as server:
        run = generate_run(spec(server), tmp_path / "run", engine=LocalEngine(at_once), say=said.append)
        figures = execute(run)
    assert outage.spoiled > 0
    assert figures.sessions == SESSIONS
    assert samples(tmp_path / "run") == undisturbed
    told = [[line for line in said if words in line] for words in ("waiting for it", "answers again")]
    assert [len(lines) for lines in told] in ([1, 1], [2, 2]), "that it waits, and that it goes on"


@pytest.mark.parametrize("kind", KINDS)
def test_an_outage_without_end_ends_the_run_and_resuming_plays_the_rest(
    undisturbed: str, tmp_path: Path, kind: str
) -> None:
    outage = Outage(kind, after=15)
    with out(outage) as server:
        with pytest.raises(UnavailableError) as caught:
            execute(generate_run(spec(server, wait=0.5), tmp_path / "run", engine=LocalEngine(3)))
        assert caught.value.code == "unavailable"
        with RunStore.open(tmp_path / "run") as store:
            before = store.done()
            assert [session.status for session in store.sessions()] == ["accepted"] * len(before)
        assert len(before) < SESSIONS
        assert len(samples(tmp_path / "run").splitlines()) == len(before), "what there is by then is written"
        outage.end()
        figures = execute(generate_run(spec(server), tmp_path / "run", engine=LocalEngine(3)))
    assert figures.sessions == SESSIONS
    assert samples(tmp_path / "run") == undisturbed


def test_a_session_with_a_prompt_that_breaks_the_server_is_left_out_and_the_others_are_played(tmp_path: Path) -> None:
    broken: set[str] = set()

    def trouble(body: dict[str, list[dict[str, str]]]) -> WireAnswer | None:
        text = body["messages"][-1]["content"]
        if len(broken) < 1 and "ready" not in text:
            broken.add(text)
        return WireAnswer(500, {"error": {"message": "broken"}}) if text in broken else None

    with ModelServer("openai", trouble=trouble) as server:
        with pytest.raises(UnansweredError) as caught:
            execute(generate_run(spec(server), tmp_path / "run", engine=LocalEngine(2)))
        assert str(caught.value).startswith("1 session was left out")
        with RunStore.open(tmp_path / "run") as store:
            assert len(store.done()) == SESSIONS - 1
        broken.add("that is enough")
        broken.intersection_update({"that is enough"})
        execute(generate_run(spec(server), tmp_path / "run"))
        with RunStore.open(tmp_path / "run") as store:
            assert len(store.done()) == SESSIONS


def test_a_model_that_answers_nonsense_ends_the_run_after_a_few_sessions(tmp_path: Path) -> None:
    with ModelServer("openai", canned="I am sorry, I cannot do that.") as server:
        few = replace(spec(server, n=60), max_failures=5)
        with pytest.raises(RunError) as caught:
            execute(generate_run(few, tmp_path / "run", engine=LocalEngine(2)))
        assert caught.value.code == "same_failure"
        with RunStore.open(tmp_path / "run") as store:
            assert 5 <= len(store.done()) <= 7
        few = replace(few, n=9, max_failures=0)
        assert execute(generate_run(few, tmp_path / "run", engine=LocalEngine(2))).failed == 9, "if that is wanted"


def test_failed_sessions_are_played_again_if_that_is_asked_for(undisturbed: str, tmp_path: Path) -> None:
    with ModelServer("openai", canned="I am sorry, I cannot do that.") as server:
        assert execute(generate_run(replace(spec(server), max_failures=0), tmp_path / "run")).failed == SESSIONS
        assert samples(tmp_path / "run") == ""
        address = server.url.rpartition(":")[2].partition("/")[0]
    with ModelServer("openai", port=int(address)) as server:
        figures = execute(generate_run(spec(server), tmp_path / "run", again=("failed",)))
    assert (figures.accepted, figures.failed) == (SESSIONS, 0)
    assert samples(tmp_path / "run") == undisturbed


@pytest.mark.parametrize("at_once", [1, 16])
def test_a_budget_keeps_what_was_paid_for(tmp_path: Path, at_once: int) -> None:
    """No session begins that the rest of the budget does not pay for, so hardly any is lost."""
    with ModelServer("openai") as server:
        few = replace(spec(server, n=40), caps=Caps(tokens=120_000))
        with pytest.raises(BudgetSpentError):
            execute(generate_run(few, tmp_path / "run", engine=LocalEngine(at_once)))
        answered = server.stats.input_tokens + server.stats.output_tokens
    with RunStore.open(tmp_path / "run") as store:
        stored = sum(session.usage.tokens for session in store.sessions(traces=False))
        entered = sum(entry.input_tokens + entry.output_tokens for entry in store.spent())
        assert len(samples(tmp_path / "run").splitlines()) == len(store.done()) > 0
    assert answered <= entered <= 120_000, "what was cancelled under way counts, too"
    assert stored >= 0.9 * answered
