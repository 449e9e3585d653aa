"""How large a result may be."""

import json

from toolgrad_dspy.records import Observation

RESULT_BYTES = 1_000_000
"""Of a result of a tool, at most, if a source does not say. A model is shown some thousand characters of one."""


def too_large(size: int | None, most: int) -> str:
    """What is told of a result of ``size`` bytes, if that is known, where ``most`` may be."""
    more = "more than the" if size is None else f"{size:,} bytes, more than the"
    return f'the result is too large: {more} {most:,} that are taken; raise "max_result_bytes" to take it'


def bounded(observation: Observation, most: int) -> Observation:
    """``observation``, or the failure that its result has more than ``most`` bytes.

    >>> bounded(Observation(text="x" * 2_000), 1_000).error.kind
    'too_large'
    """
    size = _size(observation)
    if observation.error is not None or size <= most:
        return observation
    return Observation.failure("too_large", too_large(size, most), latency=observation.latency)


def _size(observation: Observation) -> int:
    """The bytes of a result as text or as data: servers send one or both."""
    text, content = observation.text, observation.content
    data = 0 if content is None else len(json.dumps(content, ensure_ascii=False).encode(errors="replace"))
    return max(data, len(text.encode(errors="replace")))
