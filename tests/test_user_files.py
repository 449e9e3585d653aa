"""Files that users write: JSON, YAML and variables. What is wrong in one is a line that quotes no value of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.refusals import refused
from toolgrad_dspy.env_file import read_env
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.json_file import read_json
from toolgrad_dspy.yaml_file import read_yaml

SECRET = "s3cr3t"
Read = Callable[[Path], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": [1, 2]}\r\n', {"a": [1, 2]}),
        ('{"a": 1, // one\n "b": [2,], /* two\n */ }', {"a": 1, "b": [2]}),
        ('{"a": "// no comment, /* nor this */ ,]"}', {"a": "// no comment, /* nor this */ ,]"}),
    ],
)
def test_json_may_have_what_editors_put_there(path: Path, text: str, value: object) -> None:
    path.write_bytes(text.encode())
    assert read_json(path) == value


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "not_json", "line 1, column 1"),
        ('{"a": }', "not_json", "line 1, column 7"),
        ('{\n  "a": {,}\n}', "not_json", "line 2, column 9"),
        ('{ // a comment\n\n  "a" 1}', "not_json", "line 3"),
        ('{"a": [1,],\n "b": 2 3}', "not_json", "line 2"),
        ('{"a": "s3cr3t\n"}', "not_json", "line 1"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "repeated_key", "'c'"),
        ('{"a": 1, /* again */ "a": 2}', "repeated_key", "'a'"),
        ("[" * 100_000, "too_deep", ""),
        ('{"a":' * 100_000, "too_deep", ""),
        ("// deep\n" + "[" * 10_000, "too_deep", ""),
        ("9" * 5_000, "not_json", ""),
    ],
)
def test_json_that_is_wrong_is_one_line_with_the_place(path: Path, text: str, code: str, place: str) -> None:
    path.write_text(text, encoding="utf-8")
    with refused(UsageError, code, path, place) as caught:
        read_json(path)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\nb: 2\na: 3\n", "repeated_key", "line 3"),
        ("models:\n  all: {model: x, model: s3cr3t}\n", "repeated_key", "line 2"),
        ('"a": 1\na: 2\n', "repeated_key", "'a'"),
        ("[" * 5_000, "too_deep", ""),
        ("{a: " * 5_000, "too_deep", ""),
        ("a: [s3cr3t\n", "not_yaml", "line 2"),
        ("a: 2024-13-45\n", "not_yaml", ""),
        ("a: " + "9" * 5_000, "not_yaml", ""),
        ("a: !!python/object:os.system x\n", "not_yaml", "line 1"),
        ("a: \x00s3cr3t", "not_yaml", ""),
        ("a: &a [*a]\n", "too_large", ""),
        (
            "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
            "too_large",
            "",
        ),
    ],
)
def test_yaml_that_is_wrong_is_one_line(path: Path, text: str, code: str, place: str) -> None:
    path.write_text(text, encoding="utf-8")
    with refused(UsageError, code, path, place) as caught:
        read_yaml(path)
    assert SECRET not in str(caught.value)


def test_yaml_may_begin_with_a_mark_and_have_merged_mappings_whose_keys_are_given_anew(path: Path) -> None:
    path.write_bytes("\ufeffbase: &b {x: 1}\r\nin: {c: &c {<<: *b, x: 2}}\r\nd: {<<: *c, x: 3}\r\n".encode())
    assert read_yaml(path) == {"base": {"x": 1}, "in": {"c": {"x": 2}}, "d": {"x": 3}}


def test_variables_are_read_and_wrong_lines_told_by_their_numbers(path: Path) -> None:
    path.write_text('\ufeffexport A=1\r\n\r\n# comment\nB="two\nlines"\nC=${A}${A}\nD\n', encoding="utf-8")
    assert read_env(path) == {"A": "1", "B": "two\nlines", "C": "11"}
    path.write_text(f"A=1\n={SECRET}\nB=2\n=x\n", encoding="utf-8")
    with refused(UsageError, "not_assignment", path, 2, 4) as caught:
        read_env(path)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("read", [read_json, read_yaml, read_env])
@pytest.mark.parametrize("what", ["nothing", "a folder", "no text", "a link to itself", "a name too long"])
def test_what_is_no_file_of_text_is_one_line(path: Path, read: Read, what: str) -> None:
    if what == "a folder":
        path.mkdir()
    elif what == "no text":
        path.write_bytes(b"a: \xff\n")
    elif what == "a link to itself":
        path.symlink_to(path)
    elif what == "a name too long":
        path = path.with_name("x" * 300)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.code in ("file_missing", "unreadable_file", "not_yaml")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
