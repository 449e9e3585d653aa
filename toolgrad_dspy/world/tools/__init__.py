"""The tools of the town, one module for each category."""

from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.tools.calendar import calendar
from toolgrad_dspy.world.tools.contacts import contacts
from toolgrad_dspy.world.tools.dining import dining
from toolgrad_dspy.world.tools.events import events
from toolgrad_dspy.world.tools.library import library
from toolgrad_dspy.world.tools.places import places
from toolgrad_dspy.world.tools.post import post
from toolgrad_dspy.world.tools.transit import transit
from toolgrad_dspy.world.tools.weather import weather

__all__ = ["TOOLBOXES"]

TOOLBOXES: tuple[Toolbox, ...] = (places, transit, weather, library, dining, calendar, contacts, events, post)
"""Every category, in the order in which the server lists its tools."""
