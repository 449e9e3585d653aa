"""The bundled world, open on the background loop."""

from tests.support.open_world import library

__all__ = ["library"]
