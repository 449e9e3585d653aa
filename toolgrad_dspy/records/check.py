"""One decision about the texts of a sample, and who made it."""

from typing import Literal

from toolgrad_dspy.records.base import OutsideText, Record

CheckSubject = Literal[
    "value",  # the query states a value that a call was given
    "choice",  # the query conveys an enumerated value or a boolean
    "pick",  # the query tells which one of several things a call is about
    "request",  # a request of the query is served by a call
    "claim",  # a number, date, time, name or quoted text of the response is in a result or the query
    "answer",  # the response answers a request, and says so where a result is empty
]

CheckedBy = Literal[
    "rule",
    "model",  # an extraction by the model of the role judge
    "nobody",  # the rules left it open, and no usable extraction was there
]


class Check(Record):
    """What was decided about one thing that the query or the response has to say.

    ``text`` says what it is about (``date "2026-05-14"``), ``step`` and ``pointer`` where in the workflow it stands.
    ``rule`` names the form in which a rule found it (``month_day``, ``number_words``), or what the model answered.
    """

    about: CheckSubject
    text: OutsideText
    holds: bool
    by: CheckedBy
    rule: OutsideText = ""
    step: str | None = None
    pointer: str | None = None
