"""The gate: limits, retries, fallbacks, outages and the meter, on engines that fail on demand."""

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

from toolgrad_dspy.errors import UnansweredError, UnavailableError
from toolgrad_dspy.lm import Budget, BudgetSpentError, Caps, Models, Role
from toolgrad_dspy.lm.calls import AsyncGate, Availability, Backend, Door, Gate, Limits, RateLimit, Retrying, Sender
from toolgrad_dspy.lm.calls import sender as sender_module
from toolgrad_dspy.lm.calls.availability import FEWEST, WINDOW, outage_pause
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.calls.pauses import pause
from toolgrad_dspy.lm.calls.rate_limit import Bucket
from toolgrad_dspy.lm.models import CHECK_LIMITS
from toolgrad_dspy.lm.preflight import CHECK_SECONDS

REQUEST = Request(model="test/first", messages=(Message.user("hello there, how are you?"),))


class Engine:
    """Raises its outcomes, or answers for None, in their order; after the last one it answers."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._outcomes: Iterator[Exception | None] = iter(outcomes)
        self.asked: list[str] = []

    async def complete(self, request: Request) -> Response:
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


def account(patience: float = 60.0, **more: Callable[..., object]) -> Availability:
    """An account whose outages nobody has to wait for."""
    return Availability("the model", patience, pauses=lambda number: 0.0, **more)  # type: ignore[arg-type]


def gate(
    engines: Sequence[Engine],
    limits: Limits,
    meter: Meter | None = None,
    owners: Sequence[Availability] = (),
    budget: Budget | None = None,
) -> AsyncGate:
    names = ("test/first", "test/second")
    accounts = [*owners, *(account() for _ in engines[len(owners) :])]
    backends = [
        Backend(name, engine, account=owner) for name, engine, owner in zip(names, engines, accounts, strict=False)
    ]
    return AsyncGate([Sender("judge", backend, limits, meter or Meter(), budget) for backend in backends])


def ask(engines: Sequence[Engine], limits: Limits, meter: Meter | None = None) -> Response:
    """One call through an asynchronous gate."""
    return asyncio.run(gate(engines, limits, meter).complete(REQUEST))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which are drawn but not waited for."""
    pauses: list[float] = []
    draw: Callable[[Exception, int, float], float] = pause

    def recorded(error: Exception, attempt: int, longest: float) -> float:
        pauses.append(draw(error, attempt, longest))
        return 0.0

    monkeypatch.setattr(sender_module, "pause", recorded)
    return pauses


@pytest.mark.parametrize(
    "error", [RateLimitError("slow down"), ServerError("500"), LateError("late"), TransportError("reset")]
)
def test_an_error_that_may_pass_is_retried(error: Exception, waits: list[float]) -> None:
    engine = Engine(error, error)
    meter = Meter()
    assert ask([engine], Limits(retries=2), meter).message.text == "fine"
    assert len(engine.asked) == 3
    assert len(waits) == 2
    if isinstance(error, LateError):
        assert meter.calls == 3, "a request that was given up may have been answered, and is paid for"
    else:
        assert meter.calls == 1, "only what was answered is counted"
        assert meter.tokens == 10


def test_an_error_that_would_come_again_is_not_retried(waits: list[float]) -> None:
    engine = Engine(AuthError("bad key"))
    with pytest.raises(AuthError):
        ask([engine], Limits(retries=5))
    assert len(engine.asked) == 1


def test_a_fallback_is_asked_under_its_own_name_when_the_first_model_has_failed(waits: list[float]) -> None:
    first, second = Engine(*[ServerError("down")] * 9), Engine(ServerError("once"))
    assert ask([first, second], Limits(retries=1)).model == "test/second"
    assert first.asked == ["test/first"] * 2
    assert second.asked == ["test/second"] * 2


def test_the_synchronous_gate_does_the_same(waits: list[float]) -> None:
    first, second = Engine(*[TransportError("down")] * 9), Engine()
    meter = Meter()
    assert Gate(gate([first, second], Limits(retries=1), meter)).complete(REQUEST).model == "test/second"
    assert (len(first.asked), len(second.asked), meter.calls) == (2, 1, 1)


def test_the_synchronous_gate_has_the_same_time_limit(waits: list[float]) -> None:
    class Stalled(Engine):
        async def complete(self, request: Request) -> Response:
            self.asked.append(request.model)
            await asyncio.Event().wait()
            raise AssertionError("never reached")

    stalled = Stalled()
    with pytest.raises(UnavailableError):
        Gate(gate([stalled], Limits(timeout=0.01, retries=1), owners=[account(patience=0)])).complete(REQUEST)
    assert len(stalled.asked) == 3, "two attempts, and a short question when the patience ends"


# An outage, and a call that nobody answers


def test_in_an_outage_a_call_waits_until_the_account_answers_again(waits: list[float]) -> None:
    said: list[str] = []
    engine = Engine(*[ServerError("503")] * 30)
    owner = account(say=said.append)
    call = gate([engine], Limits(retries=2), owners=[owner])
    assert asyncio.run(call.complete(REQUEST)).message.text == "fine"
    assert len(engine.asked) == 32, "the short question that was answered, and the call itself"
    assert len(said) == 2, "that it waits, and that it goes on"
    assert "503" in said[0]
    assert not owner.out


def test_an_outage_that_outlasts_the_patience_ends_every_call(waits: list[float]) -> None:
    engine = Engine(*[ServerError("503")] * 1000)
    owner = Availability("the model", patience=0, pauses=lambda number: 3_600.0)
    call = gate([engine], Limits(retries=2), owners=[owner])

    async def many() -> list[Response | BaseException]:
        return await asyncio.gather(*(call.complete(REQUEST) for _ in range(40)), return_exceptions=True)

    outcomes = asyncio.run(many())
    assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 40
    assert len(engine.asked) <= 40 + WINDOW, "once it is known, nobody keeps asking"


def test_a_server_that_asks_for_more_patience_than_there_is_ends_the_wait_at_once(waits: list[float]) -> None:
    engine = Engine(*[RateLimitError("quota", retry_after=3_600.0)] * 10)
    call = gate([engine], Limits(retries=0), owners=[account(patience=600)])
    with pytest.raises(UnavailableError) as caught:
        asyncio.run(call.complete(REQUEST))
    assert len(engine.asked) == 1, "nobody asks before that"
    assert "60 min" in str(caught.value), "how long it asks to wait"


def test_a_call_that_fails_while_others_are_answered_is_given_up(waits: list[float]) -> None:
    class Poisoned(Engine):
        async def complete(self, request: Request) -> Response:
            if "poison" in (request.messages[0].text or ""):
                self.asked.append("poison")
                raise ServerError("500")
            return await super().complete(request)

    engine = Poisoned()
    call = gate([engine], Limits(retries=5))
    poison = Request(model="test/first", messages=(Message.user("poison"),))

    async def both() -> tuple[Response | BaseException, Response | BaseException]:
        async def others() -> Response:
            for _ in range(60):
                await call.complete(REQUEST)
                await asyncio.sleep(0)
            return await call.complete(REQUEST)

        outcomes = await asyncio.gather(call.complete(poison), others(), return_exceptions=True)
        return outcomes[0], outcomes[1]

    failed, rest = asyncio.run(both())
    assert isinstance(failed, UnansweredError)
    assert isinstance(rest, Response)
    assert engine.asked.count("poison") >= 6


def test_a_call_without_others_is_given_up_if_the_account_answers_a_short_question(waits: list[float]) -> None:
    class Poisoned(Engine):
        async def complete(self, request: Request) -> Response:
            self.asked.append(request.messages[0].text or "")
            if request.messages == REQUEST.messages:
                raise ServerError("500")
            return await super().complete(request)

    engine = Poisoned()
    with pytest.raises(UnansweredError):
        ask([engine], Limits(retries=5))
    assert engine.asked.count(REQUEST.messages[0].text or "") == 12, "all attempts before the question, and after it"


def test_while_an_account_is_out_one_attempt_at_a_time_finds_out(waits: list[float]) -> None:
    class Crowded(Engine):
        running = most = 0
        down = True

        async def complete(self, request: Request) -> Response:
            self.running += 1
            self.most = max(self.most, self.running) if owner.out else self.most
            await asyncio.sleep(0)
            self.running -= 1
            if self.down:
                self.down = len(self.asked) < 60
                self.asked.append(request.model)
                raise ServerError("503")
            return await super().complete(request)

    owner = account()
    engine = Crowded()
    call = gate([engine], Limits(retries=9), owners=[owner])

    async def many() -> None:
        await asyncio.gather(*(call.complete(REQUEST) for _ in range(FEWEST)))
        assert engine.most <= FEWEST, "those under way when it began, and then one"
        engine.most = 0

    asyncio.run(many())
    assert len(engine.asked) >= 60


def test_a_share_of_failures_below_a_half_is_no_outage(waits: list[float]) -> None:
    outcomes = [ServerError("500") if number % 5 == 0 else None for number in range(500)]
    engine, said = Engine(*outcomes), list[str]()
    call = gate([engine], Limits(retries=5), owners=[account(say=said.append)])

    async def many() -> None:
        for _ in range(300):
            await call.complete(REQUEST)

    asyncio.run(many())
    assert not said


def test_a_fallback_stands_in_for_an_account_that_is_out(waits: list[float]) -> None:
    first, second = Engine(*[ServerError("503")] * 1000), Engine()
    owner = Availability("the first", patience=0, pauses=lambda number: 3_600.0)
    call = gate([first, second], Limits(retries=1), owners=[owner])

    async def many() -> set[str]:
        return {(await call.complete(REQUEST)).model for _ in range(50)}

    assert asyncio.run(many()) == {"test/second"}
    assert len(first.asked) == 2, "it is not asked for every call"


def test_a_cancelled_question_leaves_the_next_one_free_to_ask(waits: list[float]) -> None:
    class Hanging(Engine):
        async def complete(self, request: Request) -> Response:
            if owner.out and not hangs.is_set():
                hangs.set()
                await asyncio.Event().wait()
            return await super().complete(request)

    hangs = asyncio.Event()
    owner = account()
    call = gate([Hanging(*[ServerError("503")] * 2)], Limits(retries=1), owners=[owner])

    async def main() -> Response:
        hanging = asyncio.create_task(call.complete(REQUEST))
        await hangs.wait()
        waiting = asyncio.create_task(call.complete(REQUEST))
        await asyncio.sleep(0)
        hanging.cancel()
        return await waiting

    assert asyncio.run(main()).message.text == "fine"


def test_the_pauses_of_an_outage_grow_to_a_minute() -> None:
    for number, most in ((0, 1.0), (3, 8.0), (40, 60.0)):
        drawn = [outage_pause(number) for _ in range(200)]
        assert most / 2 <= min(drawn)
        assert max(drawn) <= most


# The budget


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
    engine = Engine()
    backend = Backend("test/first", engine, door=Door(rate_limit=SpentMeanwhile(budget)))
    call = AsyncGate([Sender("judge", backend, Limits(), Meter(), budget)])
    with pytest.raises(BudgetSpentError):
        Gate(call).complete(REQUEST)
    budget.charge_model_call(None, -budget.tokens)
    with pytest.raises(BudgetSpentError):
        asyncio.run(call.complete(REQUEST))
    assert engine.asked == []


def test_calls_under_way_are_kept_back_from_the_budget() -> None:
    class Waiting(Engine):
        async def complete(self, request: Request) -> Response:
            await asyncio.sleep(0)
            return await super().complete(request)

    budget, engine = Budget(Caps(tokens=1_300)), Waiting()
    call = gate([engine], Limits(), budget=budget)

    async def many() -> list[Response | BaseException]:
        return await asyncio.gather(*(call.complete(REQUEST) for _ in range(64)), return_exceptions=True)

    outcomes = asyncio.run(many())
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetSpentError)]
    assert len(engine.asked) == 3, "three answers of the usual length fit"
    assert len(refused) == 61
    assert budget.tokens == 30, "what they used in the end"


def test_what_was_cancelled_under_way_stays_charged() -> None:
    class Hanging(Engine):
        async def complete(self, request: Request) -> Response:
            under_way.set()
            await asyncio.Event().wait()
            raise AssertionError("never reached")

    under_way = asyncio.Event()
    budget, meter = Budget(), Meter()

    async def main() -> None:
        task = asyncio.create_task(gate([Hanging()], Limits(), meter, budget=budget).complete(REQUEST))
        await under_way.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert budget.tokens == meter.tokens > 400
    assert budget.lm_calls == meter.calls == 1


def test_a_server_that_counts_no_tokens_is_estimated_and_that_is_said() -> None:
    class Uncounted(Engine):
        async def complete(self, request: Request) -> Response:
            return Response(
                id="1",
                model=request.model,
                message=Message.assistant([TextPart("word " * 400)]),
                finish_reason="stop",
                usage=Usage(),
            )

    said: list[str] = []
    meter, budget = Meter(), Budget()
    sender = Sender("judge", Backend("test/first", Uncounted()), Limits(), meter, budget, said.append)
    long = Request(model="test/first", messages=(Message.user("x" * 8_000),))
    asyncio.run(AsyncGate([sender]).complete(long))
    (used,) = meter.roles().values()
    assert (used.input_tokens, used.output_tokens) == (2_000, 500)
    assert budget.tokens == 2_500
    assert len(said) == 1


# The limits of an account


def test_the_limit_on_requests_under_way_holds_for_threads_too() -> None:
    class Crowded(Engine):
        running = most = 0

        async def complete(self, request: Request) -> Response:
            self.running += 1
            self.most = max(self.most, self.running)
            for _ in range(3):
                await asyncio.sleep(0)
            self.running -= 1
            return await super().complete(request)

    meter, engine = Meter(), Crowded()
    backend = Backend("test/first", engine, door=Door(max_parallel=2))
    call = AsyncGate([Sender("judge", backend, Limits(), meter)])

    async def many() -> None:
        await asyncio.gather(*(call.complete(REQUEST) for _ in range(8)))

    threads = [threading.Thread(target=Gate(call).complete, args=(REQUEST,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    asyncio.run(many())
    for thread in threads:
        thread.join()
    assert engine.most == 2
    assert meter.calls == 14


def test_a_server_that_never_answers_is_left_after_the_time_limit(waits: list[float]) -> None:
    class Stalled(Engine):
        async def complete(self, request: Request) -> Response:
            self.asked.append(request.model)
            await asyncio.Event().wait()
            raise AssertionError("never reached")

    stalled = Stalled()
    sender = Sender("check", Backend("test/first", stalled), Limits(timeout=0.01, retries=1), Meter())
    with pytest.raises(LateError):
        asyncio.run(Retrying(sender).complete(REQUEST))
    assert (len(stalled.asked), len(waits)) == (2, 1)


def test_a_short_question_gets_the_last_failure_when_the_attempts_are_used_up(waits: list[float]) -> None:
    failures = [ServerError(f"failure {number}") for number in range(4)]
    sender = Sender("check", Backend("test/first", Engine(*failures)), Limits(retries=2), Meter())
    with pytest.raises(ServerError) as caught:
        asyncio.run(Retrying(sender).complete(REQUEST))
    assert caught.value is failures[2]


def test_an_exception_of_another_kind_is_a_bug_and_not_retried(waits: list[float]) -> None:
    engine = Engine(KeyError("bug"))
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
    engine = Engine(RateLimitError("slow down", retry_after=3600.0))
    asyncio.run(Retrying(Sender("check", Backend("test/first", engine), CHECK_LIMITS, Meter())).complete(REQUEST))
    assert waits[0] < 2 * CHECK_SECONDS


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


def test_the_pace_is_taken_inside_the_door() -> None:
    """What waited for a slow server does not go out at once when that is quick again."""
    now, sent = [0.0], list[float]()

    class Clocked(RateLimit):
        def reserve(self, tokens: int) -> float:
            sent.append(now[0])
            return 0.0

    async def main() -> None:
        door = Door(1, Clocked(None, None))

        async def call() -> None:
            async with door.entered(1):
                now[0] += 10  # each request takes ten seconds
                await asyncio.sleep(0)

        await asyncio.gather(*(call() for _ in range(4)))

    asyncio.run(main())
    assert sent == [0, 10, 20, 30]


def test_roles_with_the_same_limits_share_those_of_their_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MODEL": "openai/gpt-4.1-mini",
        "API_KEY": "k",
        "RPM": "60",
        "MAX_PARALLEL": "4",
        "JUDGE_MODEL": "openai/gpt-4.1",
        "STUDENT_RPM": "6",
        "REFLECTION_API_KEY": "another",
    }.items():
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)
    models = Models.from_environment()
    roles: tuple[Role, ...] = ("proposer", "selector", "judge", "student", "reflection")
    proposer, selector, judge, student, reflection = map(models.backend, roles)
    assert proposer.door is selector.door is judge.door, "whatever their models"
    assert student.door is not proposer.door, "it has limits of its own"
    assert student.account is proposer.account, "and is out when the account is"
    assert reflection.account is not proposer.account
    asyncio.run(models.aclose())
