"""A model server on the loopback interface, with a fixed latency: the rehearsal model in OpenAI's chat format.

    python benchmarks/slow_model.py 0.25

It prints its address, and ends with its standard input. Any number of requests wait at once, as with a hosted model.
"""

import asyncio
import json
import sys
from typing import Any

from dspy.lm15 import Config, Message, Request, TextPart

from toolgrad_dspy.lm.rehearsal.engine import answer


def completion(body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request of the chat completions API."""
    system = "\n".join(m["content"] for m in body["messages"] if m["role"] == "system")
    turns = tuple(
        Message.user(m["content"]) if m["role"] == "user" else Message.assistant(m["content"])
        for m in body["messages"]
        if m["role"] != "system"
    )
    config = Config(temperature=body.get("temperature"), seed=body.get("seed"))
    response = answer(Request(model=body["model"], messages=turns, system=system or None, config=config))
    text = "".join(part.text for part in response.message.parts if isinstance(part, TextPart))
    read, wrote = response.usage.input_tokens or 0, response.usage.output_tokens or 0
    return {
        "id": "slow",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote},
    }


async def serve(latency: float) -> None:
    """Answer until standard input ends."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
                body = json.loads(await reader.readexactly(int(fields[b"content-length"])))
                await asyncio.sleep(latency)
                answered = json.dumps(completion(body)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(answered) + answered)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0, limit=2**24)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
