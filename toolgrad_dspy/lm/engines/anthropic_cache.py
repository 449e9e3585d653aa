"""Prompt caching with Anthropic, which caches only what is marked. Other providers cache by themselves.

A mark costs: input that is written to the cache is billed at 1.25 times the price of input, input that is read from
it at 0.1 times (docs.claude.com, "Prompt caching"). So the instructions with their demonstrations are always marked,
since every call of a role begins with them. The first field of the prompt, which is the tools for the proposer, is
marked when the same text has been seen before: what came twice will probably come again.
"""

import re
import threading
from collections import OrderedDict
from dataclasses import replace
from hashlib import blake2b

from dspy.lm15 import CacheConfig, Message, Request, Response, TextPart

# The number of beginnings that are remembered. Each session under way has a handful.
REMEMBERED = 4096

# The end of a prompt's first field, which is the beginning of the second.
_SECOND_FIELD = re.compile(r"\n\n(?=\[\[ ## \w+ ## \]\]\n)")


class CacheMarks:
    """Puts cache marks into requests. One object serves all calls of a role to a model, from any thread."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def marked(self, request: Request) -> Request:
        """``request`` with marks at the end of what later requests will begin with, too. Its text stays the same."""
        *demonstrations, last = request.messages
        text = last.text or ""
        cut = _SECOND_FIELD.search(text)
        if cut is not None and self._seen_before(request, text[: cut.start()]):
            fixed, rest = (Message.user([TextPart(part)]) for part in (text[: cut.end()], text[cut.end() :]))
            # The mark goes between two messages. The Messages API reads two user messages in a row as one turn.
            parts = (*demonstrations, fixed, rest)
            return _with_mark(request, parts, len(demonstrations))
        return _with_mark(request, request.messages, len(demonstrations) - 1)

    def _seen_before(self, request: Request, first_field: str) -> bool:
        texts = (str(request.system), *(message.text or "" for message in request.messages[:-1]), first_field)
        digest = blake2b("\x1f".join(texts).encode(errors="surrogatepass"), digest_size=16).digest()
        with self._lock:
            seen = digest in self._seen
            self._seen[digest] = None
            self._seen.move_to_end(digest)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return seen


def _with_mark(request: Request, messages: tuple[Message, ...], last: int) -> Request:
    """``request`` with a mark at the end of the system text, and one at the end of message ``last`` (-1: none)."""
    cache = CacheConfig(prefix_until_index=last) if last >= 0 else CacheConfig(prefix="stable")
    return replace(request, messages=messages, config=replace(request.config, cache=cache))


def with_cached_input(response: Response) -> Response:
    """``response`` with the cached tokens counted as input, as all other providers count them."""
    usage = response.usage
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    if not cached or usage.input_tokens is None:
        return response
    input_tokens = usage.input_tokens + cached
    total = input_tokens + (usage.output_tokens or 0)
    return replace(response, usage=replace(usage, input_tokens=input_tokens, total_tokens=total))
