"""The bundled town, open on the background loop."""

from tests.support.open_world import library

__all__ = ["library"]
