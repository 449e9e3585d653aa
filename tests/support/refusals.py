"""Errors that a user sees, asserted by their code and by what they have to name: never by their wording."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from toolgrad_dspy.errors import ToolGradError


@contextmanager
def refused(kind: type[ToolGradError], code: str, *names: object) -> Iterator["pytest.ExceptionInfo[ToolGradError]"]:
    """The block raises an error of ``kind`` with ``code``, in one line that has each of ``names`` in it."""
    with pytest.raises(kind) as caught:
        yield caught
    assert caught.value.code == code, caught.value
    assert "\n" not in str(caught.value)
    for name in names:
        assert str(name) in str(caught.value)
