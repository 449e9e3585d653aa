"""The search space of the sweep, and what its parts promise by themselves."""

import json
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.sweeps import SearchSpace, Sweep, SweepSpec, lifecycle, load_space
from toolgrad_dspy.sweeps.report import check_free
from toolgrad_dspy.sweeps.sampler import SeededSampler
from toolgrad_dspy.sweeps.storage import open_storage, storage_address
from toolgrad_dspy.sweeps.trial_configuration import (
    all_priced,
    check_space,
    trial_configuration,
    trial_settings,
)


def space_of(folder: Path, text: str) -> SearchSpace:
    path = folder / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return load_space(path)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("iteratons: [1, 2]", "unknown_key", "'iterations'"),
        ("iterations: [0, 2]", "invalid_value", "iterations"),
        ("iterations: {low: 4, high: 2}", "invalid_range", "iterations"),
        ("iterations: {low: 1}", "invalid_range", "iterations"),
        ("iterations: {low: one, high: 2}", "invalid_range", "iterations"),
        ("iterations: {low: 1, high: 3, step: 0}", "invalid_range", "iterations"),
        ("iterations: {low: 1, high: 3, step: 1.0}", "invalid_range", "iterations"),
        ("mini_batch: {low: 10, high: 55, step: 10}", "invalid_range", "mini_batch"),
        ("iterations: [2, 2]", "repeated_choice", "iterations"),
        ("iterations: []", "no_choices", "iterations"),
        ("iterations: [2]", "nothing_to_search", "space.yaml"),
        ("optimizer: [none, gepo]", "unknown_key", "'gepa'"),
        ("sampling: [uniform, graph]", "unknown_key", "'graph'"),
        ("update: [last, sometimes]", "invalid_value", "'sometimes'"),
        ("adapter: [chat, xml]", "invalid_value", "'xml'"),
        ("temperature: {low: 0, high: 3}", "invalid_value", "got 3"),
        ("temperature: {proposr: [0, 1]}", "unknown_key", "'proposer'"),
        ("models: {judge: [a/b, c/d]}", "unknown_key", "'judge'"),
        ("models: {all: [{modle: a/b}, a/b]}", "unknown_key", "'model'"),
        ("models: {all: [{temperature: 0.5}, a/b]}", "invalid_value", "'model'"),
        ("models: {all: [{model: a/b, api_key: sk-abc}, a/b]}", "stored_secret", "${VARIABLE}"),
        ("models: {all: [{model: a/b, api_key: '${K:-sk-abc}'}, a/b]}", "stored_secret", "api_key"),
        ("models: {all: [{model: a/b, api_base: 'https://h/v1/x9k2j7d4/openai'}, a/b]}", "stored_secret", "api_base"),
        ("iterations: [1, 2]\nknown: [{iterations: 3}]", "outside_the_space", "iterations: 3"),
        ("iterations: [1, 2]\nknown: {iterations: 2}", "invalid_value", "known"),
        ("iterations: [1, 2]\nmetric: {weights: {exectued: 1}}", "unknown_key", "'executed'"),
        ("[1, 2", "not_yaml", "space.yaml"),
        ("3", "not_a_mapping", "space.yaml"),
    ],
)
def test_a_space_that_is_wrong_is_one_line_with_the_key(text: str, code: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check_space(space_of(tmp_path, text))
    assert caught.value.code == code
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-abc" not in str(caught.value)


@pytest.mark.parametrize("temperature", ["{low: 0, high: 1.0}", "{low: 0, high: 1.5}", "{low: 0.0, high: 1}"])
def test_a_range_is_of_integers_only_where_both_ends_are(temperature: str, tmp_path: Path) -> None:
    space = space_of(tmp_path, f"temperature: {temperature}\nknown: [{{temperature: 0.5}}]")
    assert space.known == ({"temperature": 0.5},)


@pytest.mark.parametrize(
    ("spec", "code", "named"),
    [
        ({"storage": "://"}, "malformed_url", "--storage"),
        ({"storage": "notadatabase://x"}, "driver_not_installed", "notadatabase"),
        ({"space": Path("none.yaml")}, "unreadable_file", "none.yaml"),
        ({"tools": Path("none.json")}, None, "none.json"),
        ({"study": "a/b"}, "invalid_value", "'a/b'"),
        ({"train": 3}, "too_few_tasks", "train"),
        ({"validation": 3}, "too_few_tasks", "validation"),
    ],
)
def test_a_sweep_that_cannot_begin_writes_nothing(
    spec: dict[str, Any], code: str | None, named: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        Sweep.open(SweepSpec(tmp_path / "out", **spec))
    # The code of a tools file is that of its reader.
    assert code in (None, caught.value.code)
    assert named in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_missing_driver_of_postgresql_is_a_line_that_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python's own way to say that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as caught:
        open_storage(storage_address("postgresql+psycopg://127.0.0.1:1/optuna"))
    assert caught.value.code == "driver_not_installed"
    assert "'toolgrad-dspy[sweep]'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["trials", "workers", "sessions", "metric_calls", "train", "validation", "threads"])
def test_a_sweep_of_less_than_one_of_something_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        SweepSpec(**dict[str, Any]({name: 0}))
    assert caught.value.code == "invalid_value"
    assert name in str(caught.value)


def test_the_known_settings_are_the_defaults_as_far_as_they_are_in_the_space(tmp_path: Path) -> None:
    loop = {"mini_batch": 24, "proposals": 3, "iterations": 8, "repairs": 2, "mend": "needed", "update": "last"}
    assert load_space(None).known == ({"optimizer": "none", **loop, "temperature": None, "adapter": "chat"},)
    small = space_of(tmp_path, "iterations: {low: 1, high: 3}\nproposals: [1, 3]\n")
    assert small.known == ({"proposals": 3},)


def test_a_model_is_chosen_for_all_roles_of_the_loop_or_for_one(tmp_path: Path) -> None:
    space = space_of(
        tmp_path,
        "models:\n"
        "  all: [openai/a, openai/b]\n"
        '  selector: [{model: openai/c, api_base: "http://localhost:1/v1", api_key: "${MY_KEY}"}, openai/d]\n'
        "temperature: {proposer: {low: 0.0, high: 1.0}}\n",
    )
    assert space.searched == ("model", "model.selector", "temperature.proposer")
    drawn = {"model": "openai/a", "model.selector": space.dimensions[1].corners[0], "temperature.proposer": 0.5}
    models = trial_configuration(drawn, {})["models"]
    assert models["proposer"] == {"model": "openai/a", "temperature": 0.5}
    assert models["updater"] == {"model": "openai/a"}
    assert models["judge"] == {"model": "rehearsal"}
    assert models["selector"]["model"] == "openai/c"
    assert models["selector"]["api_key"] == "${MY_KEY}"


def test_an_address_with_a_key_in_it_stays_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = space_of(tmp_path, "iterations: [2, 4]")
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/a")
    for base, stored in (("https://h.org/v1/x9k2j7d4/openai", None), ("https://h.org/v1", "https://h.org/v1")):
        monkeypatch.setenv("TOOLGRAD_API_BASE", base)
        content = trial_configuration({"iterations": 2}, {})
        assert content["models"]["all"].get("api_base") == stored
        assert trial_settings(content, "trial").models.settings["proposer"].api_base == base
        check_space(space)


def test_a_variable_that_goes_before_the_space_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(tmp_path, "temperature: [0.2, 0.4]")
    monkeypatch.setenv("TOOLGRAD_SELECTOR_TEMPERATURE", "1.0")
    with pytest.raises(UsageError) as caught:
        check_space(space)
    assert caught.value.code == "environment_goes_first"
    assert "TOOLGRAD_SELECTOR_TEMPERATURE" in str(caught.value)


def test_the_cost_is_in_dollars_only_where_every_price_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"openai/mine": {"input": 1, "output": 2}}))
    monkeypatch.setenv("TOOLGRAD_PRICES", str(prices))
    priced = space_of(tmp_path, "models: {all: [openai/mine]}\niterations: [1, 2]")
    assert all_priced(priced)
    mixed = space_of(tmp_path, "models: {all: [openai/mine, openai/not-listed]}")
    assert not all_priced(mixed)
    assert not all_priced(load_space(None))


@pytest.mark.parametrize("content", [b"my notes\n", b'{"op": 1}\n', b"[1]\n", b"\x00\xff\x00", b"{"])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        open_storage(storage_address(str(path)))
    assert caught.value.code == "not_a_journal"
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["journal.log"]


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "run.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sessions (id INTEGER)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UsageError) as foreign:
        open_storage(storage_address(f"sqlite:///{path}"))
    assert foreign.value.code == "foreign_database"
    assert path.read_bytes() == before
    (tmp_path / "text.db").write_text("my notes, which are longer than the head of a database" * 3)
    with pytest.raises(StoreError) as damaged:
        open_storage(storage_address(f"sqlite:///{tmp_path / 'text.db'}"))
    assert damaged.value.code == "storage_failed"
    assert "text.db" in str(damaged.value)


def test_half_a_line_that_a_killed_writer_left_does_not_cost_the_study(tmp_path: Path) -> None:
    address = storage_address(str(tmp_path / "journal.log"))
    study = optuna.create_study(storage=open_storage(address))
    study.enqueue_trial({"x": 1})
    with open(address.text, "ab") as file:
        file.write(b'{"op_code": 4, "worker_id": "gone", "stu')
    again = optuna.load_study(study_name=study.study_name, storage=open_storage(address))
    again.enqueue_trial({"x": 2})
    assert len(optuna.load_study(study_name=study.study_name, storage=open_storage(address)).trials) == 2


def test_a_password_is_in_no_name_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cr3t-pass")
    address = storage_address("postgresql+psycopg://me:${SECRET}@127.0.0.1:1/optuna?password=s3cr3t-pass")
    assert address.name == "postgresql+psycopg://127.0.0.1:1/optuna"
    with pytest.raises(StoreError) as caught:
        open_storage(address)
    assert "s3cr3t" not in f"{caught.value} {address!r}"
    assert "\n" not in str(caught.value)
    assert caught.value.code == "storage_failed"
    with pytest.raises(UsageError) as refused:
        open_storage(storage_address("mysql+nothing://me:${SECRET}@127.0.0.1/x"))
    assert refused.value.code == "driver_not_installed"
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(UsageError) as malformed:
        storage_address("://me:${SECRET}@127.0.0.1")
    assert malformed.value.code == "malformed_url"
    assert "s3cr3t" not in str(malformed.value)


@pytest.mark.parametrize("maker", ["toolgrad-dspy sweep", "benchmarks/sweep.py"])
def test_the_results_of_a_study_are_its_own_whichever_command_began_it(maker: str, tmp_path: Path) -> None:
    check_free(tmp_path, "0123", "mine")
    path = tmp_path / "best.yaml"
    path.write_text(f"# Made by {maker}, study mine (0123), trial 3 of 30.\nprogram: {{}}\n", encoding="utf-8")
    check_free(tmp_path, "0123", "mine")
    for digest, name in (("4567", "mine"), ("0123", "yours")):
        with pytest.raises(UsageError) as caught:
            check_free(tmp_path, digest, name)
        assert caught.value.code == "results_of_another_study"
        assert str(path) in str(caught.value)


def test_a_file_of_the_same_name_that_no_sweep_made_is_kept(tmp_path: Path) -> None:
    (tmp_path / "best.yaml").write_text("my: settings\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        check_free(tmp_path, "0123", "mine")
    assert caught.value.code == "results_of_another_study"


def test_a_trial_of_a_process_that_is_gone_is_tried_again_but_not_for_ever() -> None:
    study = optuna.create_study()
    study.enqueue_trial({"x": 0.5})
    for tried in range(lifecycle.TRIES):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        assert trial.params == {"x": 0.5}
        trial.set_user_attr(lifecycle.OWNER, {**lifecycle.this_process(), "began": "long ago"})
        assert not lifecycle.finished(study)
        assert lifecycle.reap(study) == [tried]
    assert lifecycle.reap(study) == []
    assert len(lifecycle.finished(study)) == 1
    assert not study.get_trials(states=(optuna.trial.TrialState.WAITING,))


def test_a_running_trial_of_another_host_is_left_alone_unless_taken_over() -> None:
    study = optuna.create_study()
    trial = study.ask()
    trial.set_user_attr(lifecycle.OWNER, {"host": "another", "pid": 1, "began": "1"})
    assert lifecycle.reap(study) == []
    assert list(lifecycle.elsewhere(study)) == [(0, "another")]
    assert lifecycle.reap(study, take_over=True) == [0]


def test_of_two_trials_begun_for_the_last_place_the_later_one_gives_way() -> None:
    study = optuna.create_study()
    first, second = study.ask(), study.ask()
    assert lifecycle.room(study, 1) == 0
    assert lifecycle.is_surplus(study, second, 1)
    assert not lifecycle.is_surplus(study, first, 1)


def test_what_is_drawn_depends_on_the_seed_and_the_trial_not_on_the_worker() -> None:
    def objective(trial: optuna.Trial) -> float:
        return (trial.suggest_float("x", 0, 1) - 0.3) ** 2

    def drawn(seed: int, starts: int) -> list[float]:
        study = optuna.create_study()
        for _ in range(starts):
            study.sampler = SeededSampler(seed)
            study.optimize(objective, n_trials=12 // starts)
        return [trial.params["x"] for trial in study.trials]

    assert drawn(0, 1) == drawn(0, 3)
    assert len(set(drawn(0, 3))) == 12
    assert drawn(0, 1) != drawn(1, 1)


def test_tasks_are_counted_only_where_a_trial_can_have_an_optimizer(tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("iterations: [1, 2]")
    sweep = Sweep.open(SweepSpec(tmp_path / "out", space=tmp_path / "space.yaml", train=1))
    assert sweep.is_rehearsal


def test_a_sweep_on_a_model_of_its_space_is_not_on_rehearsal_even_if_it_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("iterations: [1, 2]\nmodels: {all: [openai/gpt-4.1-mini]}")
    sweep = Sweep.open(SweepSpec(tmp_path / "out", space=tmp_path / "space.yaml"))
    assert not sweep.is_rehearsal


def test_a_space_that_is_not_yaml_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        space_of(tmp_path, "models: {all: [{model: openai/x, api_key: sk-SECRET123456, {]}")
    assert caught.value.code == "not_yaml"
    assert "sk-SECRET" not in str(caught.value)
