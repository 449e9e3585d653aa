"""The programs commands: list, show and diff, on program files as compile writes them and as others leave them."""

import json
import os
import re
from pathlib import Path
from typing import Any

import dspy
import pytest
from pydantic import JsonValue

from toolgrad_dspy.cli import main
from toolgrad_dspy.cli.output import say_json
from toolgrad_dspy.cli.programs.side_by_side import cells, compared
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig, ToolGrad, save_program
from toolgrad_dspy.streams import printable
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import Prompts

PROPOSER, SELECTOR = "proposer.predict", "selector.predict"


class Shell:
    """Runs the command line in this process; what it wrote is in ``out`` and ``err``."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.out = self.err = ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["programs", *arguments])
        self.out, self.err = self._capture.readouterr()
        assert ended.value.code == code, self.err
        return self.out

    def refused(self, *arguments: str, code: str) -> str:
        """The one line that says why the command does nothing, which ends with ``code``."""
        assert self(*arguments, code=2) == ""
        (line,) = self.err.splitlines()
        assert line.startswith("toolgrad-dspy: ")
        assert line.endswith(f" [{code}]")
        return line


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def description(optimizer: str = "gepa", after: float = 0.75, **changes: Any) -> dict[str, Any]:
    """How a program came about, as compile describes it."""
    difference = {"mean": after - 0.5, "low": after - 0.6, "high": after - 0.4, "confidence": 0.95}
    described = {
        "optimizer": {
            "name": optimizer,
            "settings": {"depth": 2},
            "budget": {"metric_calls": 240, "threads": 8},
            "seed": 3,
            "sessions": 214,
            "candidates": 17,
            "stopped": "",
        },
        "metric": {"weights": {"executed": 3.0, "valid": 1.0}},
        "recorded": None,
        "tasks": {"train": 12, "validation": 12, "test": 24},
        "scores": {
            "before": 0.5,
            "after": after,
            "difference": difference,
            "gain": difference["low"] > 0,
            "validation": {"before": 0.51, "after": 0.76},
        },
        "verdict": "The tuned program is better on the test tasks.",
        "program": ProgramConfig().model_dump(mode="json"),
        "models": {
            "proposer": {"model": "openai/small"},
            "reflection": {"model": "openai/large", "temperature": 1.0},
        },
        "tools": {"source": "world", "digest": "130f1f04b98168626b69"},
        "parent": {"file": None, "prompts": Prompts.of(untuned()).digest},
        "version": "0.1.0",
    }
    return {**described, **changes}


def old_trial() -> dict[str, Any]:
    """How a trial of a sweep came about, as version 0.1.0 described it."""
    return {
        "optimizer": {"name": "gepa", "metric_calls": 40, "train": 6, "validation": 5, "threads": 8},
        "metric": {"weights": {"executed": 3.0}},
        "scores": {"before": 0.412, "after": 0.634},
        "program": ProgramConfig().model_dump(mode="json"),
        "models": {"proposer": {"model": "rehearsal"}},
        "trial": 3,
        "version": "0.1.0",
    }


def untuned() -> ToolGrad:
    return ToolGrad(Library([]), Models({}))


def demo(reason: str) -> dspy.Example:
    return dspy.Example(tools="look, book", workflow="w" * 1234, reason=reason, proposals=[{"instruction": "look"}])


def save(
    path: Path,
    described: dict[str, Any],
    *,
    added: str = "",
    demos: tuple[dspy.Example, ...] = (),
    time: int = 1_700_000_000,
) -> Path:
    """A program whose proposer has ``added`` to its instructions and shows ``demos``; written at ``time``."""
    program = untuned()
    proposer = program.proposer.predict
    proposer.signature = proposer.signature.with_instructions(proposer.signature.instructions + added)
    proposer.demos = list(demos)
    save_program(path, program, described)
    os.utime(path, (time, time))
    return path


def altered(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


def test_the_list_has_a_row_per_program_in_the_order_they_were_written(shell: Shell) -> None:
    save(
        Path("programs/late.json"),
        description("mipro", parent={"file": "programs/b.json", "prompts": "x"}),
        time=9**9,
    )
    save(Path("programs/b.json"), description(), time=8**9)
    save(Path("programs/a.json"), description(after=0.55), time=8**9)
    rows = shell("list").splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["a.json", "b.json", "late.json"]
    assert rows[0].split()[1:9] == ["gepa", "0.500", "0.550", "+0.050", "[-0.050,", "+0.150]", "no", "214"]
    assert " yes " in rows[1]
    assert "programs/b.json" in rows[2]
    assert shell.err == "3 programs\n"
    listed = json.loads(shell("list", "--json"))
    assert [entry["parent"] for entry in listed] == ["base", "base", "programs/b.json"]
    assert listed[1]["difference"]["low"] == pytest.approx(0.15)
    assert {entry["problem"] for entry in listed} == {None}


def test_a_file_that_cannot_be_used_is_a_row_that_says_why_and_the_rest_is_listed(
    shell: Shell, tmp_path: Path
) -> None:
    folder = tmp_path / "programs"
    save(folder / "good.json", description())
    save(folder / "old.json", {})
    altered(save(folder / "other.json", description()), signatures="0" * 16)
    altered(save(folder / "odd.json", description()), compiled=[1], state={PROPOSER: {"signature": 1}, SELECTOR: {}})
    altered(save(folder / "strange.json", {"optimizer": "x", "scores": [1], "parent": 4, "models": 1, "metric": 2}))
    (folder / "deep.json").write_text('{"format": "toolgrad-dspy program 1", "state": ' + "[" * 900 + "]" * 900 + "}")
    (folder / "far.json").write_text(
        '{"format": "toolgrad-dspy program 1", "state": {"a": ' + "[" * 900 + "]" * 900 + "}}"
    )
    (folder / "torn.json").write_bytes(b'{"format": \xff')
    (folder / "tuning.journal").write_text("{}")
    (folder / "gone.json").symlink_to("nowhere")
    (folder / "folder").mkdir()
    (folder / ".good.json.1.tmp").write_text("")
    os.mkfifo(folder / "pipe")
    entries = {Path(entry["program"]).name: entry for entry in json.loads(shell("list", "--json"))}
    assert {name: entry["code"] for name, entry in entries.items()} == {
        "good.json": None,
        "old.json": None,
        "other.json": "other_signatures",
        "odd.json": "damaged_program",
        "strange.json": "damaged_description",
        "deep.json": "not_a_program_file",
        "far.json": "damaged_program",
        "torn.json": "not_a_program_file",
        "tuning.journal": "unfinished_tuning",
        "gone.json": "unreadable_program",
        "pipe": "unreadable_program",
    }
    assert all((entry["problem"] is None) == (entry["code"] is None) for entry in entries.values())
    assert "--resume" in entries["tuning.journal"]["problem"]
    table = shell("list")
    assert len(table.splitlines()) == 2 + len(entries)
    assert next(line for line in table.splitlines() if line.startswith("old.json")).split()[1:7] == ["-"] * 6
    assert shell.err.startswith("4 programs, 7 ")
    assert "instructions of proposer.predict" in shell("show", str(folder / "old.json"))
    assert json.loads(shell("show", str(folder / "old.json"), "--json"))["compiled"] == {}


def test_an_empty_folder_lists_nothing_and_a_missing_one_is_an_error(shell: Shell, tmp_path: Path) -> None:
    assert "toolgrad-dspy compile" in shell.refused("list", code="no_folder")
    (tmp_path / "programs").mkdir()
    assert "toolgrad-dspy compile" in shell("list")
    assert json.loads(shell("list", "--json")) == []
    (tmp_path / "file").write_text("")
    assert "programs show file" in shell.refused("list", "file", code="not_a_folder")


def test_show_tells_how_a_program_came_about_and_what_is_in_its_prompts(shell: Shell) -> None:
    path = save(Path("p.json"), description(), added="\nLook first.", demos=(demo("it fits"), demo("it adds")))
    shown = shell("show", str(path))
    for words in (
        "depth 2",
        "metric calls 240, threads 8",
        "214 sessions scored, 17 candidates",
        "executed 3, valid 1",
        "train 12, validation 12, test 24",
        "0.500 before, 0.750 after, +0.250 [+0.150, +0.350] (95% interval)",
        "The tuned program is better on the test tasks.",
        "openai/small: proposer; openai/large (temperature 1): reflection",
        "the bundled world",
        "base, the untuned program of this version",
        "by version 0.1.0",
        "those of this version",
        "\n  Look first.\n",
        "demonstrations of proposer.predict: 2",
        "demonstrations of selector.predict: none",
        "    > workflow: " + "w" * 200 + "… (+1,034 characters)",
        '    < proposals: [{"instruction": "look"}]',
    ):
        assert words in shown
    data = json.loads(shell("show", str(path), "--json"))
    assert data["compiled"] == description()
    assert data["signatures"]["fit"]
    assert [shown["reason"] for shown in data["predictors"][PROPOSER]["demonstrations"]] == ["it fits", "it adds"]
    assert data["predictors"][PROPOSER]["demonstrations"][0]["workflow"] == "w" * 1234
    assert "the untuned program of this version" in shell("show", "base")


def test_a_trial_of_a_sweep_has_validation_scores_and_no_test_scores(shell: Shell) -> None:
    path = save(Path("programs/trial-3.json"), old_trial())
    (entry,) = json.loads(shell("list", "--json"))
    assert [entry[key] for key in ("before", "after", "difference", "gain", "parent", "code")] == [None] * 6
    assert entry["validation"] == {"before": 0.412, "after": 0.634}
    row = shell("list").splitlines()[2].split()
    assert row[1:6] == ["gepa", "-", "-", "-", "-"]
    assert {"0.412", "0.634"} <= set(row[6:]), "the note"
    facts = dict(re.findall(r"^(\S+(?: \S+)?) {2,}(.*)", shell("show", str(path)), re.MULTILINE))
    assert "test scores" not in facts
    assert "0.412" in facts["validation scores"]
    assert "3" in facts["trial"]
    assert facts["budget"] == "metric calls 40, threads 8"
    assert facts["tasks"] == "train 6, validation 5, test 0"
    compared = json.loads(shell("diff", str(save(Path("p.json"), description())), str(path), "--json"))["compiled"]
    assert compared["scores.after"] == {"a": 0.75, "b": None}
    assert compared["scores.validation.after"] == {"a": 0.76, "b": 0.634}
    assert compared["trial"] == {"a": None, "b": 3}


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"version": "99.1", "later": 1}, "newer_description", "99.1"),
        ({"later": 1}, "damaged_description", "later"),
        ({"tasks": {"train": "many"}}, "damaged_description", "tasks.train"),
        ({"scores": [1]}, "damaged_description", "scores"),
    ],
)
def test_a_program_whose_description_cannot_be_read_is_shown_without_it(
    changes: dict[str, Any], code: str, place: str, shell: Shell
) -> None:
    path = save(Path("programs/p.json"), description(**changes))
    assert "instructions of proposer.predict" in shell("show", str(path), code=2)
    (line,) = shell.err.splitlines()
    assert line.endswith(f"[{code}]")
    assert place in line
    shown = json.loads(shell("show", str(path), "--json", code=2))
    assert shown["compiled"] == {}
    assert shown["signatures"]["fit"]
    assert json.loads(shell("list", "--json"))[0]["code"] == code
    shell.refused("diff", "base", str(path), code=code)


def test_a_program_for_other_signatures_is_shown_with_the_warning_that_it_cannot_be_used(shell: Shell) -> None:
    path = altered(save(Path("p.json"), description(), demos=(demo("it fits"),)), signatures="0" * 16)
    assert "instructions of proposer.predict" in shell("show", str(path), code=2)
    assert "      reason: it fits" in shell.out
    assert "[other_signatures]" in shell.err
    assert not json.loads(shell("show", str(path), "--json", code=2))["signatures"]["fit"]
    shell.refused("diff", "base", str(path), code="other_signatures")


def test_diff_marks_what_changed_in_instructions_demonstrations_and_compilation(shell: Shell) -> None:
    shared, first, second = demo("shared"), demo("first"), demo("second")
    a = save(Path("a.json"), description(), added="\nLook first.", demos=(shared, first))
    b = save(Path("b.json"), description("copro", after=0.8), added="\nBook last.", demos=(second, shared))
    shown = shell("diff", str(a), str(b))
    assert "  - Look first.\n  + Book last.\n" in shown
    assert "instructions of selector.predict: the same\n" in shown
    assert "demonstrations of proposer.predict: 1 only in A, 1 only in B, 1 in both\n" in shown
    assert "< reason: first" in shown
    assert "< reason: second" in shown
    assert "< reason: shared" not in shown
    compiled = [line.split() for line in shown.splitlines() if line.startswith(("optimizer.", "scores.", "metric."))]
    assert ["optimizer.name", "gepa", "copro"] in compiled
    assert ["scores.after", "0.75", "0.8"] in compiled
    assert not any(line[0].startswith("metric.") for line in compiled)
    data = json.loads(shell("diff", str(a), str(b), "--json"))
    demonstrations = data["demonstrations"][PROPOSER]
    assert [[shown["reason"] for shown in demonstrations[key]] for key in ("only_a", "only_b", "both")] == [
        ["first"],
        ["second"],
        ["shared"],
    ]
    assert data["compiled"]["optimizer.name"] == {"a": "gepa", "b": "copro"}
    assert not data["instructions"][PROPOSER]["equal"]


def test_diff_tells_what_is_equal_and_which_was_tuned_from_which(shell: Shell) -> None:
    a = save(Path("a.json"), description(), demos=(demo("one"), demo("two")))
    same = save(Path("same.json"), description(), demos=(demo("one"), demo("two")), time=9**9)
    again = save(Path("again.json"), description("simba"), demos=(demo("one"), demo("two")))
    turned = save(Path("turned.json"), description(), demos=(demo("two"), demo("one")))
    assert "The programs are equal." in shell("diff", str(a), str(same))
    shown = shell("diff", str(a), str(again))
    assert "The prompts are equal" in shown
    assert "simba" in shown
    assert "2 in both, in another order" in shell("diff", str(a), str(turned))
    assert "B was tuned from A." in shell("diff", "base", str(a))
    assert "A was tuned from B." in shell("diff", str(a), "base")
    assert "The programs are equal." in shell("diff", "base", "base")
    assert json.loads(shell("diff", str(a), str(again), "--json"))["same_prompts"]


BROKEN: dict[str, tuple[Any, str]] = {
    "missing": (None, "unreadable_program"),
    "no JSON": ("precious", "not_a_program_file"),
    "other JSON": ({"a": 1}, "not_a_program_file"),
    "another format": ({"format": "toolgrad-dspy program 2", "state": {}}, "not_a_program_file"),
    "no predictors": ({"state": {}}, "other_predictors"),
    "instructions that are no text": (
        {"state": {PROPOSER: {"signature": {"instructions": 1}}, SELECTOR: {}}},
        "damaged_program",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_program_is_one_line_and_a_usage_error(case: str, shell: Shell) -> None:
    content, code = BROKEN[case]
    path = Path("p.json")
    if isinstance(content, dict) and set(content) == {"state"}:
        altered(save(path, {}), **content)
    elif content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    for command in (["show", "p.json"], ["diff", "base", "p.json"], ["diff", "p.json", "base", "--json"]):
        assert "p.json" in shell.refused(*command, code=code)


def test_a_folder_is_not_taken_for_a_program(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "folder" in shell.refused("show", "folder", code="unreadable_program")


def test_what_a_terminal_would_obey_is_written_out(shell: Shell) -> None:
    bad = "\x1b]0;title\x07\x9b31m\r\u202eover\ud800"
    described = description(bad, verdict=bad, parent={"file": bad, "prompts": bad}, models={bad: {"model": bad}})
    path = save(Path("programs/p.json"), {})
    data = json.loads(path.read_text()) | {"compiled": described}
    data["state"][PROPOSER]["signature"]["instructions"] = bad
    data["state"][PROPOSER]["demos"] = [{"reason": bad, bad: bad}]
    path.write_text(json.dumps(data))
    other = altered(save(Path("q.json"), {}), signatures=bad)
    for command in (["list"], ["show", str(path)], ["diff", "base", str(path)], ["diff", "q.json", str(path)]):
        for arguments in (command, [*command, "--json"]):
            shell(*arguments, code=2 if "q.json" in command else 0)
            assert printable(shell.out + shell.err) == shell.out + shell.err, "nothing is left to write out"
    assert r"\x1b]0;title\x07\x9b31m" in shell("show", str(path))
    kept = bad.replace("\ud800", "\ufffd")  # half a character is none
    assert json.loads(shell("show", str(path), "--json"))["predictors"][PROPOSER]["instructions"] == kept
    assert r"\x1b" in shell.refused("diff", "base", str(other), code="other_signatures")


def test_json_escapes_what_a_terminal_would_obey_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    value: dict[str, JsonValue] = {"a\x7f\u2028": ["\x9b", "\udcff", "é ✓ 日本"]}
    say_json(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert "é ✓ 日本" in shown
    assert printable(shown) == shown


def test_two_columns_are_as_wide_as_the_terminal_and_mark_each_changed_line() -> None:
    a = "same\nold " + "long " * 20 + "\nleft only\nsame again\n\tindented 日本語 " + "日本語" * 20
    b = "same\nnew " + "long " * 20 + "\nsame again\n\tindented 日本語 " + "日本語" * 20 + "\nright only"
    lines = list(compared(a, b, 100))
    assert max(cells(line) for line in lines) <= 100
    # The column on the left is 48 cells wide; a mark and a space on either side of it follow.
    assert lines[0] == f"{'same':48}   same"
    assert lines[1].startswith("old long")
    assert " | new long" in lines[1]
    assert f"{'left only':48} <" in lines
    assert f"{'':48} > right only" in lines
    assert " ".join(line[:48].strip() for line in lines[1:4]) == ("old " + "long " * 20).strip()
    narrow = list(compared(a, b, 80))
    assert narrow == list(compared(a, b, None))
    assert "- left only" in narrow
    assert "+ right only" in narrow
