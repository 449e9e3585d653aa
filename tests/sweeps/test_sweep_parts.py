"""The search space of the sweep, and what its parts promise by themselves."""

import json
from pathlib import Path

import optuna
import pytest

from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.sweeps import lifecycle as trials
from toolgrad_dspy.sweeps import sampler, space, storage
from toolgrad_dspy.sweeps import trial_configuration as document


def written(folder: Path, text: str) -> Path:
    path = folder / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("iteratons: [1, 2]", "did you mean 'iterations'?"),
        ("iterations: [0, 2]", "iterations: Input should be greater than or equal to 1, got 0"),
        ("iterations: {low: 4, high: 2}", "low below high"),
        ("iterations: {low: 1}", "a range has low, high"),
        ("mini_batch: {low: 10, high: 55, step: 10}", "no multiple of its step"),
        ("iterations: [2, 2]", "has a choice twice"),
        ("iterations: []", "has no choices"),
        ("iterations: [2]", "nothing to search"),
        ("optimizer: [none, gepo]", "did you mean 'gepa'?"),
        ("sampling: [uniform, graph]", "unknown 'graph'"),
        ("update: [last, sometimes]", "got 'sometimes'"),
        ("adapter: [chat, xml]", "got 'xml'"),
        ("temperature: {low: 0, high: 3}", "got 3"),
        ("temperature: {proposr: [0, 1]}", "did you mean 'proposer'?"),
        ("models: {judge: [a/b, c/d]}", "unknown 'judge'"),
        ("models: {all: [{modle: a/b}, a/b]}", "did you mean 'model'?"),
        ("models: {all: [{model: a/b, api_key: sk-abc}, a/b]}", "write api_key as ${VARIABLE}"),
        ("iterations: [1, 2]\nknown: [{iterations: 3}]", "3 is not one of 1, 2"),
        ("iterations: [1, 2]\nmetric: {weights: {exectued: 1}}", "did you mean 'executed'?"),
        ("[1, 2", "is not YAML"),
        ("3", "has to be a mapping"),
    ],
)
def test_a_space_that_is_wrong_is_one_line_with_the_key(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        document.check(space.load(written(tmp_path, text)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-abc" not in str(caught.value)


def test_the_known_settings_are_the_defaults_as_far_as_they_are_in_the_space(tmp_path: Path) -> None:
    loop = {"mini_batch": 50, "proposals": 3, "iterations": 8, "repairs": 2, "update": "last"}
    assert space.load(None).known == ({"optimizer": "none", **loop, "temperature": None, "adapter": "chat"},)
    small = space.load(written(tmp_path, "iterations: {low: 1, high: 3}\nproposals: [1, 3]\n"))
    assert small.known == ({"proposals": 3},)


def test_a_model_is_chosen_for_all_roles_of_the_loop_or_for_one(tmp_path: Path) -> None:
    found = space.load(
        written(
            tmp_path,
            "models:\n"
            "  all: [openai/a, openai/b]\n"
            '  selector: [{model: openai/c, api_base: "http://localhost:1/v1", api_key: "${MY_KEY}"}, openai/d]\n'
            "temperature: {proposer: {low: 0.0, high: 1.0}}\n",
        )
    )
    assert found.searched == ("model", "model.selector", "temperature.proposer")
    drawn = {"model": "openai/a", "model.selector": found.dimensions[1].corners[0], "temperature.proposer": 0.5}
    models = document.document(drawn, {})["models"]
    assert models["proposer"] == {"model": "openai/a", "temperature": 0.5}
    assert models["updater"] == {"model": "openai/a"}
    assert models["judge"] == {"model": "rehearsal"}
    assert models["selector"]["model"] == "openai/c"
    assert models["selector"]["api_key"] == "${MY_KEY}"


def test_a_variable_that_goes_before_the_space_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = space.load(written(tmp_path, "temperature: [0.2, 0.4]"))
    monkeypatch.setenv("TOOLGRAD_SELECTOR_TEMPERATURE", "1.0")
    with pytest.raises(UsageError, match="TOOLGRAD_SELECTOR_TEMPERATURE goes before the temperature of the space"):
        document.check(found)


def test_the_cost_is_in_dollars_only_where_every_price_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"openai/mine": {"input": 1, "output": 2}}))
    monkeypatch.setenv("TOOLGRAD_PRICES", str(prices))
    priced = space.load(written(tmp_path, "models: {all: [openai/mine]}\niterations: [1, 2]"))
    assert document.all_priced(priced)
    mixed = space.load(written(tmp_path, "models: {all: [openai/mine, openai/not-listed]}"))
    assert not document.all_priced(mixed)
    assert not document.all_priced(space.load(None))


@pytest.mark.parametrize("content", [b"my notes\n", b'{"op": 1}\n', b"[1]\n", b"\x00\xff\x00", b"{"])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no Optuna journal"):
        storage.open_storage(storage.place(str(path)))
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["journal.log"]


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "run.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sessions (id INTEGER)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="database of something else"):
        storage.open_storage(storage.place(f"sqlite:///{path}"))
    assert path.read_bytes() == before
    (tmp_path / "text.db").write_text("my notes, which are longer than the head of a database" * 3)
    with pytest.raises(StoreError, match="not a database"):
        storage.open_storage(storage.place(f"sqlite:///{tmp_path / 'text.db'}"))


def test_half_a_line_that_a_killed_writer_left_does_not_cost_the_study(tmp_path: Path) -> None:
    where = storage.place(str(tmp_path / "journal.log"))
    study = optuna.create_study(storage=storage.open_storage(where))
    study.enqueue_trial({"x": 1})
    with open(where.address, "ab") as file:
        file.write(b'{"op_code": 4, "worker_id": "gone", "stu')
    again = optuna.load_study(study_name=study.study_name, storage=storage.open_storage(where))
    again.enqueue_trial({"x": 2})
    assert len(optuna.load_study(study_name=study.study_name, storage=storage.open_storage(where)).trials) == 2


def test_a_password_is_in_no_name_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cr3t-pass")
    where = storage.place("postgresql+psycopg://me:${SECRET}@127.0.0.1:1/optuna?password=s3cr3t-pass")
    assert where.name == "postgresql+psycopg://127.0.0.1:1/optuna"
    with pytest.raises(StoreError) as caught:
        storage.open_storage(where)
    assert "s3cr3t" not in f"{caught.value} {where!r}"
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="driver for") as refused:
        storage.open_storage(storage.place("mysql+nothing://me:${SECRET}@127.0.0.1/x"))
    assert "s3cr3t" not in str(refused.value)


def test_a_trial_of_a_process_that_is_gone_is_tried_again_but_not_for_ever() -> None:
    study = optuna.create_study()
    study.enqueue_trial({"x": 0.5})
    for tried in range(trials.TRIES):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        assert trial.params == {"x": 0.5}
        trial.set_user_attr(trials.OWNER, {**trials.me(), "began": "long ago"})
        assert not trials.finished(study)
        assert trials.reap(study) == [tried]
    assert trials.reap(study) == []
    assert len(trials.finished(study)) == 1
    assert not study.get_trials(states=(optuna.trial.TrialState.WAITING,))


def test_a_running_trial_of_another_host_is_left_alone_unless_taken_over() -> None:
    study = optuna.create_study()
    trial = study.ask()
    trial.set_user_attr(trials.OWNER, {"host": "another", "pid": 1, "began": "1"})
    assert trials.reap(study) == []
    assert list(trials.elsewhere(study)) == [(0, "another")]
    assert trials.reap(study, take_over=True) == [0]


def test_of_two_trials_begun_for_the_last_place_the_later_one_gives_way() -> None:
    study = optuna.create_study()
    first, second = study.ask(), study.ask()
    assert trials.room(study, 1) == 0
    assert trials.is_surplus(study, second, 1)
    assert not trials.is_surplus(study, first, 1)


def test_what_is_drawn_depends_on_the_seed_and_the_trial_not_on_the_worker() -> None:
    def drawn(seed: int, starts: int) -> list[float]:
        study = optuna.create_study()
        for _ in range(starts):
            study.sampler = sampler.SeededSampler(seed)
            study.optimize(lambda trial: (trial.suggest_float("x", 0, 1) - 0.3) ** 2, n_trials=12 // starts)
        return [trial.params["x"] for trial in study.trials]

    assert drawn(0, 1) == drawn(0, 3)
    assert len(set(drawn(0, 3))) == 12
    assert drawn(0, 1) != drawn(1, 1)
