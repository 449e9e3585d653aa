"""Answers written by hand, word for word, for a server in OpenAI's format."""

import json
from collections.abc import Iterable
from typing import Any

from tests.support.model_servers.formats import WireAnswer
from tests.support.model_servers.formats.base import Body


class Script:
    """``trouble`` of a :class:`ModelServer`: one answer after the other, the last one for ever.

    An answer is the text of a message, a message with more than a text, or a whole HTTP answer. ``asked`` has the
    body of every request.
    """

    def __init__(self, answers: Iterable[str | Body | WireAnswer]) -> None:
        self._answers = list(answers)
        self.asked: list[Body] = []

    def __call__(self, body: Body) -> WireAnswer:
        answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append(body)
        if isinstance(answer, WireAnswer):
            return answer
        # As text, with every character escaped that UTF-8 may not have.
        return WireAnswer(200, json.dumps(completion(answer)))


def completion(message: str | Body) -> Body:
    """A chat completion. ``finish`` in a message is its finish reason."""
    fields: dict[str, Any] = {"content": message} if isinstance(message, str) else dict(message)
    finish = fields.pop("finish", "stop")
    return {
        "id": "chatcmpl-script",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "anything",
        "choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60},
    }
