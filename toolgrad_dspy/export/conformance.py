"""What every exporter promises, as checks that run against any exporter.

    for broken in check_exporter(Case(MyExporter)):
        print(broken.check, broken.problem)

With pytest, parametrise over :data:`CHECKS` and run ``check(case)``: a check raises AssertionError with a sentence
that says which promise is broken.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pydantic import JsonValue

from toolgrad_dspy.conformance import BrokenPromise, broken_promises, expect
from toolgrad_dspy.export.base import Exporter, Row
from toolgrad_dspy.export.conversation import Conversation
from toolgrad_dspy.export.odd_conversations import odd_conversations


@dataclass(frozen=True, slots=True)
class Case:
    """An exporter to check, made anew for each check. ``conversations`` are checked beside the odd ones."""

    make: Callable[[], Exporter]
    conversations: tuple[Conversation, ...] = ()


Check = Callable[[Case], None]
T = TypeVar("T")


def check_exporter(case: Case) -> list[BrokenPromise]:
    """Run all checks. An empty list means that the exporter keeps the contract.

    >>> from toolgrad_dspy.export import exporter
    >>> check_exporter(Case(lambda: exporter("openai")))
    []
    """
    return broken_promises(CHECKS, case)


def gives_a_row_of_plain_json(case: Case) -> None:
    for given, row in _rows(case):
        try:
            text = json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:  # of values, of keys, of circles, of lone surrogates
            raise AssertionError(f"a row is plain JSON in UTF-8, but not that of {given.id}: {error}") from None
        # Keys that are no strings, and tuples, come back as something else.
        expect(json.loads(text) == row, f"a row is the same when it is loaded, but not that of {given.id}")


def keeps_the_texts(case: Case) -> None:
    for given, row in _rows(case):
        said = set(_texts(row))
        texts = {"query": given.query, "response": given.response}
        texts |= {f"result of {step.id}": step.observation.text for step in given.steps}
        for what, text in texts.items():
            expect(any(text in other for other in said), f"a row says the {what} word for word: {given.id}")


def gives_the_calls_back(case: Case) -> None:
    exporter = case.make()
    for given, row in _rows(case):
        # By their JSON: to Python, 1 and True are equal.
        calls = [step.call.model_dump_json() for step in given.steps]
        back = [call.model_dump_json() for call in _called(given, partial(exporter.calls, row))]
        expect(back == calls, f"the calls of a row are those of the sample, in their order, but not for {given.id}")


def repeats_itself(case: Case) -> None:
    for (given, row), (_, again) in zip(_rows(case), _rows(case), strict=True):
        same = json.dumps(row, default=repr) == json.dumps(again, default=repr)
        expect(same, f"equal conversations give equal rows, key by key, but not {given.id}")


def changes_nothing(case: Case) -> None:
    exporter = case.make()
    for given in _conversations(case):
        before = deepcopy(given)
        _called(given, partial(exporter.row, given))
        expect(given == before, f"an exporter changes nothing of what it is given, but did in {given.id}")


CHECKS: tuple[Check, ...] = (
    gives_a_row_of_plain_json,
    keeps_the_texts,
    gives_the_calls_back,
    repeats_itself,
    changes_nothing,
)


def _rows(case: Case) -> Iterator[tuple[Conversation, Row]]:
    exporter = case.make()
    for given in _conversations(case):
        yield given, _called(given, partial(exporter.row, given))


def _called(given: Conversation, call: Callable[[], T]) -> T:
    try:
        return call()
    except Exception as error:  # boundary: the exporter is foreign code, and that it raises is what is reported
        raise AssertionError(f"an exporter never raises, but did for {given.id}: {error!r}") from error


def _conversations(case: Case) -> Iterator[Conversation]:
    yield from odd_conversations()
    yield from deepcopy(case.conversations)


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text in ``value``; of a text that is JSON, as formats hold it, also those inside."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from _texts(inner)
