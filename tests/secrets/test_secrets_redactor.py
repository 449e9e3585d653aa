"""Secrets in what programs say: found in every form, and nothing else is touched."""

import base64
import html
import json
import string
from urllib.parse import quote, quote_plus

import pytest
from pydantic import JsonValue

from toolgrad_dspy.secrets import Hidden, Redactor, Secret

PLAIN = "kx-8f1d20b7c4"
ODD = 'p@ss/w0rd "&+= é\\x'


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("secret", [PLAIN, ODD, "-" * 9, "a%20b%20c", "line one\nline two"])
@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        lambda text: quote(text, safe="").lower(),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape,
        b64,
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: b64(text).rstrip("="),
    ],
)
def test_a_secret_is_masked_in_every_form(secret: str, form: object) -> None:
    assert callable(form)
    assert Redactor([secret]).text(f"<<{form(secret)}>>") == "<<***>>"


def decoded(part: str) -> str:
    """What can be read of a part of a text in Base64, wherever in it the part begins."""
    shifted = [base64.b64decode("A" * n + part + "A" * (-(n + len(part)) % 4)) for n in range(4)]
    return " ".join(text.decode("latin-1") for text in shifted)


@pytest.mark.parametrize("secret", [PLAIN, ODD])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:", "TOKEN=x\nKEY="])
@pytest.mark.parametrize("after", ["", "z", "zy", "\nMORE=1"])
def test_a_secret_within_a_text_that_was_encoded_cannot_be_read_from_it(secret: str, before: str, after: str) -> None:
    left = Redactor([secret]).text(b64(before + secret + after))
    assert "***" in left
    kept = " ".join(decoded(part) for part in left.rstrip("=").split("***"))
    assert not any(secret[start : start + 3] in kept for start in range(len(secret) - 2))


@pytest.mark.parametrize("width", [60, 64, 76])
def test_base64_is_found_across_the_ends_of_its_lines(width: int) -> None:
    for length in range(width):
        encoded = b64("x" * length + PLAIN + "y" * 200)
        lines = "\n".join(encoded[start : start + width] for start in range(0, len(encoded), width))
        assert "***" in Redactor([PLAIN]).text(lines)
        assert "***" in Redactor([PLAIN]).text(json.dumps(lines))


def test_of_two_secrets_that_overlap_nothing_is_left() -> None:
    redactor = Redactor(["abcdefgh12", "fgh12345678", "abcdefgh12-and-more"])
    assert redactor.text("<abcdefgh12345678>") == "<***>"
    assert redactor.text("<abcdefgh12-and-more>") == "<***>"
    assert redactor.text("abcdefgh12 abcdefgh12") == "*** ***"


def test_data_is_masked_at_any_depth_in_keys_and_numbers_and_nothing_is_lost() -> None:
    value: JsonValue = {
        "list": [{"deep": [PLAIN, 1, None, True, 2.5]}],
        ODD: "first",
        quote(ODD): "the same in a URL",
        f"x{PLAIN}": f"in {PLAIN} text",
        "number": 123456789012,
        "other": 1234567890123,
    }
    assert Redactor([PLAIN, ODD, "123456789012"]).json(value) == {
        "list": [{"deep": ["***", 1, None, True, 2.5]}],
        "***": "first",
        "*** (2)": "the same in a URL",
        "x***": "in *** text",
        "number": "***",
        "other": 1234567890123,
    }


def test_what_has_no_secret_is_the_same_object_and_what_is_short_is_none() -> None:
    value: JsonValue = {"a": ["some text", 1]}
    assert Redactor([PLAIN]).json(value) is value
    assert Redactor([]).json(value) is value
    assert Redactor(["1234567", "", "text"]).text("some text 1234567") == "some text 1234567"


@pytest.mark.parametrize(
    "word",
    ["production", "PRODUCTION", "eu-west-1", "Europe/Berlin", "Read only mode", "db.example.com", "2026-01-15"],
)
def test_a_word_that_may_stand_for_itself_is_masked_in_errors_and_in_results_only_where_it_is_surely_a_secret(
    word: str,
) -> None:
    doubtful, sure = Hidden([Secret(word)]), Hidden([Secret(word, sure=True)])
    assert doubtful.results.text(f"in {word}") == f"in {word}"
    assert doubtful.errors.text(f"in {word}") == "in ***"
    assert sure.results.text(f"in {word}") == "in ***"


@pytest.mark.parametrize(
    "key",
    [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "sk-proj-abcdEFGHijkl",
        "xoxb-17653672481-19874698323-pdFZKVeTuEk8sBGYhxHW",
        "AKIAIOSFODNN7EXAMPLE",
        "550e8400-e29b-41d4-a716-446655440000",
        "Passw0rd!",
        "qzxvbnmwrt",
        "4111111111111111",
        "eyJhbGciOiJIUzI1NiJ9",
    ],
)
def test_a_key_is_masked_in_results_wherever_it_was_configured(key: str) -> None:
    assert Hidden([Secret(key)]).results.text(f"<{key}>") == "<***>"


def test_every_character_may_stand_in_a_secret() -> None:
    for character in (*string.printable, "é", "漢", "🔑", "\ud800"):
        secret = f"abc1{character}x2yz"
        assert Redactor([secret]).text(f"<{secret}>") == "<***>"
