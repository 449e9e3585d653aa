"""What a server sends, before the SDK has it.

The SDK reads messages of any size, drops what it cannot parse, so that a call waits for its answer in vain, and
refuses a page of tools for one that is malformed. Here a message that is too large, or none, becomes the failure of
the call that it answers, what is no answer to any is noted, and a malformed tool is left out alone.
"""

import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from toolgrad_dspy.errors import first_problem, one_line
from toolgrad_dspy.records import ErrorKind
from toolgrad_dspy.tools.result_size import RESULT_BYTES, too_large

if TYPE_CHECKING:
    from mcp import MCPError

LIST_BYTES = 100_000_000
"""Of a page of the list of tools, at most."""

TOO_LARGE, NO_MESSAGE = "toolgrad: too large", "toolgrad: no message"
"""The data of the errors that stand for an answer, by which they are told from a server's own."""

_EDGE = 4_096
# The id of an answer stands before the result, or after it at the very end.
_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})\s*[,}]')
_ID_AT_THE_END = re.compile(
    rb'[}\]"]\s*,(?:\s*"jsonrpc"\s*:\s*"2.0"\s*,)?\s*("id"\s*:\s*\d{1,18}\s*[,}][^{\[]{0,40})\s*$'
)


class Incoming:
    """What is noticed in the messages of one server, and how large they may be (``most_bytes``): as ``result_bytes``
    says, but for those that are :meth:`listed`.
    """

    def __init__(self, result_bytes: int = RESULT_BYTES) -> None:
        self.result_bytes = self.most_bytes = result_bytes
        self.malformed: dict[str, str] = {}
        """The tools that were left out of its list, and why."""
        self._odd, self._odd_at = "", float("-inf")

    @contextmanager
    def listed(self) -> Iterator[None]:
        """In the block, messages may have the size of a list of tools."""
        self.most_bytes = max(LIST_BYTES, self.result_bytes)
        try:
            yield
        finally:
            self.most_bytes = self.result_bytes

    def note(self, text: str) -> None:
        """Keep ``text``, which is no message, or an answer to no call."""
        self._odd, self._odd_at = one_line(text, 200), time.perf_counter()

    def odd_since(self, start: float) -> str:
        """The last that was no message since ``start``, by :func:`time.perf_counter`; "" if there was none."""
        return self._odd if self._odd_at >= start else ""

    def answer(self, line: bytes) -> Any:
        """What the SDK is to get for a ``line``; None if there is nothing in it for it."""
        from mcp.shared.message import SessionMessage
        from mcp.types import jsonrpc_message_adapter

        try:
            message = jsonrpc_message_adapter.validate_json(line.decode(errors="replace"), by_name=False)
        except ValueError:
            said = one_line(line[:_EDGE].decode(errors="replace"), 200)
            if said:
                self.note(said)
            return _error(_answered(line), NO_MESSAGE, f'the server wrote something that is no message: "{said}"')
        return SessionMessage(message)

    def refused(self, size: int, head: bytes, tail: bytes) -> Any:
        """What the SDK is to get for a line of ``size`` bytes, more than may be; None if it answers no call."""
        self.note(f"a message of {size:,} bytes, which is more than {self.most_bytes:,}")
        return _error(_answered(head, tail), TOO_LARGE, too_large(size, self.most_bytes))

    def checked(self, item: Any) -> Any:
        """A message, or an error in its place, as the SDK is to get it."""
        from mcp.types import JSONRPCError, JSONRPCResponse

        message = getattr(item, "message", None)
        if isinstance(item, Exception):
            self.note(str(item))
        elif isinstance(message, JSONRPCError) and message.id is None:
            self.note(f"an error that answers no call: {message.error.message}")
        elif isinstance(message, JSONRPCResponse) and isinstance(message.result.get("tools"), list):
            message.result["tools"] = [tool for tool in message.result["tools"] if self._is_tool(tool)]
        return item

    def _is_tool(self, tool: object) -> bool:
        from mcp.types import ListToolsResult
        from pydantic import ValidationError

        name = tool.get("name") if isinstance(tool, dict) else None
        try:
            ListToolsResult.model_validate({"tools": [tool]}, by_name=False)
        except ValidationError as error:
            place, problem = first_problem(error)
            shown = name if isinstance(name, str) else f"number {len(self.malformed) + 1} without a name"
            self.malformed[shown] = f"{place.removeprefix('tools.0.')}: {problem}"
            return False
        return True


def no_answer(error: "MCPError") -> tuple[ErrorKind, str] | None:
    """What ``error`` means if it stands for an answer that could not be taken, put there by us or by the SDK."""
    text = error.message
    if error.error.data == TOO_LARGE:
        return "too_large", text
    if error.error.data == NO_MESSAGE:
        return "protocol", text
    # The wordings of the SDK's HTTP transport, which has no codes for these.
    if text.startswith(("Failed to parse JSON response: ", "Failed to parse SSE message: ")):
        _, cut, why = text.partition(TOO_LARGE)
        return ("too_large", why.strip()) if cut else ("protocol", f"the answer is no message: {one_line(text, 200)}")
    if text.startswith("SSE stream failed: ") and "byte limit" in text:
        return "too_large", f'the result is too large: {text}; raise "max_result_bytes" to take it'
    return ("protocol", text) if text.startswith("Unexpected content type: ") else None


async def lines(stdout: Any, incoming: Incoming, mark: str = "") -> AsyncIterator[Any]:
    """What is to be passed on of the lines in a stream of bytes, with zeros in place of ``mark``.

    Of a line that is too long its ends alone are kept.
    """
    import anyio

    begun: list[bytes] = []  # of a long line: joined once, when it ends
    size = 0
    with suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        while True:
            *ended, last = (await stdout.receive()).split(b"\n")
            for part in ended:
                begun, size = _longer(begun, size, part, incoming.most_bytes)
                if size > incoming.most_bytes:
                    yield incoming.refused(size, begun[0], begun[-1])
                else:
                    line = b"".join(begun)
                    yield incoming.answer(line.replace(mark.encode(), b"0" * len(mark)) if mark else line)
                begun, size = [], 0
            begun, size = _longer(begun, size, last, incoming.most_bytes)


def _longer(begun: list[bytes], size: int, part: bytes, most: int) -> tuple[list[bytes], int]:
    """A line that is longer by ``part``."""
    begun.append(part)
    size += len(part)
    if size > most:
        begun = [b"".join(begun[:8])[:_EDGE], b"".join(begun[-8:])[-_EDGE:]]
    return begun, size


@asynccontextmanager
async def heard(transport: AbstractAsyncContextManager[Any], incoming: Incoming) -> AsyncIterator[Any]:
    """The streams of a ``transport`` of the SDK's, through ``incoming``."""
    async with transport as (read, write):
        yield _Heard(read, incoming), write


class _Heard:
    """A read stream whose items go through an :class:`Incoming`."""

    def __init__(self, stream: Any, incoming: Incoming) -> None:
        self._stream = stream
        self._incoming = incoming

    async def receive(self) -> Any:
        return self._incoming.checked(await self._stream.receive())

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return self._incoming.checked(await self._stream.__anext__())

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)


def _answered(head: bytes, tail: bytes | None = None) -> int | None:
    """The call that a message answers, as far as that can be told from its ends."""
    begin = head[:_EDGE]
    before, result, _ = begin.partition(b'"result"')
    found = _ID.search(before) if result else None
    if found is None:
        end = _ID_AT_THE_END.search((head if tail is None else tail)[-_EDGE:])
        found = _ID.search(end[1]) if end else None
    return int(found[1]) if found else None


def _error(call: int | None, data: str, text: str) -> Any:
    from mcp.shared.message import SessionMessage
    from mcp.types import INTERNAL_ERROR, ErrorData, JSONRPCError

    if call is None:
        return None
    return SessionMessage(
        JSONRPCError(jsonrpc="2.0", id=call, error=ErrorData(code=INTERNAL_ERROR, message=text, data=data))
    )
