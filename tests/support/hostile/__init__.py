"""What a hostile or broken server may send: schemas of tools, values in calls, and results."""

from tests.support.hostile.results import RESULTS
from tests.support.hostile.schemas import SCHEMAS
from tests.support.hostile.values import VALUES

__all__ = ["RESULTS", "SCHEMAS", "VALUES"]
