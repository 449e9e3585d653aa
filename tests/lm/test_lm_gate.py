"""The gate: rate limit, retries, time limits, fallbacks and the meter, on engines that fail on demand."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from dspy.lm15 import (
    AuthError,
    Message,
    RateLimitError,
    Request,
    Response,
    ServerError,
    TextPart,
    TransportError,
    Usage,
)
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm import Budget, BudgetSpentError, Caps, Models, Role
from toolgrad_dspy.lm.calls import gate as gate_module
from toolgrad_dspy.lm.calls.gate import UNREACHABLE_CALLS_LIMIT, AsyncGate, Backend, Gate, Limits, pause
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.calls.rate_limit import Bucket, RateLimit
from toolgrad_dspy.lm.models import CHECK_LIMITS
from toolgrad_dspy.lm.preflight import PATIENCE

REQUEST = Request(model="test/first", messages=(Message.user("hello there, how are you?"),))


class Engine:
    """Raises its outcomes, or answers for None, in their order; after the last one it answers."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._outcomes: Iterator[Exception | None] = iter(outcomes)
        self.asked: list[str] = []

    def complete(self, request: Request) -> Response:
        self.asked.append(request.model)
        outcome = next(self._outcomes, None)
        if outcome is not None:
            raise outcome
        usage = Usage(input_tokens=7, output_tokens=3, total_tokens=10)
        return Response(
            id="1",
            model=request.model,
            message=Message.assistant([TextPart("fine")]),
            finish_reason="stop",
            usage=usage,
        )


class AsyncEngine:
    """The same, awaited."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._engine = Engine(*outcomes)

    @property
    def asked(self) -> list[str]:
        return self._engine.asked

    async def complete(self, request: Request) -> Response:
        return self._engine.complete(request)


def ask(engines: Sequence[AsyncEngine], limits: Limits, meter: Meter | None = None) -> Response:
    """One call through an asynchronous gate."""
    names = ("test/first", "test/second")
    backends = [
        Backend(name, Engine(), engine, RateLimit(None, None)) for name, engine in zip(names, engines, strict=False)
    ]
    return asyncio.run(AsyncGate("judge", backends, limits, meter or Meter()).complete(REQUEST))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which are drawn but not waited for."""
    pauses: list[float] = []
    draw: Callable[[Exception, int, float], float] = pause

    def recorded(error: Exception, attempt: int, longest: float) -> float:
        pauses.append(draw(error, attempt, longest))
        return 0.0

    monkeypatch.setattr(gate_module, "pause", recorded)
    return pauses


@pytest.mark.parametrize(
    "error", [RateLimitError("slow down"), ServerError("500"), LateError("late"), TransportError("reset")]
)
def test_an_error_that_may_pass_is_retried(error: Exception, waits: list[float]) -> None:
    engine = AsyncEngine(error, error)
    meter = Meter()
    assert ask([engine], Limits(retries=2), meter).message.text == "fine"
    assert len(engine.asked) == 3
    assert len(waits) == 2
    assert meter.calls == 1, "only what was answered is counted"
    assert meter.tokens == 10


def test_an_error_that_would_come_again_is_not_retried(waits: list[float]) -> None:
    engine = AsyncEngine(AuthError("bad key"))
    with pytest.raises(AuthError):
        ask([engine], Limits(retries=5))
    assert len(engine.asked) == 1


def test_the_last_failure_is_raised_when_the_attempts_are_used_up(waits: list[float]) -> None:
    failures = [ServerError(f"failure {number}") for number in range(4)]
    with pytest.raises(ServerError) as caught:
        ask([AsyncEngine(*failures)], Limits(retries=2))
    assert caught.value is failures[2]


def test_a_fallback_is_asked_under_its_own_name_when_the_first_model_has_failed(waits: list[float]) -> None:
    first, second = AsyncEngine(*[ServerError("down")] * 9), AsyncEngine(ServerError("once"))
    assert ask([first, second], Limits(retries=1)).model == "test/second"
    assert first.asked == ["test/first"] * 2
    assert second.asked == ["test/second"] * 2


def test_the_synchronous_gate_does_the_same(waits: list[float]) -> None:
    first, second = Engine(*[TransportError("down")] * 9), Engine()
    backends = [Backend("test/first", first, AsyncEngine(), RateLimit(None, None))]
    backends += [Backend("test/second", second, AsyncEngine(), RateLimit(None, None))]
    meter = Meter()
    assert Gate("judge", backends, Limits(retries=1), meter).complete(REQUEST).model == "test/second"
    assert (len(first.asked), len(second.asked), meter.calls) == (2, 1, 1)


def test_a_call_is_refused_when_the_budget_is_spent_while_it_waits_for_the_rate_limit() -> None:
    class SpentMeanwhile(RateLimit):
        """The other calls, which spend the budget while one waits."""

        def __init__(self, budget: Budget) -> None:
            super().__init__(None, None)
            self._budget = budget

        def reserve(self, tokens: int) -> float:
            self._budget.charge_model_call(None, 10)
            return 0.0

    budget = Budget(Caps(tokens=10))
    engine, async_engine = Engine(), AsyncEngine()
    backends = [Backend("test/first", engine, async_engine, SpentMeanwhile(budget))]
    with pytest.raises(BudgetSpentError):
        Gate("judge", backends, Limits(), Meter(), budget).complete(REQUEST)
    budget.charge_model_call(None, -budget.tokens)
    with pytest.raises(BudgetSpentError):
        asyncio.run(AsyncGate("judge", backends, Limits(), Meter(), budget).complete(REQUEST))
    assert engine.asked == async_engine.asked == []


def test_the_limit_on_requests_under_way_holds_for_threads_too() -> None:
    crowd = threading.Barrier(3)
    crowded: list[bool] = []

    class Meeting(Engine):
        """Each call waits a moment for two others to come."""

        def complete(self, request: Request) -> Response:
            try:
                crowd.wait(timeout=0.1)
                crowded.append(True)
            except threading.BrokenBarrierError:
                crowded.append(False)
            return super().complete(request)

    meter = Meter()
    backend = Backend("test/first", Meeting(), AsyncEngine(), RateLimit(None, None))
    gate = Gate("judge", [backend], Limits(max_parallel=2), meter)
    threads = [threading.Thread(target=gate.complete, args=(REQUEST,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crowded == [False] * 6
    assert meter.calls == 6


def test_a_server_that_is_gone_ends_the_run_and_one_answer_starts_the_count_anew(waits: list[float]) -> None:
    gone: list[Exception | None] = [TransportError("connection refused")]
    limit = UNREACHABLE_CALLS_LIMIT
    engine = AsyncEngine(*gone * (limit - 1), None, *gone * limit)
    backend = Backend("test/first", Engine(), engine, RateLimit(None, None))

    async def main() -> list[str]:
        gate = AsyncGate("judge", [backend], Limits(retries=0), Meter())
        outcomes = []
        for _ in range(2 * limit):
            try:
                await gate.complete(REQUEST)
                outcomes.append("answered")
            except TransportError:
                outcomes.append("failed")
            except ModelError as error:
                outcomes.append(error.code)
        return outcomes

    failed = ["failed"] * (limit - 1)
    assert asyncio.run(main()) == [*failed, "answered", *failed, "server_unreachable"]


def test_a_server_that_never_answers_is_left_after_the_time_limit(waits: list[float]) -> None:
    class Stalled(AsyncEngine):
        async def complete(self, request: Request) -> Response:
            self.asked.append(request.model)
            await asyncio.Event().wait()
            raise AssertionError("never reached")

    stalled = Stalled()
    with pytest.raises(LateError):
        ask([stalled], Limits(timeout=0.01, retries=1))
    assert (len(stalled.asked), len(waits)) == (2, 1)


def test_an_exception_of_another_kind_is_a_bug_and_not_retried(waits: list[float]) -> None:
    engine = AsyncEngine(KeyError("bug"))
    with pytest.raises(KeyError):
        ask([engine], Limits(retries=5))
    assert len(engine.asked) == 1


def test_pauses_have_full_jitter_that_grows_and_ends_at_a_minute() -> None:
    error = ServerError("down")
    for attempt, most in ((0, 0.5), (1, 1.0), (4, 8.0), (30, 60.0)):
        drawn = [pause(error, attempt) for _ in range(400)]
        assert 0 <= min(drawn) < most * 0.1
        assert most * 0.9 < max(drawn) <= most


def test_a_pause_is_never_shorter_than_the_server_asked_for() -> None:
    error = RateLimitError("slow down", retry_after=3.0)
    assert all(3.0 <= pause(error, attempt) <= 9.0 for attempt in range(6) for _ in range(50))


@pytest.mark.parametrize(
    ("wanted", "least", "most"), [(300, 300, 306), (1e12, 86_400, 86_406), (-5, 0, 6), ("nan", 0, 6)]
)
def test_a_pause_is_as_long_as_the_server_asked_for_up_to_a_day(
    wanted: float | str, least: float, most: float
) -> None:
    error = RateLimitError("slow down")
    error.retry_after = float(wanted)
    assert all(least <= pause(error, attempt) <= most for attempt in range(8))


def test_a_check_and_a_probe_do_not_wait_as_long_as_the_server_asks_for(waits: list[float]) -> None:
    ask([AsyncEngine(RateLimitError("slow down", retry_after=3600.0))], CHECK_LIMITS)
    assert waits[0] < 2 * PATIENCE


def test_a_bucket_grants_a_burst_and_then_the_rate() -> None:
    now = [0.0]
    bucket = Bucket(60, clock=lambda: now[0])
    assert [round(bucket.take(), 6) for _ in range(9)] == [0, 0, 0, 0, 0, 0, 1, 2, 3]
    now[0] = 100.0
    assert [round(bucket.take(), 6) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 1]


def test_a_bucket_slower_than_its_burst_still_grants_the_first_unit_at_once() -> None:
    now = [0.0]
    bucket = Bucket(2, clock=lambda: now[0])
    assert [bucket.take() for _ in range(3)] == [0.0, 30.0, 60.0]


def test_a_token_limit_is_corrected_by_what_was_used() -> None:
    now = [0.0]
    bucket = Bucket(600, clock=lambda: now[0])
    assert bucket.take(60) == 0.0
    bucket.settle(-50)
    assert bucket.take(50) == 0.0
    assert bucket.take(10) == pytest.approx(1.0)


def test_roles_that_share_an_account_share_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/gpt-4.1-mini")
    monkeypatch.setenv("TOOLGRAD_API_KEY", "k")
    monkeypatch.setenv("TOOLGRAD_RPM", "60")
    monkeypatch.setenv("TOOLGRAD_JUDGE_MODEL", "openai/gpt-4.1")
    models = Models.from_environment()
    roles: tuple[Role, ...] = ("proposer", "selector", "judge")
    proposer, selector, judge = (models.lm(role).engine.backends[0].rate_limit for role in roles)
    assert proposer is selector
    assert proposer is not judge
    asyncio.run(models.aclose())
