"""All toolboxes, in the order in which the server lists their tools."""

from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.tools.bookings import bookings
from toolgrad_dspy.world.tools.calendar import calendar
from toolgrad_dspy.world.tools.contacts import contacts
from toolgrad_dspy.world.tools.dining import dining
from toolgrad_dspy.world.tools.events import events
from toolgrad_dspy.world.tools.library import library
from toolgrad_dspy.world.tools.loans import loans
from toolgrad_dspy.world.tools.places import places
from toolgrad_dspy.world.tools.post import post
from toolgrad_dspy.world.tools.transit import transit
from toolgrad_dspy.world.tools.trips import trips
from toolgrad_dspy.world.tools.weather import weather

TOOLBOXES: tuple[Toolbox, ...] = (
    places,
    transit,
    trips,
    weather,
    library,
    loans,
    dining,
    bookings,
    calendar,
    contacts,
    events,
    post,
)
"""In the order in which the server lists the tools. A category may have more than one box."""
