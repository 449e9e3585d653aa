"""The exporters by name: those of this package, and those that users register."""

from typing import TypeVar

from toolgrad_dspy.export.base import Exporter
from toolgrad_dspy.export.openai import OpenAI
from toolgrad_dspy.registry import Registry

ExporterClass = TypeVar("ExporterClass", bound=type[Exporter])

# All that are registered; it grows with every call of :func:`register`.
EXPORTERS: Registry[Exporter] = Registry("format", OpenAI)


def register(exporter_class: ExporterClass) -> ExporterClass:
    """Make an exporter of your own known by its ``name``. Returns the class, so that this can be a decorator.

    Raises UsageError as :meth:`Registry.register` does.
    """
    EXPORTERS.register(exporter_class)
    return exporter_class


def exporter(name: str) -> Exporter:
    """The exporter called ``name``. Raises UsageError (``unknown_format``) for a name that is not registered.

    >>> exporter("openai").name
    'openai'
    """
    return EXPORTERS.make(name)
