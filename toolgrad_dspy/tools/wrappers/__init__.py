"""Behaviour added around a source: each wrapper is a source itself, so they stack."""

from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource
from toolgrad_dspy.tools.wrappers.call_log import CallLog, LoggedCall, Replay
from toolgrad_dspy.tools.wrappers.filtered import Filtered, read_only
from toolgrad_dspy.tools.wrappers.limits import ParallelLimit, Timeout
from toolgrad_dspy.tools.wrappers.prefixed import Prefixed

__all__ = [  # noqa: RUF022 - grouped by topic
    # the base of one's own
    "WrappedSession",
    "WrappedSource",
    # which tools, under which names
    "Filtered",
    "Prefixed",
    "read_only",
    # how they are called
    "ParallelLimit",
    "Timeout",
    # without them
    "LoggedCall",
    "CallLog",
    "Replay",
]
