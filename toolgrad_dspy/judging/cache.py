"""A judge for synchronous callers that judges each sample once: what the optimization metric asks."""

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Self

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.records import JudgeGroup, Judgement, Sample, Tool

# Judgements that are kept, the latest used; one is some kilobytes. Tuning comes back to a session for feedback soon.
KEPT = 4096


class SessionJudge:
    """Judges samples over ``tools()``, asked for when a sample is judged: a library may be opened later.

    May be called from any number of threads, never from the background loop. Samples of the same content are judged
    once, also when two threads ask at the same time. Copies share the object. ``judged`` counts judgements,
    ``unjudged`` how often each part could not be judged.
    """

    def __init__(self, judge: Judge, tools: Callable[[], Iterable[Tool]], kept: int = KEPT) -> None:
        self.judge = judge
        self.judged = 0
        self.unjudged: Counter[str] = Counter()
        self._tools = tools
        self._limit = kept
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[JudgeGroup, ...]], Future[Judgement]] = OrderedDict()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def of(self, sample: Sample, groups: tuple[JudgeGroup, ...]) -> Judgement:
        """The judgement of ``sample`` on ``groups``. Raises as :meth:`Judge.judge`."""
        key = _digest(sample), groups
        with self._lock:
            found = self._kept.get(key)
            answer = found or Future()
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        if found is not None:
            return found.result()
        try:
            judgement = run_on_loop_thread(self.judge.judge(sample, self._tools(), groups))
        except BaseException as error:  # others wait for the same answer; later ones may ask again
            with self._lock:
                self._kept.pop(key, None)
            answer.set_exception(error)
            raise
        with self._lock:
            self.judged += 1
            self.unjudged.update(judgement.unjudged)
        answer.set_result(judgement)
        return judgement


def _digest(sample: Sample) -> str:
    """A digest of what is judged: query, calls with results, response."""
    content = sample.model_dump_json(include={"query", "workflow", "response"})
    return hashlib.sha256(content.encode()).hexdigest()
