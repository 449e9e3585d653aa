"""Tool names that every provider accepts."""

import re

import pytest

from toolgrad_dspy.tools.names import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [("read_file", "read_file"), ("files/read.all", "files_read_all"), ("a b", "a_b"), ("x" * 64, "x" * 64)],
)
def test_a_name_is_changed_no_more_than_needed(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("names", [("查询天气", "查询地图"), ("x" * 70 + "1", "x" * 70 + "2"), ("", "...")])
def test_names_that_would_become_equal_stay_apart(names: tuple[str, str]) -> None:
    safe = [safe_name(name) for name in names]
    assert safe[0] != safe[1]
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", name) for name in safe)
    assert safe == [safe_name(name) for name in names]
