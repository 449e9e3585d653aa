"""Arguments whose origins are labelled by hand, in two halves."""

from benchmarks.labelled_origins.first import CONVERSATIONS as FIRST
from benchmarks.labelled_origins.second import CONVERSATIONS as SECOND

__all__ = ["FIRST", "SECOND"]
