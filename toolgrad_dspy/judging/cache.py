"""A judge that judges each sample once, for synchronous callers: the one that the optimization metric asks."""

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Self

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.records import JudgeGroup, Judgement, Sample, Tool

# Judgements that are kept, those used last; one takes a few kilobytes. Tuning asks for feedback soon after the score.
KEPT = 4096


class CachedJudge:
    """Judges each sample once and keeps the last ``kept`` judgements.

    >>> from toolgrad_dspy.lm import Models
    >>> from toolgrad_dspy.records import Chain, Observation, Step, ToolCall, Workflow
    >>> now = Tool(name="now", source_name="now", description="The time.", parameters={}, source="x", category="x")
    >>> answer = Observation(content={"time": "12:00"}, text="12:00")
    >>> step = Step(id="s1", call=ToolCall(tool="now"), observation=answer)
    >>> workflow = Workflow(chains=(Chain(id="c1", steps=(step,)),))
    >>> sample = Sample(id="x", seed=0, query="What time is it now?", workflow=workflow, response="It is 12:00.")
    >>> judge = CachedJudge(Judge(Models.from_environment()), tools=lambda: [now])
    >>> judge.of(sample, ("calls",)) is judge.of(sample, ("calls",))
    True
    >>> judge.judged
    1

    ``tools`` is called when a sample is judged, so that a library may be opened later. May be used from any number of
    threads, never from the background loop. Samples of the same content are judged once, also when two threads ask at
    the same time. Copies share the object. ``judged`` counts judgements, ``unjudged`` how often each criterion, or
    ``qor``, could not be judged.
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
        """The judgement of ``sample`` on ``groups``. Raises like :meth:`Judge.judge`."""
        key = _digest(sample), groups
        with self._lock:
            earlier = self._kept.get(key)
            answer = earlier or Future()
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        if earlier is not None:
            return earlier.result()  # waits where another thread is asking
        try:
            judgement = run_on_loop_thread(self.judge.judge(sample, self._tools(), groups))
        except BaseException as error:  # boundary between threads: it is raised in those that wait, too
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
