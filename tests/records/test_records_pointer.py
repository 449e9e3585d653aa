"""JSON Pointers (RFC 6901)."""

import random
from typing import Any

import pytest

from toolgrad_dspy.records import PointerError, escape, last_key, leaves, lookup
from toolgrad_dspy.records.pointer import unescape

# RFC 6901, section 5, without the forms for URI fragments.
DOCUMENT: Any = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
KEYS = ["", "/", "~", "~1", "~0", "~01", "a/b", "0", "-1", "01", " ", "ü", "$", "a.b", "\n", "²", "…", "0" * 30]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_standard_lead_where_it_says(pointer: str, value: Any) -> None:
    assert lookup(DOCUMENT, pointer) == value


def test_a_lone_slash_is_the_whole_value_where_there_is_no_empty_key() -> None:
    assert lookup({"a": 1}, "/") == {"a": 1}
    assert lookup([1], "/") == [1]


@pytest.mark.parametrize("seed", range(60))
def test_every_leaf_is_found_again_by_its_pointer(seed: int) -> None:
    rng = random.Random(seed)

    def grow(depth: int) -> Any:
        kind = rng.random()
        if depth == 0 or kind < 0.2:
            return rng.choice([None, True, 0, 1.5, "", "text", [], {}])
        if kind < 0.6:
            return {key: grow(depth - 1) for key in rng.sample(KEYS, rng.randint(1, 5))}
        return [grow(depth - 1) for _ in range(rng.randint(1, 4))]

    value = {"root": grow(4)}
    every = list(leaves(value))
    assert len({pointer for pointer, _ in every}) == len(every)
    for pointer, leaf in every:
        same = lookup(value, pointer)
        assert same is leaf


@pytest.mark.parametrize("key", KEYS)
def test_a_key_survives_as_a_token(key: str) -> None:
    assert "/" not in escape(key)
    assert unescape(escape(key)) == key


@pytest.mark.parametrize(
    ("pointer", "code", "reached", "there"),
    [
        ("/foo/2", "nothing_there", "/foo/2", "2"),  # the length of the list there
        ("/foo/-", "nothing_there", "/foo/-", "2"),
        ("/foo/-1", "nothing_there", "/foo/-1", "2"),
        ("/foo/00", "nothing_there", "/foo/00", "2"),
        ("/foo/²", "nothing_there", "/foo/²", "2"),
        ("/foo/" + "9" * 5000, "nothing_there", "/foo/" + "9" * 5000, "2"),
        ("/foo/9/x/y", "nothing_there", "/foo/9", "2"),
        ("/foo/0/x", "nothing_there", "/foo/0/x", "'bar'"),
        ("/fooo", "nothing_there", "/fooo", "foo, "),  # the keys there
        ("none", "not_a_pointer", "none", "'/'"),
        ("#/none", "not_a_pointer", "#/none", "'/'"),
    ],
)
def test_a_pointer_that_leads_nowhere_says_how_far_it_led_and_what_is_there(
    pointer: str, code: str, reached: str, there: str
) -> None:
    with pytest.raises(PointerError) as caught:
        lookup(DOCUMENT, pointer)
    assert (caught.value.code, caught.value.reached) == (code, reached)
    assert reached in str(caught.value)
    assert there in str(caught.value).replace(reached, "")


@pytest.mark.parametrize(
    ("pointer", "name"),
    [("/rows/0/id", "id"), ("/ids/0", "ids"), ("", ""), ("/0/1", ""), ("/a~1b", "a/b"), ("/x/", "x"), ("/~0/3", "~")],
)
def test_a_value_is_called_by_the_last_key_on_its_way(pointer: str, name: str) -> None:
    assert last_key(pointer) == name
