"""Runs as files: what is in them, and what is refused before anything is written."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from tests.support.scripted_run import CONFIG, TOOLS, make_session
from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.export import Manifest, export, exporter
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import RunStore

FORMATS = [exporter("openai")]


def run(folder: Path, sessions: Sequence[Session]) -> Path:
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        for session in sessions:
            store.save(session)
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_accepted_sample_is_one_row_and_the_manifest_says_what_was_left_out(tmp_path: Path) -> None:
    source = run(tmp_path / "run", [make_session(index) for index in range(12)])
    manifest = export([source], tmp_path / "data", FORMATS)
    (file,) = manifest.files
    written = tmp_path / "data" / file.name
    assert (manifest.samples, manifest.left_out, file.rows) == (10, 2, 10)
    assert [row["messages"][0]["content"] for row in rows(written)] == [
        f"Frage {index} – ç" for index in range(12) if index not in (6, 10)
    ]
    assert file.sha256 == hashlib.sha256(written.read_bytes()).hexdigest()
    stored = (tmp_path / "data" / "manifest.json").read_text(encoding="utf-8")
    assert Manifest.model_validate_json(stored) == manifest
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["manifest.json", "openai.jsonl"]


def test_the_same_runs_give_the_same_bytes_and_the_library_that_trainers_use_loads_them(tmp_path: Path) -> None:
    first = run(tmp_path / "first", [make_session(0), make_session(1)])
    second = run(tmp_path / "second", [make_session(2)])
    manifests = [export([first, second], tmp_path / name, FORMATS) for name in ("a", "b")]
    assert manifests[0] == manifests[1]
    loaded = load_dataset(
        "json", data_files=str(tmp_path / "a" / "openai.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert len(loaded) == 3
    assert [row["messages"][-1]["content"] for row in loaded] == ["Done."] * 3


def test_what_cannot_be_exported_is_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    one = run(tmp_path / "one", [make_session(0)])
    same = run(tmp_path / "same", [make_session(0)])
    bad = run(tmp_path / "bad", [make_session(6), make_session(10)])
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    for runs, folder, code in (
        ([one, same], tmp_path / "data", "duplicate_sample"),
        ([one, one], tmp_path / "data", "duplicate_sample"),
        ([bad], tmp_path / "data", "nothing_to_export"),
        ([tmp_path / "gone"], tmp_path / "data", "not_a_run"),
        ([one], full, "folder_not_empty"),
    ):
        with pytest.raises(UsageError) as caught:
            export(runs, folder, FORMATS)
        assert caught.value.code == code
    assert list((tmp_path / "data").iterdir()) == []
    assert [path.name for path in full.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    source = run(tmp_path / "run", [make_session(0)])
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        export([source], tmp_path / "file" / "data", FORMATS)
