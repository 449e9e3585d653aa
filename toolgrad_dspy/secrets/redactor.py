"""Masking secrets in what programs, servers and models say."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar, cast

from pydantic import JsonValue

from toolgrad_dspy.secrets.forms import Form, forms
from toolgrad_dspy.secrets.masked import MASK, Secret
from toolgrad_dspy.secrets.words import is_ordinary

JsonT = TypeVar("JsonT", bound=JsonValue)

SHORTEST = 8
"""Characters. Shorter values are placeholders (``none``) and words of every text (``info``)."""

SHORTEST_IN_ERRORS = 6
"""As :data:`SHORTEST`, in an error's line: nothing goes on with that, so a word too many may be masked there."""


class Redactor:
    """Replaces every one of ``secrets`` of at least ``shortest`` characters by ``***``, in every form of it.

    >>> hide = Redactor(["s3cr3t/value"])
    >>> hide.text("--key s3cr3t/value, s3cr3t%2Fvalue, Zm9vOnMzY3IzdC92YWx1ZQ==")
    '--key ***, ***, Zm9v***'
    >>> hide.json({"found": ["s3cr3t/value", 3]})
    {'found': ['***', 3]}
    """

    def __init__(self, secrets: Iterable[str], shortest: int = SHORTEST) -> None:
        self._secrets = frozenset(secret for secret in secrets if len(secret) >= shortest)
        self._forms = tuple(form for secret in sorted(self._secrets) for form in forms(secret))

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        spans = sorted(self._spans(text))
        if not spans:
            return text
        kept: list[str] = []
        end = 0
        for start, stop in spans:
            if start >= end:
                kept += (text[end:start], MASK)
            end = max(end, stop)  # secrets may overlap
        return "".join((*kept, text[end:]))

    def json(self, value: JsonT) -> JsonT:
        """``value`` without the secrets, at any depth: texts, keys, and numbers that are one."""
        # Of most values it is enough to look at all of their texts at once.
        return cast(JsonT, self._json(value)) if self._secrets and any(self._present(str(value))) else value

    def _json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._json(item) for item in value]
        if isinstance(value, dict):
            masked: dict[str, Any] = {}
            for key, item in value.items():
                masked[_unused(self.text(key), masked)] = self._json(item)
            return masked
        return MASK if isinstance(value, int) and str(value) in self._secrets else value

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        for form in self._present(text):
            yield from (match.span() for match in re.finditer(form.pattern, text))

    def _present(self, text: str) -> Iterator[Form]:
        """The forms that may stand in ``text``: most often none, which is to be found out fast."""
        has_lines = "\n" in text or "\\n" in text
        for form in self._forms:
            if form.anchor in text or (has_lines and form.second_anchor in text):
                yield form


class Hidden:
    """Secrets that are masked: in what tools give (``results``), and in the lines of errors (``errors``).

    In a result words are kept that may stand there for themselves (``ENVIRONMENT=production``), unless their place
    says that they are a secret. In an error every value is masked that is masked where it is configured.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self.secrets = frozenset(secrets)

    @cached_property
    def results(self) -> Redactor:
        return Redactor(secret.text for secret in self.secrets if secret.sure or not is_ordinary(secret.text))

    @cached_property
    def errors(self) -> Redactor:
        return Redactor((secret.text for secret in self.secrets), SHORTEST_IN_ERRORS)


def _unused(key: str, taken: dict[str, Any]) -> str:
    """``key``, numbered where it is taken: nothing is lost of an object with two secrets for keys."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key} ({number})"
    return free
