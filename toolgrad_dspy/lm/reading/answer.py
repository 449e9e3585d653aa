"""Reading a whole answer: from a model's text to the fields of a signature, and what was wrong on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dspy
from dspy.adapters.utils import apply_output_field_defaults
from pydantic import BaseModel, ValidationError

from toolgrad_dspy.errors import first_problem, one_line
from toolgrad_dspy.json_text import CUT, Visible, visible
from toolgrad_dspy.lm.reading.fields import Found, find_fields
from toolgrad_dspy.lm.reading.typed import is_structured, read_typed
from toolgrad_dspy.records import AnswerFaultKind

Signature = type[dspy.Signature]

# Characters of the faulty place that a fault shows, and of a fault's whole text.
SHOWN = 100
LONGEST_TEXT = 220


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong: ``problem`` as the end of a sentence ("the field `calls` was missing"), and the place."""

    kind: AnswerFaultKind
    problem: str
    place: str = ""

    @property
    def text(self) -> str:
        """One line."""
        shown = f": {one_line(self.place, SHOWN)}" if self.place.strip() else ""
        return one_line(self.problem + shown, LONGEST_TEXT)


@dataclass(slots=True)
class Reading:
    """The ``fields`` that could be read, the ``faults`` of what was left out, and the ``problem`` that makes the
    answer unusable, if there is one: then a field is missing. ``shown`` is the answer without thoughts.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    problem: Fault | None = None
    shown: str = ""


def read_answer(signature: Signature, text: str, *, cut: bool = False) -> Reading:
    """Read ``text`` as an answer to ``signature``; ``cut`` says that the server cut it off at the token limit."""
    seen = visible(text)
    reading = Reading(shown=seen.text)
    cut = cut or seen.shortened
    if not seen.text:
        reading.problem = _nothing(seen, cut)
        return reading
    if seen.replaced:
        reading.faults.append(Fault("surrogates", f"{seen.replaced} halves of characters were replaced"))
    outputs = signature.output_fields
    structured = [name for name, info in outputs.items() if is_structured(info.annotation)]
    found = find_fields(seen.text, outputs, structured, cut=cut)
    problems = [problem for name, value in found.items() if (problem := _read_field(reading, signature, name, value))]
    reading.fields = apply_output_field_defaults(signature, reading.fields)
    missing = [name for name in outputs if name not in reading.fields]
    if missing:
        reading.problem = problems[0] if problems else _missing(missing, bool(found), cut, seen.text)
    else:
        reading.faults += problems
    return reading


def _read_field(reading: Reading, signature: Signature, name: str, found: Found) -> Fault | None:
    """Add the field ``name`` to ``reading``, with what was left out of it; or why it cannot be used."""
    try:
        read = read_typed(found, signature.output_fields[name].annotation)
    except (ValueError, AssertionError) as error:
        return _unreadable(name, found.value, error)
    left_out = list(_item_faults(name, read.data))
    if left_out and isinstance(read.data, list) and not any(map(_is_usable, read.data)):
        return left_out[0]
    reading.fields[name] = read.data
    reading.faults += left_out
    if read.replaced:
        reading.faults.append(Fault("surrogates", f"halves of characters in `{name}` were replaced"))
    if read.copied:
        reading.faults.append(Fault("form_copied", f"{read.copied} items of `{name}` only repeated the form"))
    if read.cut:
        reading.faults.append(Fault("cut", f"the answer ended inside the field `{name}`", read.cut))
    return None


def _nothing(seen: Visible, cut: bool) -> Fault:
    if not seen.only_thinking:
        return Fault("empty", "it was empty")
    return THOUGHT_TOO_LONG if cut else Fault("only_thinking", "there was nothing after the thoughts")


# For an answer that the server cut off before it had begun.
THOUGHT_TOO_LONG = Fault(
    "only_thinking",
    "the token limit was too small for the model's thinking, nothing came after it; raise TOOLGRAD_MAX_TOKENS",
)


def _unreadable(name: str, value: Any, error: Exception) -> Fault:
    place = value if isinstance(value, str) else repr(value)
    if str(error) == CUT:
        return Fault("cut", f"the answer ended inside the field `{name}`", place)
    if isinstance(error, ValidationError):
        where, what = first_problem(error)
        reason = f"{what} at {where}" if where else what
    else:
        reason = str(error)
    return Fault("unreadable_field", f"the field `{name}` could not be read ({one_line(reason, 120)})", place)


def _missing(names: list[str], any_found: bool, cut: bool, text: str) -> Fault:
    listed = ", ".join(f"`{name}`" for name in names)
    fields = f"the field {listed} was" if len(names) == 1 else f"the fields {listed} were"
    if cut:
        return Fault("cut", f"the answer ended before {fields} written", text)
    return Fault("missing_field" if any_found else "no_fields", f"{fields} missing", text)


def _item_faults(name: str, value: Any) -> Iterator[Fault]:
    """The faults of items, at any depth, that say themselves why they cannot be used."""
    for model in _models(value):
        if why := getattr(model, "fault", ""):
            yield Fault("unreadable_call", f"an item of `{name}` was left out: {why}")


def _models(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, list):
        for item in value:
            yield from _models(item)
    elif isinstance(value, BaseModel):
        yield value
        for inner in value.__dict__.values():
            yield from _models(inner)


def _is_usable(item: Any) -> bool:
    """Whether ``item`` can be used: it has no fault, and of its own items, if it has any, one can be used."""
    if not isinstance(item, BaseModel):
        return True
    if getattr(item, "fault", ""):
        return False
    lists = [value for value in item.__dict__.values() if isinstance(value, list) and value]
    return all(any(_is_usable(inner) for inner in value) for value in lists)
