"""Program files: what they keep, what they refuse, and that a refused one changes nothing."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest
from pydantic import JsonValue

from tests.support.toys import functions
from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.rehearsal import HABITS
from toolgrad_dspy.program import ToolGrad, load_program, read_program, save_program, signature_digest
from toolgrad_dspy.signatures import ProposedCall, ProposedWork
from toolgrad_dspy.tools.library import Library

SECRET = "sk-very-secret-0042"


def program() -> ToolGrad:
    return ToolGrad(Library([functions()]), Models.from_environment())


def tuned() -> ToolGrad:
    changed = program()
    for role in ("proposer", "selector"):
        predict = getattr(changed, role).predict
        predict.signature = predict.signature.with_instructions(f"{role}: \u201cgrow\u201d it.\n{HABITS[0].sentence}")
    changed.proposer.predict.demos = [
        dspy.Example(
            tools="t",
            workflow="w",
            lacking="l",
            progress="iteration 1",
            reason="because",
            proposals=[ProposedWork(instruction="Do.", calls=[ProposedCall(tool="t", arguments={"a": [1, None]})])],
        ),
        {"tools": "t", "workflow": "w", "lacking": "l", "progress": "p", "reason": "r", "proposals": "[]"},
    ]
    changed.selector.predict.demos = [dspy.Example(workflow="w", reports="r", progress="p", reason="x", report="p1")]
    return changed


def state(of: ToolGrad) -> Any:
    return {
        name: (predictor.signature.instructions, [dict(demo) for demo in predictor.demos])
        for name, predictor in of.named_predictors()
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "folder" / "program.json"
    save_program(path, tuned(), {"optimizer": "gepa", "seed": 3})
    return path


def test_instructions_and_demonstrations_come_back_as_they_were(file: Path, tmp_path: Path) -> None:
    loaded = program()
    assert load_program(file, loaded) == {"optimizer": "gepa", "seed": 3}
    again = tmp_path / "again.json"
    save_program(again, loaded, {"optimizer": "gepa", "seed": 3})
    assert again.read_bytes() == file.read_bytes()
    assert state(loaded)["proposer.predict"][0] == state(tuned())["proposer.predict"][0]
    assert len(state(loaded)["proposer.predict"][1]) == 2
    assert state(loaded)["proposer.predict"][1][0]["proposals"] == [
        {"instruction": "Do.", "calls": [{"tool": "t", "arguments": {"a": [1, None]}}]}
    ]


def test_a_loaded_program_prompts_with_its_demonstrations(file: Path) -> None:
    loaded = program()
    load_program(file, loaded)
    predict = loaded.proposer.predict
    messages = ADAPTER.format(predict.signature, predict.demos, dict.fromkeys(predict.signature.input_fields, "x"))
    demonstrated = next(message["content"] for message in messages if message["role"] == "assistant")
    assert re.search(r'"tool":\s*"t",\s*"arguments":\s*\{\s*"a":\s*\[\s*1,\s*null\s*\]\s*\}', demonstrated)
    assert messages[0]["content"].endswith(HABITS[0].sentence)


def test_a_file_is_readable_and_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MODEL", "openai/x"), ("API_KEY", SECRET), ("API_BASE", "http://127.0.0.1:9")):
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)
    changed = tuned()
    changed.proposer.predict.lm = dspy.LM("openai/x", api_key=SECRET)
    path = tmp_path / "program.json"
    save_program(path, changed, {})
    text = path.read_text(encoding="utf-8")
    assert SECRET not in text
    assert "127.0.0.1" not in text
    assert "\u201cgrow\u201d" in text
    assert [entry.name for entry in tmp_path.iterdir()] == ["program.json"]
    assert set(json.loads(text)) == {"format", "signatures", "compiled", "state"}


def edited(file: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    data = json.loads(file.read_text(encoding="utf-8"))
    edit(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def no_predictor(data: dict[str, Any]) -> None:
    data["state"] = {}


def other_predictor(data: dict[str, Any]) -> None:
    data["state"]["judge.predict"] = data["state"]["selector.predict"]


def fewer_fields(data: dict[str, Any]) -> None:
    del data["state"]["proposer.predict"]["signature"]


@pytest.mark.parametrize(
    ("edit", "code", "shown"),
    [
        (lambda data: data.update(signatures="0123456789abcdef"), "other_signatures", "0123456789abcdef"),
        (lambda data: data.pop("signatures"), "other_signatures", "None"),
        (lambda data: data.update(format="toolgrad-dspy program 0"), "not_a_program_file", ""),
        (lambda data: data.pop("format"), "not_a_program_file", ""),
        (lambda data: data.update(state=[]), "not_a_program_file", ""),
        (no_predictor, "other_predictors", "selector.predict"),
        (other_predictor, "other_predictors", "judge.predict"),
        (fewer_fields, "damaged_program", "signature"),
        (lambda data: data["state"].update({"selector.predict": None}), "damaged_program", ""),
        (lambda data: data["state"].update({"selector.predict": {}}), "damaged_program", ""),
        (lambda data: data["state"]["selector.predict"].update(demos=5), "damaged_program", "demos"),
        (lambda data: data["state"]["selector.predict"].update(demos=["x"]), "damaged_program", "demos"),
        (
            lambda data: data["state"]["selector.predict"]["signature"].update(instructions=7),
            "damaged_program",
            "instructions",
        ),
        (lambda data: data["state"]["selector.predict"]["signature"].update(fields=[]), "damaged_program", "fields"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_loaded(
    file: Path, edit: Callable[[dict[str, Any]], object], code: str, shown: str
) -> None:
    untouched = program()
    before = state(untouched)
    with pytest.raises(UsageError) as caught:
        load_program(edited(file, edit), untouched)
    assert caught.value.code == code
    assert shown in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert state(untouched) == before


@pytest.mark.parametrize(
    ("edit", "description"),
    [
        (lambda data: data.pop("compiled"), {}),
        (lambda data: data.update(compiled=[1]), {}),
        (lambda data: data.update(compiled={"version": "99.0", "later": 1}), {"version": "99.0", "later": 1}),
    ],
)
def test_a_program_loads_whatever_its_description_is(
    file: Path, edit: Callable[[dict[str, Any]], object], description: dict[str, JsonValue]
) -> None:
    loaded = program()
    assert load_program(edited(file, edit), loaded) == description
    assert state(loaded)["selector.predict"][0].startswith("selector: ")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_no_program_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "program.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_program(path)
    assert caught.value.code == "not_a_program_file"
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_a_folder_is_an_error_of_the_user(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(UsageError) as caught:
            read_program(path)
        assert caught.value.code == "unreadable_program"


def test_a_place_that_cannot_be_written_leaves_the_old_file_and_nothing_else(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(StoreError):
        save_program(file / "below.json", tuned(), {})
    taken = tmp_path / "folder.json"
    (taken / "full").mkdir(parents=True)
    with pytest.raises(StoreError):
        save_program(taken, tuned(), {})
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "folder.json"]


def test_the_digest_is_that_of_the_fields_and_not_of_the_words() -> None:
    assert signature_digest(program()) == signature_digest(tuned())
    other = program()
    predict = other.selector.predict
    predict.signature = predict.signature.append("more", dspy.OutputField(), str)
    assert signature_digest(other) != signature_digest(program())


def test_of_a_file_nothing_but_instructions_and_demonstrations_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    base = program()
    save_program(path, base, {})
    data = json.loads(path.read_text())
    state = data["state"]["proposer.predict"]
    state |= {"lm": {"model": "openai/other", "api_base": "http://elsewhere"}, "traces": [1], "acall": "x"}
    state["signature"]["fields"][0] |= {"prefix": "Other:", "description": "other"}
    state["signature"]["instructions"] = "Do it."
    path.write_text(json.dumps(data))
    loaded = program()
    load_program(path, loaded)
    predict = loaded.proposer.predict
    assert predict.signature.instructions == "Do it."
    assert str(predict.signature.fields) == str(base.proposer.predict.signature.fields)
    assert predict.lm is None
    assert callable(predict.acall)
