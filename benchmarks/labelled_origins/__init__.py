"""Arguments whose origins are labelled by hand, in three parts."""

from benchmarks.labelled_origins.first import CONVERSATIONS as FIRST
from benchmarks.labelled_origins.second import CONVERSATIONS as SECOND
from benchmarks.labelled_origins.third import CONVERSATIONS as THIRD

__all__ = ["FIRST", "SECOND", "THIRD"]
