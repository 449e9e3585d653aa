"""The error tree: codes, exit codes, and messages without secrets."""

import errno
import pickle

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from toolgrad_dspy import errors
from toolgrad_dspy.errors import (
    ModelError,
    RunError,
    StoreError,
    ToolGradError,
    ToolSourceError,
    UnansweredError,
    UnavailableError,
    UsageError,
    first_problem,
    hint,
    nearest,
    one_line,
    os_reason,
)

CANARY = "sk-canary-4711"
CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ToolGradError)]


def test_the_tree_is_the_one_that_the_docstring_draws() -> None:
    unavailable = {UnavailableError, UnansweredError}
    assert set(CLASSES) == {
        ToolGradError,
        UsageError,
        RunError,
        ToolSourceError,
        ModelError,
        StoreError,
        *unavailable,
    }
    for kind in CLASSES:
        assert kind.__name__ in str(errors.__doc__)


@pytest.mark.parametrize(
    ("kind", "parent", "code", "exit_code"),
    [
        (UsageError, ToolGradError, "usage", 2),
        (RunError, ToolGradError, "run", 1),
        (ToolSourceError, RunError, "tool_source", 1),
        (ModelError, RunError, "model", 1),
        (StoreError, RunError, "store", 1),
    ],
)
def test_an_error_without_a_code_of_its_own_has_its_classs(
    kind: type[ToolGradError], parent: type[ToolGradError], code: str, exit_code: int
) -> None:
    error = kind("it broke")
    assert isinstance(error, parent)
    assert (error.code, error.exit_code, str(error)) == (code, exit_code, "it broke")
    own = kind("it broke", code="two_words")
    assert own.code == "two_words"
    assert kind("another").code == code, "a code belongs to one error, not to the class"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("code", ["", "key_refused"])
def test_an_error_from_another_process_is_the_same_error(kind: type[ToolGradError], code: str) -> None:
    error = kind("it broke", code=code)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert (again.code, str(again)) == (error.code, "it broke")


def test_a_subclass_elsewhere_keeps_its_type_and_code_too() -> None:
    from toolgrad_dspy.lm.calls.budget import BudgetSpentError

    again = pickle.loads(pickle.dumps(BudgetSpentError("used up", code="budget_spent")))  # noqa: S301 - our own bytes
    assert isinstance(again, BudgetSpentError)
    assert again.code == "budget_spent"


def test_a_misspelt_word_is_answered_with_the_nearest_and_another_with_all() -> None:
    known = ("iterations", "mini_batch")
    assert nearest("iteratoins", known) == "iterations"
    assert nearest("seed", known) is None
    assert nearest(3, known) is None  # a key of YAML may be a number
    assert "'iterations'" in hint("iteratoins", known)
    assert "mini_batch" not in hint("iteratoins", known)
    assert all(word in hint("seed", known) for word in known)


def test_a_hint_does_not_quote_the_word() -> None:
    """It may be a key that was pasted into the wrong place."""
    assert CANARY not in hint(CANARY, ("iterations", "api_key"))
    assert CANARY not in hint(CANARY, ())


@pytest.mark.parametrize(("text", "line"), [("a\n\tb  c ", "a b c"), (ValueError("x\ny"), "x y"), ("", "")])
def test_a_text_of_several_lines_becomes_one(text: object, line: str) -> None:
    assert one_line(text) == line


def test_a_long_text_is_cut_to_the_limit() -> None:
    assert one_line("x" * 400, 300) == "x" * 299 + "…"
    assert one_line("x" * 300, 300) == "x" * 300


def test_the_reason_of_the_operating_system_leaves_the_file_out() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/a/file")
    assert os_reason(error) == "No space left on device"
    assert os_reason(OSError("only\ntext")) == "only text"


class Inner(BaseModel):
    count: int = Field(default=1, ge=1)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inner: tuple[Inner, ...] = ()
    name: str = ""

    @field_validator("name")
    @classmethod
    def _short(cls, name: str) -> str:
        if len(name) > 3:
            raise ValueError("has to be short")
        return name


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"inner": [{}, {"count": CANARY}]}, "inner.1.count"),
        ({"inner": CANARY}, "inner"),
        ({"name": CANARY}, "name"),
        ({"extra": CANARY}, "extra"),
        (CANARY, ""),
    ],
)
def test_the_first_problem_names_the_place_and_never_quotes_the_value(data: object, place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(data)
    where, problem = first_problem(caught.value)
    assert where == place
    assert problem
    assert CANARY not in problem
    assert not problem.startswith("Value error")
