"""Samples as rows that trainers load."""

from toolgrad_dspy.export.base import Exporter
from toolgrad_dspy.export.conversation import Conversation, conversation
from toolgrad_dspy.export.registry import EXPORTERS, exporter, register
from toolgrad_dspy.export.write import ExportedFile, Manifest, export

__all__ = [
    "EXPORTERS",
    "Conversation",
    "ExportedFile",
    "Exporter",
    "Manifest",
    "conversation",
    "export",
    "exporter",
    "register",
]
