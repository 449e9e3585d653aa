"""What was wrong with an answer of a model, whether or not the rest of it was used."""

from typing import Literal

from toolgrad_dspy.records.base import OutsideText, Record

AnswerFaultKind = Literal[
    "empty",  # nothing but white space
    "content_filter",  # the provider's filter stopped it
    "refused",  # the model says that it will not answer
    "only_thinking",  # thoughts, and nothing after them
    "no_fields",  # none of the fields that were asked for
    "missing_field",
    "unreadable_field",  # a field that is not of its type
    "cut",  # the answer ends before its end; what was whole is used
    "unreadable_call",  # one item of a list, dropped by itself
    "too_many",  # items of a list beyond those asked for, left out
    "form_copied",  # items of a list that only repeat the form that was asked for, left out
    "schema_refused",  # the server takes no such schema; the question was asked again without it
    "surrogates",  # halves of characters, replaced by U+FFFD
]


class AnswerFault(Record):
    """A fault in one answer.

    ``role`` is the role of the model that answered. ``asking`` is 1 for the first answer to a question and 2 for the
    one after a re-ask. ``text`` says in one line of about 200 characters what was wrong, and shows the place.
    """

    role: str
    kind: AnswerFaultKind
    asking: int
    text: OutsideText
