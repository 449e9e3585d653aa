"""Behaviour added around a source: each wrapper is a source itself, so they stack.

>>> import asyncio
>>> from toolgrad_dspy.records import ToolCall
>>> from toolgrad_dspy.tools import FunctionSource
>>> def add(a: int, b: int) -> int:
...     return a + b
>>> def clear() -> None: ...
>>> async def main() -> None:
...     sums = FunctionSource("sums", [add, clear], writes=["clear"])
...     log = CallLog(Prefixed(Timeout(read_only(sums), seconds=5), "my_"))
...     async with log as source, source.session(seed=0) as session:
...         print([tool.name for tool in await source.tools()], [note.tools for note in source.notes()])
...         await session.call(ToolCall(tool="my_add", arguments={"a": 1, "b": 2}))
...     print([(logged.call.tool, logged.observation.value) for logged in log.calls])
>>> asyncio.run(main())
['my_add'] [('clear',)]
[('my_add', 3)]
"""

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
    # written down, and replayed
    "CallLog",
    "LoggedCall",
    "Replay",
]
