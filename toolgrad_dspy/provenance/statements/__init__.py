"""Whether and where a text states a value, as a person would say it: rules alone, no model is asked."""

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.choices import conveys
from toolgrad_dspy.provenance.statements.dated import Dated, Day
from toolgrad_dspy.provenance.statements.dates import dates_in, written_dates_in
from toolgrad_dspy.provenance.statements.extracted import same_value
from toolgrad_dspy.provenance.statements.mentions import Mention, contains, mentions, states
from toolgrad_dspy.provenance.statements.numbers import Number, numbers_in
from toolgrad_dspy.provenance.statements.times import Clock, Timed, times_in

__all__ = [
    "About",
    "Clock",
    "Dated",
    "Day",
    "Mention",
    "Number",
    "Timed",
    "contains",
    "conveys",
    "dates_in",
    "mentions",
    "numbers_in",
    "same_value",
    "states",
    "times_in",
    "written_dates_in",
]
