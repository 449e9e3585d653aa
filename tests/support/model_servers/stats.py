"""The counts of a model server, to compare with the client's meter."""

import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class ModelCount:
    """The correct answers of one model, and the tokens reported with them."""

    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0


class Stats:
    """Counts since the server started; safe to read from any thread.

    ``requests`` counts those that arrived whole. ``models`` counts the answers with status 200 and a body that the
    provider would have sent: also a text that fits no schema, and the right body under a wrong content type, but
    neither an HTML page nor a truncated body. ``refused`` counts errors by status that the request itself caused
    (path, key, model, missing field), ``faults`` the injected ones, ``gone`` the requests whose client left before
    the answer. ``parallel`` is the number of requests under way, ``peak`` its maximum; ``connections`` counts those
    opened.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.models: dict[str, ModelCount] = {}
        self.refused: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.gone = 0
        self.parallel = 0
        self.peak = 0
        self.connections = 0

    @property
    def answered(self) -> int:
        with self._lock:
            return sum(count.answered for count in self.models.values())

    @property
    def input_tokens(self) -> int:
        with self._lock:
            return sum(count.input_tokens for count in self.models.values())

    @property
    def output_tokens(self) -> int:
        with self._lock:
            return sum(count.output_tokens for count in self.models.values())

    def connected(self) -> None:
        with self._lock:
            self.connections += 1

    def arrived(self) -> None:
        with self._lock:
            self.requests += 1
            self.parallel += 1
            if self.parallel > self.peak:
                self.peak = self.parallel

    def left(self) -> None:
        """A request is no longer under way, for whatever reason."""
        with self._lock:
            self.parallel -= 1

    def told(self, model: str, input_tokens: int, output_tokens: int, cached: int = 0, written: int = 0) -> None:
        with self._lock:
            count = self.models.get(model)
            if count is None:
                count = self.models[model] = ModelCount()
            count.answered += 1
            count.input_tokens += input_tokens
            count.output_tokens += output_tokens
            count.cached_tokens += cached
            count.written_tokens += written

    def turned_away(self, status: int) -> None:
        with self._lock:
            self.refused[status] += 1

    def spoiled(self, fault: str) -> None:
        with self._lock:
            self.faults[fault] += 1

    def lost(self) -> None:
        with self._lock:
            self.gone += 1

    def as_dict(self) -> dict[str, Any]:
        """The answer to ``GET /stats``."""
        with self._lock:
            models = {name: asdict(count) for name, count in sorted(self.models.items())}
            return {
                "requests": self.requests,
                "answered": sum(count["answered"] for count in models.values()),
                "input_tokens": sum(count["input_tokens"] for count in models.values()),
                "output_tokens": sum(count["output_tokens"] for count in models.values()),
                "models": models,
                "refused": {str(status): count for status, count in sorted(self.refused.items())},
                "faults": dict(sorted(self.faults.items())),
                "gone": self.gone,
                "parallel": self.parallel,
                "peak": self.peak,
                "connections": self.connections,
            }
